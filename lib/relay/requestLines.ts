import { isTwinportError } from '../errors';
import { isComplete, parseRequest, type FtRequest } from '../dialects/ft/grammar';
import { LIMITS } from '../options';
import { Unread } from '../wire/bytes';
import { CR, LF } from '../wire/lines';

/** Bytes of a client, to be passed on in this order. */
export interface Said {
  /** As they came. */
  readonly bytes: Buffer;
  /** Set when they are a whole request line. */
  readonly request?: FtRequest;
  /** The server will answer this, understood or not. */
  readonly asks: boolean;
  /** It looked like a request that matters here, and was read as one. */
  readonly parsed: boolean;
}

const NUL = 0x00;
const [DASH, SPACE, ZERO, NINE, C] = [0x2d, 0x20, 0x30, 0x39, 0x63];
/** `l`, `g` and `p`. */
const PORTED: readonly number[] = [0x6c, 0x67, 0x70];
const NOTHING = Buffer.alloc(0);

/**
 * The lines of an `ft` client, every byte of which comes out again. A line is held until it is whole: its data port may
 * have to be changed. Half lines (RFC 959 knows none; homemade clients do) are ended by a NUL, a silence or the end.
 */
export class RequestLines {
  private readonly unread = new Unread();
  private scanned = 0;
  /** Of the line that is held, so many bytes have been passed on already. */
  private passed: number;
  /** The rest of this line is not looked at any more. */
  private passing = false;
  private spoilt = false;

  /** `passed`: how the first line begins, when that is on its way already. */
  constructor(passed: Uint8Array = NOTHING) {
    this.unread.append(passed);
    this.passed = passed.length;
  }

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  next(): Said | undefined {
    if (this.passing) return this.passOn();
    for (let byte = this.unread.at(this.scanned); byte !== undefined; byte = this.unread.at(this.scanned)) {
      if (byte === LF) return this.line(1);
      if (byte === NUL && this.scanned === 0) return { bytes: this.unread.take(1), asks: false, parsed: false };
      if (byte === NUL && !this.spoilt) {
        if (isComplete(this.unread.view().subarray(0, this.scanned))) return this.line(1);
        // Once a line: asking at every NUL would parse 4 KiB four thousand times.
        this.spoilt = true;
      }
      this.scanned += 1;
      if (this.scanned >= LIMITS.requestLine) {
        this.passing = true;
        return this.passOn();
      }
    }
    return undefined;
  }

  get waiting(): boolean {
    return this.unread.length > this.passed;
  }

  /** After a silence: a whole half line stands, and what can become no request with a port goes its way. */
  quiet(): Said | undefined {
    const said = this.next();
    if (said !== undefined || !this.waiting) return said;
    const held = this.unread.view();
    if (!this.spoilt && isComplete(held)) return this.line(0);
    if (/^-(?:[lgp](?: |$)|$)/.test(held.toString('latin1', 0, 3))) return undefined;
    this.passing = true;
    return this.passOn();
  }

  /** The client's end. Call until it says undefined. */
  end(): Said | undefined {
    const said = this.next();
    if (said !== undefined || !this.waiting) return said;
    return this.line(0);
  }

  private line(terminator: 0 | 1): Said {
    const { passed, spoilt } = this;
    const taken = this.unread.take(this.scanned + terminator);
    const text = textOf(taken, terminator);
    this.scanned = this.passed = 0;
    this.spoilt = false;
    const bytes = taken.subarray(passed);
    const parsed = spoilt || matters(text);
    const request = parsed && !spoilt ? understood(text) : undefined;
    return { bytes, asks: text.length > 0, parsed, ...(request !== undefined && { request }) };
  }

  private passOn(): Said | undefined {
    const lf = this.unread.indexOf(LF, 0);
    const taken = this.unread.take(lf === -1 ? this.unread.length : lf + 1);
    const { passed } = this;
    this.scanned = this.passed = 0;
    this.spoilt = false;
    this.passing = lf === -1;
    const bytes = taken.subarray(passed);
    // Answered once, with 500: told when its end has come.
    return taken.length === 0 ? undefined : { bytes, asks: lf !== -1, parsed: false };
  }
}

/**
 * The same line with another data port, or undefined when it cannot be: then it would be too long for a server.
 * `bytes` end with the port and its terminator, whatever that is.
 */
export function withPort(bytes: Buffer, port: number): Buffer | undefined {
  const [digits = '', rest = ''] = /([0-9]+)([\r\n\0]*)$/.exec(bytes.toString('latin1'))?.slice(1) ?? [];
  const at = bytes.length - digits.length - rest.length;
  const line = Buffer.concat([bytes.subarray(0, at), Buffer.from(`${port}${rest}`, 'latin1')]);
  return digits === '' || line.length > LIMITS.requestLine ? undefined : line;
}

function textOf(taken: Buffer, terminator: number): Buffer {
  const text = taken.subarray(0, taken.length - terminator);
  return text.at(-1) === CR ? text.subarray(0, -1) : text;
}

/**
 * May this line open a data port, or is it a `-c`, which has no reply of its own? Asked first, for a few bytes: a
 * refusal is an error with a stack, and whoever sends newlines without end would have one made of each.
 */
function matters(text: Buffer): boolean {
  if (text[0] !== DASH || text[2] !== SPACE) return false;
  const last = text.at(-1) ?? 0;
  return text[1] === C || (PORTED.includes(text[1] ?? 0) && last >= ZERO && last <= NINE);
}

function understood(text: Buffer): FtRequest | undefined {
  try {
    return parseRequest(text);
  } catch (error) {
    if (isTwinportError(error)) return undefined;
    throw error;
  }
}
