import type { Clock } from '../net/network';
import { wholeNumber } from '../options';
import { pause, throwIfAborted } from './scope';

/** Milliseconds' worth of bytes that move at once: fine enough for a smooth bar, coarse enough to cost nothing. */
const SLICE = 100;
/** More at once is no faster (see `send`). */
const LARGEST = 1024 * 1024;

/**
 * Bytes a second, and no more: a bucket of tokens that fills with time and holds one slice, so that a pause of the peer's
 * is not made up for in a burst. Who moves bytes pays for them behind, and waits until they are paid.
 */
export class Pace {
  /** Bytes that are best moved at once. */
  readonly slice: number;
  private tokens = 0;
  private filled: number;
  private waiting = false;
  private signs = 0;

  /** `rate`: bytes a second, a whole number from 1 on. */
  constructor(
    private readonly clock: Clock,
    private readonly rate: number,
  ) {
    this.slice = Math.max(1, Math.min(LARGEST, Math.floor((rate * SLICE) / 1000)));
    this.filled = clock.now();
  }

  /** Resolves when so many bytes more may have moved. Rejects with the signal's reason once that aborts. */
  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    const now = this.clock.now();
    this.tokens = Math.min(this.slice, this.tokens + ((now - this.filled) * this.rate) / 1000) - bytes;
    this.filled = now;
    if (this.tokens < 0) {
      this.waiting = true;
      await pause(this.clock, Math.ceil((-this.tokens * 1000) / this.rate), signal);
      this.waiting = false;
    }
    throwIfAborted(signal);
  }

  /** Another number each time that is asked while it waits: that nothing moves then is our doing, and no stall. */
  signsOfLife(): number {
    if (this.waiting) this.signs += 1;
    return this.signs;
  }

  /** The chunks, in pieces of a slice at most. */
  *pieces(chunks: Iterable<Uint8Array>): Iterable<Uint8Array> {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += this.slice) yield chunk.subarray(at, at + this.slice);
    }
  }
}

/** A pace where one is asked for. Throws `invalid-argument` on a rate that is none. */
export function paceOf(rate: number | undefined, clock: Clock): Pace | undefined {
  if (rate === undefined) return undefined;
  return new Pace(clock, wholeNumber('limitRate', rate, 1, Number.MAX_SAFE_INTEGER));
}
