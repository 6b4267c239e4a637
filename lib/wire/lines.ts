import { TwinportError } from '../errors';
import { Unread } from './bytes';

export const LF = 0x0a;
export const CR = 0x0d;

/** The line without the CR of its CR LF. */
export function withoutCr(line: Buffer): Buffer {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}

/**
 * Lines out of bytes that come in any pieces. Call `next` until it says undefined after every `push`:
 * then memory stays below `limit` and one pushed chunk (and their doubling).
 */
export class LineDecoder {
  readonly #limit: number;
  readonly #tooLong: () => TwinportError;
  readonly #unread = new Unread();
  #scanned = 0;
  #failure: TwinportError | undefined;

  /** `limit`: bytes of one line with its terminator. `tooLong` makes the error beyond it: `syntax`, 500. */
  constructor(limit: number, tooLong?: () => TwinportError) {
    this.#limit = limit;
    this.#tooLong =
      tooLong ?? (() => new TwinportError('syntax', `A line is longer than ${limit} bytes.`, { reply: 500 }));
  }

  /** Takes a copy: the caller may reuse `bytes` at once. */
  push(bytes: Uint8Array): void {
    if (this.#failure === undefined) this.#unread.append(bytes);
  }

  /**
   * The next line without its LF or CR LF; undefined when more bytes are needed. Throws when the line is
   * longer than the limit, and at every later call: where the next line begins is not known any more,
   * and guessing would run the middle of a file as a request.
   */
  next(): Buffer | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const end = this.#unread.indexOf(LF, this.#scanned);
    if (end === -1 ? this.#unread.length >= this.#limit : end >= this.#limit) this.#fail();
    if (end === -1) {
      this.#scanned = this.#unread.length;
      return undefined;
    }
    this.#scanned = 0;
    return withoutCr(this.#unread.take(end + 1).subarray(0, -1));
  }

  /** What came after the last line taken. A view: good until the next call. */
  get pending(): Buffer {
    return this.#unread.view();
  }

  /** Removes and returns the pending bytes. */
  takePending(): Buffer {
    this.#scanned = 0;
    return this.#unread.take(this.#unread.length);
  }

  #fail(): never {
    this.#unread.drop(this.#unread.length);
    this.#failure = this.#tooLong();
    throw this.#failure;
  }
}
