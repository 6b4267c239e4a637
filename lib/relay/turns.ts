import type { Clock } from '../net/network';

/** What is worked off without a rest: some milliseconds, so that other connections hardly notice. */
const TURN = 4096;
/** A line that is understood, or refused with an error that has a stack, costs as much as so many that are passed. */
const PARSED = 32;

/**
 * Lets everybody else have a turn. A chunk of 64 KiB can be 65536 lines, and promises alone never give way to
 * another connection: one client with nothing but newlines would stall all others for seconds.
 */
export class Turns {
  private spent = 0;

  constructor(private readonly clock: Clock) {}

  /** One line more; true when it is time to `rest`. */
  spend(parsed: boolean): boolean {
    this.spent += parsed ? PARSED : 1;
    return this.spent >= TURN;
  }

  /** Resolves in a later turn of the event loop. */
  async rest(): Promise<void> {
    this.spent = 0;
    await new Promise<void>((resolve) => this.clock.after(0, resolve));
  }
}
