import { pause, reasonOf, throwIfAborted } from '../data/scope';
import { TwinportError } from '../errors';
import type { Clock } from '../net/network';
import type { Flip, Piece } from './chances';

/**
 * Where the bytes of one direction go. A stage is one in front of another, and does one thing to what passes. Writes
 * come one after another; a `write` resolves when its buffer may be used again, an `end` when it was passed on.
 */
export interface Outflow {
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** What a stage that waits has to live with: time, and the end of its connection. */
export interface Life {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function wait({ clock, signal }: Life, ms: number): Promise<void> {
  await pause(clock, ms, signal);
  throwIfAborted(signal);
}

/** Spoils bytes at their offsets in the stream, in ascending order. */
export function flipping(next: Outflow, flips: readonly Flip[], onFlip: (flip: Flip) => void): Outflow {
  let offset = 0;
  let at = 0;
  return {
    write: (bytes) => {
      let passed = bytes;
      const end = offset + bytes.length;
      for (let flip = flips[at]; flip !== undefined && flip.offset < end; flip = flips[++at]) {
        // The buffer is the connection's: only a copy may be spoilt.
        if (passed === bytes) passed = Uint8Array.from(bytes);
        passed[flip.offset - offset] = (passed[flip.offset - offset] ?? 0) ^ flip.mask;
        onFlip(flip);
      }
      offset = end;
      return next.write(passed);
    },
    end: () => next.end(),
  };
}

/** Cuts the stream into pieces, each written by itself. A cut falls where it falls; what has arrived never waits for more. */
export function stammering(next: Outflow, pieces: Iterator<Piece, never>, life: Life): Outflow {
  let piece = pieces.next().value;
  let room = piece.length;
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + room);
        await next.write(part);
        at += part.length;
        room -= part.length;
        if (room > 0) continue;
        if (piece.pause > 0) await wait(life, piece.pause);
        piece = pieces.next().value;
        room = piece.length;
      }
    },
    end: () => next.end(),
  };
}

/** A timer may be late by so much without slowing the stream down. */
const SLACK = 20;
/** Pieces a second, so that little moves steadily instead of much at once. */
const STEPS = 50;
const LARGEST_STEP = 16 * 1024;

/** At most so many bytes a second. */
export function slowing(next: Outflow, bytesPerSecond: number, life: Life): Outflow {
  const step = Math.min(LARGEST_STEP, Math.max(1, Math.floor(bytesPerSecond / STEPS)));
  let free = -Infinity;
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; at += step) {
        const part = bytes.subarray(at, at + step);
        free = Math.max(free, life.clock.now() - SLACK);
        const ahead = free - life.clock.now();
        if (ahead > 0) await wait(life, ahead);
        free += (part.length / bytesPerSecond) * 1000;
        await next.write(part);
      }
    },
    end: () => next.end(),
  };
}

/** Bytes on their way before the sender feels it: a long fat link's worth, not a file. */
const IN_FLIGHT = 4 * 1024 * 1024;
/** What the least of writes occupies here: counted by its bytes alone, a stream of single ones would fill the memory. */
const LEAST_HELD = 128;

/** Everything arrives so many milliseconds later, in order, the end too. */
export function delaying(next: Outflow, ms: number, life: Life): Outflow {
  return new Delay(next, ms, life);
}

class Delay implements Outflow {
  private readonly queue: { readonly due: number; readonly bytes: Uint8Array | undefined }[] = [];
  private held = 0;
  private running: Promise<void> | undefined;
  private failure: unknown;
  private failed = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly next: Outflow,
    private readonly ms: number,
    private readonly life: Life,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    this.put(Uint8Array.from(bytes));
    while (this.held > IN_FLIGHT && !this.failed) await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.failed) throw this.failure;
  }

  async end(): Promise<void> {
    this.put(undefined);
    await this.running;
    if (this.failed) throw this.failure;
  }

  private put(bytes: Uint8Array | undefined): void {
    if (this.failed) throw this.failure;
    this.queue.push({ due: this.life.clock.now() + this.ms, bytes });
    this.held += heldBy(bytes);
    this.running ??= this.run();
  }

  /** Never rejects: nobody may be waiting. */
  private async run(): Promise<void> {
    try {
      for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
        const left = first.due - this.life.clock.now();
        if (left > 0) await wait(this.life, left);
        if (first.bytes === undefined) await this.next.end();
        else await this.next.write(first.bytes);
        this.queue.shift();
        this.held -= heldBy(first.bytes);
        this.wake?.();
      }
    } catch (error) {
      this.failed = true;
      this.failure = error;
      this.queue.length = 0;
      this.wake?.();
    }
    this.running = undefined;
  }
}

function heldBy(bytes: Uint8Array | undefined): number {
  return Math.max(LEAST_HELD, bytes?.length ?? 0);
}

/** Strikes once `at` bytes have passed, and lets no more of them through. Asked at each write whether it holds at all. */
export function limiting(next: Outflow, at: number, applies: () => boolean, strike: (offset: number) => void): Outflow {
  let passed = 0;
  let struck = false;
  return {
    write: async (bytes) => {
      if (struck) return;
      if (!applies()) {
        passed += bytes.length;
        return next.write(bytes);
      }
      const room = Math.max(0, at - passed);
      const part = bytes.subarray(0, room);
      passed += part.length;
      if (part.length > 0) await next.write(part);
      if (passed < at) return;
      struck = true;
      strike(passed);
    },
    end: () => (struck ? Promise.resolve() : next.end()),
  };
}

/** The last outflow of a connection that is over. */
export function over(signal: AbortSignal): TwinportError {
  return signal.aborted ? reasonOf(signal) : new TwinportError('aborted', 'the connection is over');
}
