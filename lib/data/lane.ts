import type { Share, SharedPace } from './sharedPace';

/** One direction of one transfer, and the paces that it has to keep: each of them, one after another. */
export class Lane {
  private readonly shares = new Map<SharedPace, Share>();
  private holding = false;
  private signs = 0;
  private left = false;

  /** `paces` is asked again for every piece: a login, or a reload, changes them in mid-transfer. */
  constructor(private readonly paces: () => readonly SharedPace[]) {}

  get limited(): boolean {
    return !this.left && this.paces().some((pace) => pace.limited);
  }

  /** Bytes that should be moved at once. */
  get slice(): number {
    return Math.min(...this.paces().map((pace) => pace.slice));
  }

  /** Resolves when so many bytes may move. Once it was left, at once: whoever reads or writes then fails by himself. */
  async pass(bytes: number): Promise<void> {
    for (const pace of this.paces()) {
      if (this.left) return;
      const waiting = this.share(pace).take(bytes);
      if (waiting === undefined) continue;
      this.holding = true;
      await waiting;
      this.holding = false;
      this.signs += 1;
    }
  }

  /** So many bytes have moved already: they are paid for by whoever moves next. */
  charge(bytes: number): void {
    if (this.left || bytes <= 0) return;
    for (const pace of this.paces()) if (pace.limited) this.share(pace).charge(bytes);
  }

  /**
   * Another number behind each wait, and each time that is asked during one: that nothing moves then is our own doing, and
   * no stall.
   */
  signsOfLife(): number {
    if (this.holding) this.signs += 1;
    return this.signs;
  }

  /** It holds up nobody any more, and waits for nothing. */
  leave(): void {
    this.left = true;
    for (const share of this.shares.values()) share.leave();
    this.shares.clear();
  }

  private share(pace: SharedPace): Share {
    const known = this.shares.get(pace);
    if (known !== undefined) return known;
    const share = pace.join();
    this.shares.set(pace, share);
    return share;
  }
}
