import { Inlet, READ_AHEAD } from './inlet';
import { LITTLE } from './receiveShare';

/**
 * Holds the chunks of a socket's `'data'` events: the public way for a connection that was accepted.
 * Node allocates each chunk anew, so nothing here is ever reused.
 */
export class ChunkInlet extends Inlet {
  #chunks: Uint8Array[] = [];

  constructor() {
    super(2 * READ_AHEAD);
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.arrived(chunk.length);
  }

  protected take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.held = 0;
    return chunks;
  }

  protected discard(): void {
    this.#chunks = [];
  }

  protected most(wanted: number): number {
    // Most connections never hold more than a few lines: they take no share.
    return wanted <= LITTLE || this.mayKeepMuch() ? READ_AHEAD : LITTLE;
  }
}
