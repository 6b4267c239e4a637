import { Inlet, READ_AHEAD } from './inlet';

/**
 * Holds the chunks of a socket's `'data'` events: the public way for a connection that was accepted.
 * Node allocates each chunk anew, so nothing here is ever reused.
 */
export class ChunkInlet extends Inlet {
  #chunks: Uint8Array[] = [];

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

  protected full(): boolean {
    return this.held >= READ_AHEAD;
  }
}
