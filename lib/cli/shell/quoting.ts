import { encodeName } from '../../wire/names';
import type { Quote } from './words';

/**
 * What a terminal must not be sent, and what no keyboard has: controls, bytes that are not UTF-8, what ends a line to
 * Unicode, and what turns the direction of a text, so that `exe.txt` could be read as `txt.exe` (Unicode TR 36 §2.5,
 * UAX 9).
 */
const UNTYPABLE = /[\p{Cc}\p{Surrogate}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** True when a name can be written in `$'…'` alone. */
export function isUntypable(name: string): boolean {
  return UNTYPABLE.test(name);
}

/**
 * The name as it is typed, so that it is taken for itself and nothing else: what `scanWords` reads as `name`. In the
 * manner of `quote`, where one has been opened, which is left open; the opening one is not repeated. `first`: it
 * begins a word, where a dash, a `#` and a `~` have meanings of their own.
 */
export function quoted(name: string, quote: Quote = '', first = true): string {
  switch (quote) {
    case "'":
      return isUntypable(name) ? `'${dollar(name)}'` : name.replaceAll("'", "'\\''");
    case '"':
      return isUntypable(name) ? `"${dollar(name)}"` : name.replace(/["\\]/g, '\\$&');
    case "$'":
      return dollarInside(name);
    case '':
      if (name === '') return "''";
      if (isUntypable(name)) return dollar(name);
      return name.replace(/[ \t"'\\*?[]|\$(?=')/g, '\\$&').replace(first ? /^[-#~]/ : /^$/, '\\$&');
  }
}

function dollar(name: string): string {
  return `$'${dollarInside(name)}'`;
}

function dollarInside(name: string): string {
  let text = '';
  for (const letter of name) {
    if (!UNTYPABLE.test(letter)) text += letter.replace(/['\\]/, '\\$&');
    else for (const byte of encodeName(letter)) text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
