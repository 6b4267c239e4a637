/** Milliseconds that the rate is taken over: long enough to stand still, short enough to notice a change. */
const WINDOW = 5000;
/** Milliseconds between the samples that are kept: no more than twenty-one of them. */
const SPACING = 250;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** How fast it goes now, not on average since it began: over the last seconds. Times are milliseconds. */
export class Rate {
  private readonly samples: Sample[] = [];
  private latest: Sample | undefined;

  /** `bytes` so far; never fewer than before. */
  add(at: number, bytes: number): void {
    this.latest = { at, bytes };
    const last = this.samples.at(-1);
    if (last === undefined || at - last.at >= SPACING) this.samples.push(this.latest);
    this.forget(at);
  }

  /** Bytes a second. Falls when nothing comes any more, and is 0 in the end. */
  at(now: number): number {
    this.forget(now);
    const first = this.samples[0];
    if (first === undefined || this.latest === undefined || now <= first.at) return 0;
    if (now - this.latest.at >= WINDOW) return 0;
    return ((this.latest.bytes - first.bytes) * 1000) / (now - first.at);
  }

  /** Keeps one sample from before the window: it says where the window began. */
  private forget(now: number): void {
    while (this.samples.length > 1 && now - (this.samples[1]?.at ?? now) >= WINDOW) this.samples.shift();
  }
}
