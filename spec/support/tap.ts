import { settle } from './fakeClock';
import type { RawPeer } from './peer';

/** A bare socket read line by line, that notices what nobody asked for. */
export class Tap {
  #taken = 0;

  constructor(
    readonly peer: RawPeer,
    /** For messages: `P`, `Q`. */
    private readonly name: string,
  ) {}

  /** What has arrived and was not taken. */
  get unread(): Buffer {
    return this.peer.received.subarray(this.#taken);
  }

  /** The next line, terminator included. */
  async line(): Promise<string> {
    await this.peer.until((received) => received.indexOf(0x0a, this.#taken) !== -1);
    return this.#take(this.peer.received.indexOf(0x0a, this.#taken) + 1 - this.#taken).toString('utf8');
  }

  async bytes(count: number): Promise<Buffer> {
    await this.peer.until((received) => received.length >= this.#taken + count);
    return this.#take(count);
  }

  /** The other side's FIN, and nothing more before it. */
  async end(): Promise<void> {
    await this.peer.untilEnd();
    this.#mustBeRead();
  }

  /**
   * Fails when something came that was not taken. It looks after everything on its way within this process
   * had its turns: it can miss what is still to come, but never fails without cause.
   */
  async silent({ mayEnd = false }: { mayEnd?: boolean } = {}): Promise<void> {
    await settle();
    this.#mustBeRead();
    const { state } = this.peer;
    if (state !== 'open' && !(mayEnd && state === 'ended')) throw new Error(`${this.name} is ${state} already`);
  }

  #take(count: number): Buffer {
    const from = this.#taken;
    this.#taken += count;
    return this.peer.received.subarray(from, this.#taken);
  }

  #mustBeRead(): void {
    if (this.unread.length > 0)
      throw new Error(`on ${this.name} nobody expected ${JSON.stringify(this.unread.toString())}`);
  }
}
