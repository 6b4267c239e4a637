import type { Socket } from 'node:net';

/**
 * Node tells of a write only when all of it was handed over. A megabyte into a slow link would look like a
 * peer that takes nothing for minutes; pieces of this size show that it moves. Smaller ones cost, larger
 * ones were measured no faster.
 */
const PIECE = 256 * 1024;

type Done = (error?: Error | null) => void;

interface Waiting {
  rest: Uint8Array;
  readonly done: Done;
}

/** The writing half of a socket: large writes go in pieces, everything in the order it was given. */
export class Outlet {
  /** Bytes that the operating system has taken. */
  bytesWritten = 0;
  readonly #socket: Socket;
  /** The large write that goes on now, and what was given behind it. */
  readonly #queue: Waiting[] = [];
  #end: Done | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array, done: Done): void {
    if (this.#queue.length === 0 && bytes.length <= PIECE) {
      this.#piece(bytes, done);
      return;
    }
    this.#queue.push({ rest: bytes, done });
    if (this.#queue.length === 1) this.#next();
  }

  /** FIN behind everything written. */
  end(done: Done): void {
    if (this.#queue.length === 0) this.#socket.end(done);
    else this.#end = done;
  }

  #next(): void {
    const first = this.#queue[0];
    if (first === undefined) {
      if (this.#end !== undefined) this.#socket.end(this.#end);
      return;
    }
    const piece = first.rest.subarray(0, PIECE);
    first.rest = first.rest.subarray(piece.length);
    this.#piece(piece, (error) => {
      if (error) {
        this.#queue.length = 0;
        first.done(error);
        return;
      }
      if (first.rest.length === 0) {
        this.#queue.shift();
        first.done();
      }
      this.#next();
    });
  }

  #piece(bytes: Uint8Array, done: Done): void {
    this.#socket.write(bytes, (error) => {
      if (!error) this.bytesWritten += bytes.length;
      done(error);
    });
  }
}
