import type { OnReadOpts } from 'node:net';
import { Inlet } from './inlet';
import { LITTLE } from './receiveShare';

/** One buffer holds what a reader gathers and room for the last piece that overshoots. */
const BUFFER = 1024 * 1024;

/** Less room than this is not worth a system call of its own. Who lets us wait with one byte in a block must not get many. */
const leastRoom = (size: number): number => size / 16;

interface Block {
  readonly bytes: Uint8Array;
  /** Where the unread bytes begin and end. */
  start: number;
  end: number;
}

/**
 * Receives into a few large buffers that go round (Node's `onread`, public for a socket that dials):
 * one copy from the kernel, no allocation, and nearly a whole buffer per write to disk.
 *
 * Node fixes the next buffer at once after each piece, also when it is told to stop. So what it was given
 * must never belong to bytes that somebody may still be writing: `room` hands out only space behind the
 * unread bytes of the filling block, or a block that nobody holds. Stopping is `pause`, never `return
 * false`: two prototypes that returned false let the next read overwrite a block on its way to disk.
 *
 * At most four blocks exist: two of the last read, one sealed, one filling. They are small where the process has no room
 * for large ones.
 */
export class BulkInlet extends Inlet {
  #filling: Block | undefined;
  readonly #sealed: Block[] = [];
  #lent: Block[] = [];
  readonly #free: Block[] = [];
  /** Of new blocks. */
  #size = LITTLE;

  constructor() {
    super(4 * BUFFER);
  }

  /** For the socket that is to receive into this inlet. */
  onread(): OnReadOpts {
    return {
      buffer: () => this.room(),
      callback: (count) => {
        this.filled(count);
        return true;
      },
    };
  }

  /** Where the next bytes go. */
  room(): Uint8Array {
    let filling = this.#filling;
    if (filling !== undefined && filling.bytes.length - filling.end < leastRoom(filling.bytes.length)) {
      if (filling.end > filling.start) this.#sealed.push(filling);
      else if (!this.#lent.includes(filling)) this.#keep(filling);
      filling = undefined;
    }
    filling ??= this.#another();
    if (!this.#lent.includes(filling) && filling.start === filling.end) filling.start = filling.end = 0;
    this.#filling = filling;
    return filling.bytes.subarray(filling.end);
  }

  /** `count` bytes were put where `room` said. */
  filled(count: number): void {
    if (this.#filling === undefined) return;
    this.#filling.end += count;
    this.arrived(count);
  }

  protected take(): readonly Uint8Array[] {
    const blocks = this.#sealed.splice(0);
    if (this.#filling !== undefined && this.#filling.end > this.#filling.start) blocks.push(this.#filling);
    // A block can be of the last read and of this one, with different bytes.
    for (const block of this.#lent) {
      if (block !== this.#filling && !blocks.includes(block)) this.#keep(block);
    }
    this.#lent = blocks;
    this.held = 0;
    return blocks.map((block) => {
      const chunk = block.bytes.subarray(block.start, block.end);
      block.start = block.end;
      return chunk;
    });
  }

  protected discard(): void {
    // Node may hold the filling block's space until the handle is closed: it is let go, not reused.
    this.#filling = undefined;
    this.#sealed.length = 0;
    this.#free.length = 0;
    this.#lent = [];
  }

  protected most(): number {
    return this.#size - leastRoom(this.#size);
  }

  #another(): Block {
    const size = this.mayKeepMuch() ? BUFFER : LITTLE;
    // Others have given back what they had: it goes on with large ones.
    if (size !== this.#size) this.#free.length = 0;
    this.#size = size;
    return this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(size), start: 0, end: 0 };
  }

  /** Nobody uses it any more. */
  #keep(block: Block): void {
    if (block.bytes.length === this.#size) this.#free.push(block);
  }
}
