import { deferred, type Deferred } from './scope';
import type { Clock, Timer } from '../net/network';

/** Milliseconds' worth of bytes that one transfer moves at once, as long as few share: see `Pace`. */
const SLICE = 100;
/** With many that share, a turn of all of them takes no longer than this, so that each is seen to move. */
const ROUND = 1000;
/** More at once is no faster (see `send`). */
const LARGEST = 1024 * 1024;
/** A rate that was changed meanwhile is noticed within this time. Late timers are made up for as far back. */
const LOOK = 1000;

/**
 * Bytes a second for any number of transfers together: a bucket of tokens, as in `Pace`, with a queue. Whoever wants
 * to move a piece waits until the bucket is paid for, and of all who wait the one that had the fewest bytes goes first
 * (start-time fair queueing): of N transfers that want more than there is each gets an Nth, and none can save up while it
 * wants nothing. Whoever has less than a slice to move gets its turn as often as the others.
 */
export class SharedPace {
  /** Below zero: what was let through and is not paid for yet. */
  private tokens = 0;
  private filled: number;
  private timer: Timer | undefined;
  private readonly queue = new Set<Share>();
  /** What whoever was let through last had had by then: newcomers begin there, not at zero. */
  private level = 0;

  /** `rate`: bytes a second, a whole number from 1 on, asked for again each time; undefined: no limit now. */
  constructor(
    private readonly clock: Clock,
    private readonly rate: () => number | undefined,
  ) {
    this.filled = clock.now();
  }

  get limited(): boolean {
    return this.rate() !== undefined || this.queue.size > 0;
  }

  /** Transfers that wait. */
  get waiting(): number {
    return this.queue.size;
  }

  /** Bytes that one transfer should move at once. */
  get slice(): number {
    const rate = this.rate();
    if (rate === undefined) return Infinity;
    const round = Math.floor((rate * ROUND) / 1000 / (this.queue.size + 1));
    return Math.max(1, Math.min(LARGEST, Math.floor((rate * SLICE) / 1000), round));
  }

  /** A transfer's place; it must `leave`. */
  join(): Share {
    return new Share(this);
  }

  /** For shares: undefined when these bytes may move at once. */
  enter(share: Share): Promise<void> | undefined {
    this.refill();
    if (this.queue.size === 0 && this.isOpen()) {
      this.pass(share);
      return undefined;
    }
    this.queue.add(share);
    this.arm();
    return share.wait();
  }

  /** For shares: these bytes have moved. */
  charge(share: Share): void {
    this.refill();
    this.pass(share);
  }

  /** For shares: it waits no longer, and has not moved anything. */
  forget(share: Share): void {
    this.queue.delete(share);
    if (this.queue.size === 0) this.disarm();
  }

  private isOpen(): boolean {
    return this.tokens >= 0 || this.rate() === undefined;
  }

  private refill(): void {
    const now = this.clock.now();
    const rate = this.rate() ?? 0;
    // What nobody wanted is lost, but for a slice; what somebody waits for is only late.
    const most = this.queue.size === 0 ? Math.min(LARGEST, (rate * SLICE) / 1000) : (rate * LOOK) / 1000;
    this.tokens = Math.min(most, this.tokens + ((now - this.filled) * rate) / 1000);
    this.filled = now;
  }

  private pass(share: Share): void {
    this.level = Math.max(this.level, share.had);
    share.had = this.level + share.wanted;
    if (this.rate() === undefined) this.tokens = 0;
    else this.tokens -= share.wanted;
  }

  private serve(): void {
    this.timer = undefined;
    this.refill();
    while (this.queue.size > 0 && this.isOpen()) {
      const next = this.first();
      this.queue.delete(next);
      this.pass(next);
      next.go();
    }
    if (this.queue.size > 0) this.arm();
  }

  private first(): Share {
    let least: Share | undefined;
    for (const share of this.queue) if (least === undefined || share.had < least.had) least = share;
    return least as Share;
  }

  private arm(): void {
    const rate = this.rate();
    const ms = rate === undefined ? 0 : Math.min(LOOK, Math.ceil((Math.max(0, -this.tokens) * 1000) / rate));
    this.timer ??= this.clock.after(ms, () => this.serve());
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }
}

/** One transfer's place in a `SharedPace`. It wants one piece at a time. */
export class Share {
  /** Bytes it was let through, counted from where it came in. */
  had = 0;
  wanted = 0;
  private going: Deferred<void> | undefined;

  constructor(private readonly pace: SharedPace) {}

  /** Resolves when so many bytes may move, or it has left; undefined: at once. */
  take(bytes: number): Promise<void> | undefined {
    this.wanted = bytes;
    return this.pace.enter(this);
  }

  /** So many bytes have moved without a wait: whoever comes next pays for them, this one last. */
  charge(bytes: number): void {
    this.wanted = bytes;
    this.pace.charge(this);
  }

  /** Takes it out of the queue: what it waited for resolves, and costs nobody anything. */
  leave(): void {
    this.pace.forget(this);
    this.go();
  }

  wait(): Promise<void> {
    this.going = deferred<void>();
    return this.going.promise;
  }

  go(): void {
    this.going?.resolve();
    this.going = undefined;
  }
}
