import { matcher } from '../../../lib/cli/shell/pattern';
import { isUntypable, quoted } from '../../../lib/cli/shell/quoting';
import { scanWords, splitWords, type Quote } from '../../../lib/cli/shell/words';
import { takeApart } from '../../../lib/cli/command';
import { CLIENT_FLAGS } from '../../../lib/cli/options';
import { UsageError } from '../../../lib/cli/usage';
import { decodeName } from '../../../lib/wire/names';
import { holds, outcome, same, type Claim } from '../claim';
import { Draw } from '../draw';

const words: Claim = {
  name: 'shell-words',
  kind: 'codec',
  corpus: [`get 'a b' "c \\" d" $'\\x1b\\n' e\\ f`, 'ls *.txt [a-z]? # no', `"open`, `'`, '\\'],
  words: ["'", '"', '\\', "$'", ' ', '\t', '*', '?', '[', ']', '#', '\\x', '\\n'],
  check: (bytes) => {
    const line = decodeName(bytes);
    for (const comments of [false, true]) {
      const scanned = scanWords(line, comments);
      let at = 0;
      for (const { start, end, text, glob } of scanned) {
        holds('words follow each other', start >= at && end > start && end <= line.length, scanned);
        holds('between them are blanks', /^[ \t]*$/.test(line.slice(at, start)), line, at, start);
        // A pattern that means what was typed means itself, too, where nothing in it was quoted.
        if (glob !== undefined) holds('a pattern has a letter that means something', /[*?[]/.test(text), text);
        at = end;
      }
      const split = outcome(() => splitWords(line, comments), 'invalid-argument');
      if ('value' in split) same('the same words', split.value, scanned);
    }
  },
};

const QUOTES: readonly Quote[] = ['', "'", '"', "$'"];

/** What is quoted is read as itself, in every manner, and means nothing else. */
const quoting: Claim = {
  name: 'shell-quoting',
  kind: 'codec',
  corpus: ['\x00a b', "\x01it's", '\x02"\\', '\x03\x1b[2J', '\x00-rf', '\x00#', '\x00~x', "\x00$'x", '\x00*?[a]\\'],
  words: ["'", '"', '\\', "$'", ' ', '\t', '*', '?', '[', '#', '~', '-', '\\x41'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const quote = draw.pick(QUOTES);
    const name = decodeName(draw.rest());
    if (name.includes('\0')) return;
    const closing = quote === "$'" ? "'" : quote;
    const typed = `${quote}${quoted(name, quote)}${closing}`;
    holds('it can be typed', !isUntypable(typed), typed);
    const read = splitWords(`get ${typed} next`);
    same('one word', read.length, 3);
    const word = read[1];
    same('of this text', [word?.text, word?.glob], [name, undefined]);
    same('alone, it is no comment', splitWords(typed, true).length, 1);
    if (/^[-~]/.test(name)) same('and no option', word?.literal, true);
  },
};

/**
 * What POSIX says of a bracket expression, as a regular expression says it: one letter. Where nothing closes it, it is a
 * letter. `next` is behind it.
 */
function bracket(glob: string): { readonly is: RegExp; readonly next: string } | undefined {
  // `!` and `^` are never letters where they come first, and a `]` behind that always is one.
  const letters = /^\[(?:([!^])|(?![!^]))((?:\\[^]|[^\\])(?:\\[^]|[^\]\\])*)\]/u;
  const [all, not = '', inside = ''] = letters.exec(glob) ?? [];
  if (all === undefined) return undefined;
  const ranges: string[] = [];
  const letter = '(\\\\[^]|[^])';
  for (const [, from = '', to = from] of inside.matchAll(new RegExp(`${letter}(?:-${letter})?`, 'gu'))) {
    const [low, high] = [from, to].map((each) => [...each].at(-1)?.codePointAt(0) ?? 0) as [number, number];
    const escaped = (code: number): string => `\\u{${code.toString(16)}}`;
    if (low <= high) ranges.push(`${escaped(low)}-${escaped(high)}`);
  }
  // Nothing at all is in an empty set, and everything outside of it.
  const set = ranges.length === 0 ? (not === '' ? '[]' : '[^]') : `[${not === '' ? '' : '^'}${ranges.join('')}]`;
  return { is: new RegExp(`^${set}$`, 'u'), next: glob.slice(all.length) };
}

