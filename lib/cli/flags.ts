import { UsageError } from './usage';

/**
 * A program's options as rows. The rows tell an option's value from a word before yargs is loaded (which
 * takes longer than a whole listing does), and yargs its types and help when it is.
 */
export interface Flag {
  /** The long name, without its dashes. */
  readonly name: string;
  readonly short?: string;
  /** What the value is called in the help; absent, the option is a switch. */
  readonly value?: string;
  readonly text: string;
  /** What a shell completes the value with, where what it is called (FILE, DIR) does not say it. */
  readonly kind?: ValueKind;
  /** The few words that the value may be, for shells. A function where they would have to be loaded. */
  readonly choices?: readonly string[] | (() => readonly string[]);
}

/** `list`: several of the choices between commas. `prefix`: a choice that something follows. `text`: no file of ours. */
export type ValueKind = 'file' | 'dir' | 'list' | 'prefix' | 'text';

/** What every program has. */
export const COMMON: readonly Flag[] = [
  { name: 'help', short: 'h', text: 'show this help' },
  { name: 'version', text: 'show the version' },
];

/** An option looks like one; a lone `-` is a word (it names standard output). */
export function looksLikeOption(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

/** True when the whole word reads as options of ours: `--quiet`, `--timeout=3`, `-q0`, `-oFILE`. */
export function isOption(word: string, flags: readonly Flag[]): boolean {
  if (!looksLikeOption(word)) return false;
  if (word.startsWith('--')) return flags.some((flag) => flag.name === word.slice(2).split('=', 1)[0]);
  for (const letter of word.slice(1)) {
    const flag = flags.find(({ short }) => short === letter);
    if (flag?.value !== undefined) return true;
    if (flag === undefined) return false;
  }
  return true;
}

export interface ReadOption {
  /** In the long form, a value behind `=`: nothing that yargs could take for something else. */
  readonly options: readonly string[];
  /** Index of the first word that does not belong to it. */
  readonly next: number;
}

/** Reads the option at `argv[at]` with its value. Throws a UsageError when it is none of ours. */
export function readOption(argv: readonly string[], at: number, flags: readonly Flag[]): ReadOption {
  const word = argv[at] ?? '';
  const withValue = (flag: Flag, attached: string | undefined): ReadOption => {
    const value = attached ?? argv[at + 1];
    if (value === undefined || value === '') throw new UsageError(`--${flag.name} needs a value: ${flag.value ?? ''}`);
    return { options: [`--${flag.name}=${value}`], next: attached === undefined ? at + 2 : at + 1 };
  };

  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const name = word.slice(2, equals === -1 ? undefined : equals);
    const flag = flags.find((row) => row.name === name);
    if (flag === undefined) throw noSuchOption(word, flags);
    if (flag.value !== undefined) return withValue(flag, equals === -1 ? undefined : word.slice(equals + 1));
    if (equals !== -1) throw new UsageError(`--${name} takes no value`);
    return { options: [word], next: at + 1 };
  }

  const options: string[] = [];
  for (let letter = 1; letter < word.length; letter++) {
    const flag = flags.find(({ short }) => short === word[letter]);
    if (flag === undefined) throw noSuchOption(word, flags);
    if (flag.value === undefined) {
      options.push(`--${flag.name}`);
      continue;
    }
    const attached = word.slice(letter + 1);
    const read = withValue(flag, attached === '' ? undefined : attached);
    return { options: [...options, ...read.options], next: read.next };
  }
  return { options, next: at + 1 };
}

/**
 * For an option that is none of ours. Nothing of its value is repeated, which may be what nobody should see, in a log
 * least of all: `-Psecret` and `--password:secret` are how other programs take a password.
 */
export function noSuchOption(word: string, flags: readonly Flag[]): UsageError {
  const letters = [...word.slice(1)];
  const unknown = letters.find((letter) => flags.every(({ short }) => short !== letter)) ?? letters[0] ?? '';
  const name = word.startsWith('--') ? /^--[\w-]*/.exec(word)?.[0] : `-${unknown}`;
  return new UsageError(`there is no option ${name ?? word}`);
}

/** Words and options of a program without commands. Options may stand anywhere; `--` ends them. */
export function sortWords(argv: readonly string[], flags: readonly Flag[]): { words: string[]; options: string[] } {
  const words: string[] = [];
  const options: string[] = [];
  for (let at = 0; at < argv.length;) {
    const word = argv[at] ?? '';
    if (word === '--') {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (!looksLikeOption(word)) {
      words.push(word);
      at++;
      continue;
    }
    const read = readOption(argv, at, flags);
    options.push(...read.options);
    at = read.next;
  }
  return { words, options };
}

/** Option values by long name; an option given twice has its last value, unless it is asked for all of them. */
export class FlagValues {
  constructor(private readonly values: Readonly<Record<string, unknown>> = {}) {}

  has(name: string): boolean {
    const value = this.values[name];
    // A switch given twice is still on.
    return Array.isArray(value) ? value.includes(true) : value === true;
  }

  value(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  /** Every value of an option that may be repeated, as typed. */
  all(name: string): readonly string[] {
    const value = this.values[name];
    return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
  }

  /** One of a few words. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const choice = choices.find((one) => one === value);
    if (choice === undefined) throw new UsageError(`--${name} is one of ${choices.join(', ')}, not "${value}"`);
    return choice;
  }
}
