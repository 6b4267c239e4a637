import { LIMITS } from '../options';

/** One buffer of a connection that has no share. Small ones cost a tenth of processor time more, at the most (measured). */
export const LITTLE = 64 * 1024;

/** Bytes of all shares of this process. */
let taken = 0;

/**
 * One connection's leave to hold much for its reader. Whoever puts a file and stops in the middle of it, or is held back
 * by a limit on the rate, has us keep megabytes for him, and hundreds of them were more than a gigabyte. So all of these
 * together have `LIMITS.receiveBuffers`; who comes later holds little, until others have given theirs back.
 */
export class ReceiveShare {
  #state: 'none' | 'taken' | 'over' = 'none';

  /** `bytes`: the most that its holder keeps. */
  constructor(private readonly bytes: number) {}

  /** True where there was room for it, from then on until it is given back. */
  take(): boolean {
    if (this.#state === 'none' && taken + this.bytes <= LIMITS.receiveBuffers) {
      this.#state = 'taken';
      taken += this.bytes;
    }
    return this.#state === 'taken';
  }

  /** For good: what Node still delivers to a connection that was given up must not take it again. */
  giveBack(): void {
    if (this.#state === 'taken') taken -= this.bytes;
    this.#state = 'over';
  }
}

/** Bytes of shares that have not been given back, for specs. */
export function sharesTaken(): number {
  return taken;
}
