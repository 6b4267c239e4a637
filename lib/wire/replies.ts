import { TwinportError } from '../errors';
import { LineDecoder, withoutCr } from './lines';
import { decodeName, encodeName, printable } from './names';

/** One reply of the server, RFC 959 §4.2. */
export interface Reply {
  /** 100 to 599. */
  readonly code: number;
  /** The text of each line, without the code and without the space that indents a middle line. */
  readonly lines: readonly string[];
  /** The first line's text. */
  readonly text: string;
}

/** What a server said: a reply, or a line without a code, as homemade servers send. */
export type Said =
  { readonly kind: 'reply'; readonly reply: Reply } | { readonly kind: 'uncoded'; readonly text: string };

/** Defaults; the values of LIMITS.replyLine and LIMITS.replyLines (this folder imports errors only). */
export const REPLY_LIMITS = { line: 16384, lines: 1024 } as const;

/**
 * A reply ready to send: `NNN text`, or with several lines `NNN-first`, indented middle lines, `NNN last`.
 * A middle line is indented because one that begins with the code would end the reply (RFC 959 §4.2).
 * Text may hold file names: CR and LF become spaces, or a name could forge a second reply; other C0 and
 * DEL become `?`, or a name could drive the terminal of whoever uses netcat.
 */
export function formatReply(code: number, ...lines: readonly string[]): Buffer {
  if (!Number.isInteger(code) || code < 100 || code > 599) {
    throw new TwinportError('invalid-argument', `${code} is not a reply code.`);
  }
  const last = Math.max(0, lines.length - 1);
  const text = (lines.length === 0 ? [''] : lines)
    .map((line, at) => (at === last ? `${code} ` : at === 0 ? `${code}-` : ' ') + oneLine(line) + '\r\n')
    .join('');
  return encodeName(text);
}

function oneLine(text: string): string {
  // Half a pair spells no byte; a reply must go out whatever an error's sentence holds.
  return printable(text.replace(/[\r\n]/g, ' ')).replace(/[\ud800-\udc7f\udd00-\udfff]/gu, '?');
}

/**
 * Replies out of bytes that come in any pieces. Nothing is said before its LF: `22` and `6 length=82`
 * are not yet a reply (a client that parsed half a line once took `150` for the end).
 */
export class ReplyDecoder {
  readonly #lines: LineDecoder;
  readonly #maxLines: number;
  #open: { readonly code: number; readonly lines: string[] } | undefined;
  #failure: TwinportError | undefined;

  /** `line`: bytes of one line; `lines`: lines of one multi-line reply. Beyond either: `protocol`. */
  constructor(limits: { readonly line?: number; readonly lines?: number } = {}) {
    const line = limits.line ?? REPLY_LIMITS.line;
    this.#maxLines = limits.lines ?? REPLY_LIMITS.lines;
    this.#lines = new LineDecoder(line, () => {
      return new TwinportError('protocol', `The server sent a line longer than ${line} bytes.`);
    });
  }

  push(bytes: Uint8Array): void {
    if (this.#failure === undefined) this.#lines.push(bytes);
  }

  /** The next thing said; undefined when more bytes are needed. Throws `protocol` beyond a limit, and then always. */
  next(): Said | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      const said = this.#take(decodeName(line));
      if (said !== undefined) return said;
    }
    return undefined;
  }

  /**
   * What stands without its newline when the server fell silent or ended: homemade servers write
   * `FILE NOT FOUND` and nothing after. A coded line is given too, but it may be cut short: good for an
   * error's text, never for a success or its facts. Undefined, and nothing removed, inside a multi-line reply.
   */
  takePending(): Said | undefined {
    const text = decodeName(withoutCr(this.#lines.pending));
    if (this.#open !== undefined || opens(text)) return undefined;
    this.#lines.takePending();
    return this.#take(text);
  }

  /** Bytes of a line that has no end yet. */
  get pendingLength(): number {
    return this.#lines.pending.length;
  }

  /** The server's end. Throws `incomplete` inside a reply or a line; between replies an end is normal. */
  end(): void {
    if (this.#open === undefined && this.pendingLength === 0) return;
    throw new TwinportError('incomplete', 'The server ended in the middle of a reply.');
  }

  #take(line: string): Said | undefined {
    if (this.#open !== undefined) return this.#continue(this.#open, line);
    const code = /^[1-5][0-9][0-9](?=[ -]|$)/.exec(line)?.[0];
    if (code === undefined) {
      // Some pad their text with NULs to the size of a buffer; padding alone says nothing.
      const text = line.replace(/\0+$/, '');
      return text === '' ? undefined : { kind: 'uncoded', text };
    }
    if (!opens(line)) return whole(Number(code), [line.slice(4)]);
    this.#open = { code: Number(code), lines: [line.slice(4)] };
    return undefined;
  }

  #continue(open: { readonly code: number; readonly lines: string[] }, line: string): Said | undefined {
    if (open.lines.length >= this.#maxLines) {
      this.#open = undefined;
      this.#lines.takePending();
      this.#failure = new TwinportError('protocol', `The server sent a reply of more than ${this.#maxLines} lines.`);
      throw this.#failure;
    }
    const code = String(open.code);
    const ends = line === code || line.startsWith(`${code} `);
    // Some servers repeat the code on every line, others indent, others do neither: all three are RFC 959.
    open.lines.push(ends || line.startsWith(`${code}-`) ? line.slice(4) : line.replace(/^ /, ''));
    if (!ends) return undefined;
    this.#open = undefined;
    return whole(open.code, open.lines);
  }
}

function opens(line: string): boolean {
  return /^[1-5][0-9][0-9]-/.test(line);
}

function whole(code: number, lines: readonly string[]): Said {
  return { kind: 'reply', reply: { code, lines, text: lines[0] ?? '' } };
}