/** Every way there is, each tried once. */
function naive(pattern: string, name: readonly string[]): boolean {
  const known = new Map<string, boolean>();
  const from = (glob: string, n: number): boolean => {
    const key = `${glob.length} ${n}`;
    const was = known.get(key);
    if (was !== undefined) return was;
    const is = tried(glob, n);
    known.set(key, is);
    return is;
  };
  const tried = (glob: string, n: number): boolean => {
    const [letter] = glob;
    if (letter === undefined) return n === name.length;
    const behind = glob.slice(letter.length);
    if (letter === '*') return from(behind, n) || (n < name.length && from(glob, n + 1));
    const other = name[n];
    if (other === undefined) return false;
    if (letter === '?') return from(behind, n + 1);
    const set = letter === '[' ? bracket(glob) : undefined;
    if (set !== undefined) return set.is.test(other) && from(set.next, n + 1);
    if (letter !== '\\') return other === letter && from(behind, n + 1);
    const [quoted = '\\'] = behind;
    return other === quoted && from(behind.slice(quoted.length), n + 1);
  };
  return from(pattern, 0);
}

const pattern: Claim = {
  name: 'shell-pattern',
  kind: 'codec',
  corpus: [
    '\x05*a*b*aaabab',
    '\x04a?*cabcc',
    '\x06[a-c]*bcd',
    '\x03\\**x*',
    '\x03.*a.b',
    '\x09*[!]a-]?bxy',
    '\x08[a\\]-c]*a]',
    '\x06[^a]\\[b[',
    '\x07a[b-]*]a-x]',
  ],
  words: [
    '*',
    '**',
    '?',
    '\\',
    'a',
    'b',
    'ab',
    '[a]',
    '[!a]',
    '[a-c]',
    '[c-a]',
    '[]a]',
    '[\\]',
    '[',
    ']',
    '-',
    '^',
    '!',
    '.',
  ],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const glob = decodeName(draw.take(draw.below(64)));
    // No longer than what the naive way, which calls itself for each letter, has a stack for.
    const name = decodeName(draw.rest().subarray(0, 500));
    const is = matcher(glob)(name);
    const dotted = !name.startsWith('.') || /^\\?\./.test(glob);
    same('as every way that could match', is, dotted && naive(glob, [...name]));
  },
};

/** A command line is a command or a sentence, and names stay what they are. */
const command: Claim = {
  name: 'command-line',
  kind: 'codec',
  corpus: [
    'host\x003555\x00-g\x00-rf\x008555',
    'host\x003555\x00-l',
    '--json\x00h\x001\x00put\x00a\x00b\x00--\x00c',
    'h\x001\x00rename\x00-a\x00--b',
  ],
  words: [
    '\0',
    '-l',
    '-g',
    '-p',
    '-d',
    '-m',
    '-r',
    'list',
    'get',
    'put',
    'stat',
    'ping',
    '--',
    '--json',
    '--passive',
    '-q',
    '8555',
    '0',
    '--on-exists',
    '--dialect=framed',
  ],
  check: (bytes) => {
    const argv = decodeName(bytes).split('\0');
    const taken = outcome(() => takeApart(argv, CLIENT_FLAGS));
    if ('code' in taken) return;
    const asked = outcome(() => sentence(taken.value.command), 'invalid-argument');
    if ('code' in asked || asked.value.verb !== 'get') return;
    for (const name of asked.value.paths) holds('a name is a word of the line', argv.includes(name), name);
  },
};

function sentence<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof UsageError) holds('an error is a sentence', error.message !== '');
    throw error;
  }
}

export const SHELL: readonly Claim[] = [words, quoting, pattern, command];
