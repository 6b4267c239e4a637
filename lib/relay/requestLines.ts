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
}

const NUL = 0x00;
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
      if (byte === NUL && this.scanned === 0) return { bytes: this.unread.take(1), asks: false };
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
    const request = spoilt ? undefined : understood(text);
    return { bytes, asks: text.length > 0, ...(request !== undefined && { request }) };
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
    return taken.length === 0 ? undefined : { bytes, asks: lf !== -1 };
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

function understood(text: Buffer): FtRequest | undefined {
  try {
    return parseRequest(text);
  } catch (error) {
    if (isTwinportError(error)) return undefined;
    throw error;
  }
}
