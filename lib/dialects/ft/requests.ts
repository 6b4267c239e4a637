import { isTwinportError, TwinportError } from '../../errors';
import { withoutPasswords } from '../../log';
import { LIMITS } from '../../options';
import { Unread } from '../../wire/bytes';
import { CR, LF, withoutCr } from '../../wire/lines';
import { decodeName } from '../../wire/names';
import { isComplete, parseRequest, VERBS, type FtRequest } from './grammar';

/** One line from a client: understood, or what to refuse it with. `line` is what came, decoded, for logs (`forLog` it). */
export type Incoming =
  | {
      readonly request: FtRequest;
      /** Set when no newline ended it: which rule let it stand. */
      readonly half?: 'nul' | 'silence' | 'end';
      readonly line: string;
    }
  | { readonly refusal: TwinportError; readonly line: string };

const NUL = 0x00;
const DASH = 0x2d;
const SPACE = 0x20;
/** What no request of ours can be: ours begin with a dash. */
const HTTP = /^[A-Z]+ .*HTTP\/\d/;

/**
 * Requests out of bytes that come in any pieces, with the half-line rules of DESIGN §3.1 for homemade
 * clients: a whole `-l` or `-g` line may also be ended by a NUL, or by silence; FIN ends any line.
 */
export class RequestDecoder {
  readonly #unread = new Unread();
  #scanned = 0;
  /** The line holds a NUL: it can only be refused, at its LF. */
  #spoiled = false;
  /**
   * A web page can have its reader's browser post any lines to any port, also to one that only that reader can reach. So
   * behind the beginning of HTTP nothing is a request any more: a `-d` in the body must not delete.
   */
  #browser = false;
  #failure: TwinportError | undefined;

  /** Takes a copy: the caller may reuse `bytes` at once. */
  push(bytes: Uint8Array): void {
    if (this.#failure === undefined) this.#unread.append(bytes);
  }

  /**
   * The next request or refusal; undefined when more bytes are needed. Throws `syntax` with reply 500 on a
   * line over the limit, and at every later call: what follows cannot be told from the line's middle.
   */
  next(): Incoming | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    this.#skipPadding();
    for (let byte = this.#unread.at(this.#scanned); byte !== undefined; byte = this.#unread.at(this.#scanned)) {
      if (byte === LF) {
        const incoming = this.#finish(1);
        if (incoming !== undefined) return incoming;
        this.#skipPadding();
        continue;
      }
      if (byte === NUL && !this.#spoiled) {
        if (isComplete(this.#unread.view().subarray(0, this.#scanned))) return this.#finish(1, 'nul');
        // Asked once a line: asking at each NUL would let 4 KiB of NULs cost 16 MiB of parsing.
        this.#spoiled = true;
      }
      this.#scanned += 1;
      if (this.#scanned >= LIMITS.requestLine) this.#fail();
    }
    return undefined;
  }

  /** Call after `LIMITS.halfLine` of silence while `waiting`: a whole `-l` or `-g` line stands, anything else goes on waiting. */
  quiet(): Incoming | undefined {
    const incoming = this.next();
    if (incoming !== undefined) return incoming;
    return this.waiting && isComplete(this.#unread.view()) ? this.#finish(0, 'silence') : undefined;
  }

  /** The client's FIN: a last line without newline is a request. Call until it says undefined. */
  end(): Incoming | undefined {
    const incoming = this.next();
    if (incoming !== undefined || this.#unread.length === 0) return incoming;
    return this.#finish(0, 'end');
  }

  /** An unended line that might be a whole `-l` or `-g` already; cheap, asked after every push. */
  get waiting(): boolean {
    const last = this.#unread.at(this.#unread.length - 1) ?? 0;
    const verb = this.#unread.at(1);
    return (
      !this.#spoiled &&
      this.#unread.at(0) === DASH &&
      (verb === 0x6c || verb === 0x67) &&
      this.#unread.at(2) === SPACE &&
      last >= 0x30 &&
      last <= 0x39
    );
  }

  /**
   * Blank lines, and NULs before a request or behind one that a NUL ended. All at once: nobody is answered for them, so
   * nothing stops who sends nothing else, and a line's worth of work for each of them was the whole processor.
   */
  #skipPadding(): void {
    if (this.#scanned > 0) return;
    const bytes = this.#unread.view();
    let count = 0;
    for (; count < bytes.length; count += 1) {
      const byte = bytes[count];
      if (byte !== NUL && byte !== LF && !(byte === CR && bytes[count + 1] === LF)) break;
    }
    if (count > 0) this.#unread.drop(count);
  }

  /** Takes the scanned line and its terminator; undefined for a blank one. */
  #finish(terminator: number, half?: 'nul' | 'silence' | 'end'): Incoming | undefined {
    const taken = this.#unread.take(this.#scanned + terminator);
    const bytes = withoutCr(taken.subarray(0, this.#scanned));
    const spoiled = this.#spoiled;
    this.#scanned = 0;
    this.#spoiled = false;
    if (bytes.length === 0) return undefined;
    // Whoever shows it, and wherever: a password is not in it, also where the line is no request.
    const line = withoutPasswords(decodeName(bytes));
    if (this.#browser)
      return {
        refusal: new TwinportError('syntax', 'That is not a request: this is no web server.', { reply: 500 }),
        line,
      };
    this.#browser = HTTP.test(line);
    if (spoiled) {
      return { refusal: new TwinportError('syntax', 'A request cannot hold a NUL byte.', { reply: 501 }), line };
    }
    try {
      const request = parseRequest(bytes);
      // A killed client's FIN is a polite one, wherever its line was cut: `-d a/b` must not delete `a`.
      if (half === 'end' && VERBS[request.verb].changes === true) {
        throw new TwinportError('syntax', `-${request.verb} needs its newline.`, { reply: 501 });
      }
      return half === undefined ? { request, line } : { request, half, line };
    } catch (error) {
      if (isTwinportError(error)) return { refusal: error, line };
      throw error;
    }
  }

  #fail(): never {
    this.#unread.drop(this.#unread.length);
    this.#failure = new TwinportError('syntax', `A request is longer than ${LIMITS.requestLine} bytes.`, {
      reply: 500,
    });
    throw this.#failure;
  }
}
