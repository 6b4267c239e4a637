import { LIMITS } from '../options';
import { Unread } from '../wire/bytes';
import { LF } from '../wire/lines';

/** Bytes of a server, to be passed on in this order. */
export interface Answered {
  readonly bytes: Buffer;
  /** A whole 150 line: the only one that may have to be changed. */
  readonly opens?: true;
  /** With these bytes the final reply to one request was complete. */
  readonly final?: true;
}

const OPENING = '150 ';
/** What tells a reply: three digits and a space, a dash or the line's end, which may be CR LF. */
const TELLING = 5;

/**
 * The replies of an `ft` server (RFC 959 §4.2), every byte of which comes out again, at once: nothing is held back
 * but what may become a 150 line while one is awaited.
 */
export class ReplyLines {
  private readonly unread = new Unread();
  /** The beginning of the line that is being passed; undefined between lines. */
  private head: string | undefined;
  /** The code of a multi-line reply that has not ended. */
  private open: string | undefined;
  /** Lines that open a data connection are wanted whole. */
  holds = false;

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  next(): Answered | undefined {
    if (this.unread.length === 0) return undefined;
    const lf = this.unread.indexOf(LF, 0);
    if (this.head === undefined && this.mayOpen()) {
      if (lf !== -1) return { bytes: this.unread.take(lf + 1), opens: true };
      if (lf === -1 && this.unread.length < LIMITS.replyLine) return undefined;
    }
    return this.passOn(lf);
  }

  get waiting(): boolean {
    return this.unread.length > 0;
  }

  /** After a silence, or at the end: what is held goes its way. */
  flush(): Answered | undefined {
    return this.next() ?? (this.unread.length > 0 ? this.passOn(-1) : undefined);
  }

  private mayOpen(): boolean {
    if (!this.holds || this.open !== undefined) return false;
    const begins = this.unread.view().toString('latin1', 0, OPENING.length);
    return OPENING.startsWith(begins);
  }

  private passOn(lf: number): Answered {
    const bytes = this.unread.take(lf === -1 ? this.unread.length : lf + 1);
    const head = (this.head ?? '') + bytes.toString('latin1', 0, TELLING);
    this.head = lf === -1 ? head.slice(0, TELLING) : undefined;
    return lf !== -1 && this.isFinal(head) ? { bytes, final: true } : { bytes };
  }

  private isFinal(head: string): boolean {
    const [, code = '', mark] = /^([1-5][0-9][0-9])( |-|\r?\n)/.exec(head) ?? [];
    if (this.open !== undefined) {
      if (code !== this.open || mark === '-') return false;
      this.open = undefined;
    } else if (mark === '-') {
      this.open = code;
      return false;
    }
    // A greeting answers nothing.
    return code > '199' && code !== '220';
  }
}

/** The `port=` of a 150 line, when there is one. */
export function openedPort(line: Buffer): number | undefined {
  const found = PORT_FACT.exec(line.toString('latin1'));
  const port = Number(found?.[2]);
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** The same line with another `port=`. */
export function withOpenedPort(line: Buffer, port: number): Buffer {
  return Buffer.from(
    line.toString('latin1').replace(PORT_FACT, (_all, before: string) => `${before}port=${port};`),
    'latin1',
  );
}

/**
 * Only among the facts: a path may spell the same words (RFC 3659 §7: the first space ends the facts), and where one word
 * before that space is no fact, none is to a client. Of two the first counts.
 */
const PORT_FACT = /^(150 (?:(?!port=)[^=; ]+=[^; ]*;)*?)port=([0-9]{1,5});(?=(?:[^=; ]+=[^; ]*;)*(?: |\r?\n?$))/i;
