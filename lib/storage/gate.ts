/** Who may go on together, and who must be alone. */
export class Gate {
  /** Set while somebody is alone, or waits to be. */
  private alone: Promise<void> | undefined;
  private inside = 0;
  private onEmpty: (() => void) | undefined;
  /** Of each name that somebody works on, or waits to, who does so last. */
  private readonly last = new Map<string, Promise<unknown>>();

  /** Does `work` together with others, but with none that names one of these too. */
  async pass<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    while (this.alone !== undefined) await this.alone;
    this.inside += 1;
    try {
      return await this.inTurn(names, work);
    } finally {
      this.inside -= 1;
      if (this.inside === 0) this.onEmpty?.();
    }
  }

  /** Does `work` once everybody who is inside has left, and lets nobody in meanwhile. */
  async byItself<T>(work: () => Promise<T>): Promise<T> {
    while (this.alone !== undefined) await this.alone;
    let done!: () => void;
    this.alone = new Promise((resolve) => (done = resolve));
    try {
      if (this.inside > 0) await new Promise<void>((resolve) => (this.onEmpty = resolve));
      return await work();
    } finally {
      this.alone = undefined;
      this.onEmpty = undefined;
      done();
    }
  }

  private async inTurn<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    if (names.length === 0) return work();
    // All at once, so that no two can wait for each other.
    const before = names.map((name) => this.last.get(name) ?? Promise.resolve());
    const mine = Promise.all(before).then(work);
    const settled = mine.catch(() => undefined);
    for (const name of names) this.last.set(name, settled);
    try {
      return await mine;
    } finally {
      for (const name of names) if (this.last.get(name) === settled) this.last.delete(name);
    }
  }
}
