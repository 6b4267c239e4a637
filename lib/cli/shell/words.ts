import { decodeName } from '../../wire/names';
import { UsageError } from '../usage';
import { isGlob } from './expand';

/** What a word stands in where the line ends: nothing, or a quote that was not closed. */
export type Quote = '' | "'" | '"' | "$'";

/** A word of a line, without its quotes. */
export interface Word {
  readonly text: string;
  /**
   * Present where it is one unquoted (`isGlob`): the word as a pattern, with a backslash before every letter
   * that was quoted and could be taken for one of them.
   */
  readonly glob?: string;
  /** Its first letter was quoted: it is a name, whatever it looks like. */
  readonly literal: boolean;
  /** Where it begins in the line, its quote included, and where it ends. */
  readonly start: number;
  readonly end: number;
  readonly quote: Quote;
  /** Ends in a backslash with nothing behind it. */
  readonly dangling: boolean;
}

const BLANK = /[ \t]/;
/** Letters that a pattern gives a meaning to. */
const MEANING = /[*?[\]\\!^-]/;
/** In a terminal's own way of writing what cannot be typed: `$'\x1b'` (bash, POSIX.1-2024 §2.2.4). */
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  e: '\x1b',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/**
 * Words between blanks, as a POSIX shell quotes: nothing means anything in `'…'`, `\` quotes `"` and itself in `"…"`
 * and any letter outside, and in `$'…'` it writes what cannot be typed (`\n`, `\x1b`, `\u202e`). Never throws: who
 * completes a line sees it half-done. With `comments` a word that begins with `#` ends the line.
 */
export function scanWords(line: string, comments = false): Word[] {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (BLANK.test(line.charAt(at))) at++;
    if (at >= line.length || (comments && line.charAt(at) === '#')) return words;
    const word = new Scan(line, at).word();
    words.push(word);
    at = word.end;
  }
}

/** The words of a whole line. Throws a UsageError where a quote is not closed. */
export function splitWords(line: string, comments = false): Word[] {
  const words = scanWords(line, comments);
  for (const { quote, dangling, text } of words) {
    if (quote !== '') throw new UsageError(`the quote ${quote} is not closed`);
    if (dangling) throw new UsageError('a backslash at the end of the line quotes nothing');
    if (text.includes('\0')) throw new UsageError('a name cannot hold NUL');
  }
  return words;
}

/** One word, from its first letter to the blank behind it. */
class Scan {
  private text = '';
  private glob = '';
  private quote: Quote = '';
  private dangling = false;

  constructor(
    private readonly line: string,
    private at: number,
  ) {}

  word(): Word {
    const start = this.at;
    const literal = /^(['"\\]|\$')/.test(this.line.slice(start, start + 2));
    while (this.at < this.line.length && this.step());
    const { text, quote, dangling, at: end } = this;
    return { text, ...(isGlob(this.glob) ? { glob: this.glob } : {}), literal, start, end, quote, dangling };
  }

  /** Takes a letter, or what stands for one; false at the blank behind the word. */
  private step(): boolean {
    const letter = this.line.charAt(this.at);
    const next = this.line.charAt(this.at + 1);
    if (this.quote === "$'") {
      this.dollar();
    } else if (this.quote === "'") {
      if (letter === "'") this.quote = '';
      else this.quoted(letter);
      this.at++;
    } else if (letter === '\\' && (this.quote === '' || next === '"' || next === '\\' || next === '')) {
      if (next === '') this.dangling = true;
      this.quoted(next);
      this.at += 2;
    } else if (this.quote === '"') {
      if (letter === '"') this.quote = '';
      else this.quoted(letter);
      this.at++;
    } else if (BLANK.test(letter)) {
      return false;
    } else if (letter === '$' && next === "'") {
      this.quote = "$'";
      this.at += 2;
    } else {
      if (letter === '"' || letter === "'") this.quote = letter;
      else this.bare(letter);
      this.at++;
    }
    this.at = Math.min(this.at, this.line.length);
    return true;
  }

  /** The inside of `$'…'`, as bytes: `\xe4` alone is no letter, but may be a part of one. */
  private dollar(): void {
    const bytes: Buffer[] = [];
    for (;;) {
      const [found = '', plain, hex, point, escape] =
        /^(?:([^\\']+)|\\x([0-9a-fA-F]{1,2})|\\u(?![dD][89a-fA-F])([0-9a-fA-F]{4})|\\([^]))/.exec(
          this.line.slice(this.at),
        ) ?? [];
      this.at += found.length;
      if (found === '') break;
      if (hex !== undefined) bytes.push(Buffer.of(parseInt(hex, 16)));
      // As a listing on a terminal writes what turns a text around.
      else if (point !== undefined) bytes.push(Buffer.from(String.fromCharCode(parseInt(point, 16))));
      // Of an escape that is none both letters stay.
      else bytes.push(Buffer.from(plain ?? ESCAPES[escape ?? ''] ?? found));
    }
    this.quoted(decodeName(Buffer.concat(bytes)));
    const left = this.line.charAt(this.at);
    if (left === "'") this.quote = '';
    this.dangling = left === '\\';
    if (left !== '') this.at++;
  }

  private quoted(text: string): void {
    this.text += text;
    for (const letter of text) this.glob += MEANING.test(letter) ? `\\${letter}` : letter;
  }

  private bare(letter: string): void {
    this.text += letter;
    this.glob += letter;
  }
}
