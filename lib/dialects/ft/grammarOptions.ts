import { formatTime, parseTime } from '../../wire/facts';
import { parseDecimal } from '../../wire/numbers';

/** The options of a request, DESIGN §3.1. Numbers are bytes, times milliseconds. */
interface OptionValues {
  /** PATH is hexadecimal. */
  hex: true;
  /** List: RFC 3659 §7 lines. */
  facts: true;
  /** List: walk the tree. */
  recursive: true;
  /** Begin after this many bytes. */
  offset: number;
  /** At most this many bytes. */
  length: number;
  /** `--version-is`: continue only this very content. */
  versionIs: string;
  /** 16 to 32 raw bytes that the dialling side writes first on the data connection. */
  token: Buffer;
  digest: 'crc32' | 'sha256';
  size: number;
  /** Put: hold the part until `-c`. */
  confirm: true;
  /** Put: the file's modification time. */
  modify: number;
  /** Put: `--if-exists`. */
  ifExists: 'fail' | 'overwrite';
  /** Stat: the kept part's length. */
  part: true;
  /** Make a directory: those above it too. */
  parents: true;
}

/** Options that were given. Flags are `true` or absent. */
export type FtOptions = Partial<OptionValues>;

/** One option on the wire. */
interface Row<T> {
  /** `--wire` or `--wire=value`. */
  readonly wire: string;
  readonly flag: boolean;
  /** Undefined when the value cannot stand. */
  readonly parse: (value: string) => T | undefined;
  readonly format: (value: T) => string;
}

type Table = { readonly [K in keyof OptionValues]: Row<OptionValues[K]> };

function flag(wire: string): Row<true> {
  return { wire, flag: true, parse: () => true, format: () => '' };
}

function count(wire: string): Row<number> {
  return { wire, flag: false, parse: parseDecimal, format: String };
}

function oneOf<T extends string>(wire: string, words: readonly T[]): Row<T> {
  return { wire, flag: false, parse: (value) => words.find((word) => word === value), format: String };
}

export const OPTIONS: Table = {
  hex: flag('hex'),
  facts: flag('facts'),
  recursive: flag('recursive'),
  offset: count('offset'),
  length: count('length'),
  versionIs: {
    wire: 'version-is',
    flag: false,
    // Opaque, but it travels as a fact too: visible ASCII without `;`. 128 is room for two sha256.
    parse: (value) => (/^[!-:<-~]{1,128}$/.test(value) ? value : undefined),
    format: String,
  },
  token: {
    wire: 'token',
    flag: false,
    // Under 16 bytes a stranger could guess it within the listener's life; over 32 it buys nothing.
    parse: (value) => (/^(?:[0-9a-f]{2}){16,32}$/i.test(value) ? Buffer.from(value, 'hex') : undefined),
    format: (token) => token.toString('hex'),
  },
  digest: oneOf('digest', ['crc32', 'sha256']),
  size: count('size'),
  confirm: flag('confirm'),
  modify: { wire: 'modify', flag: false, parse: parseTime, format: formatTime },
  ifExists: oneOf('if-exists', ['fail', 'overwrite']),
  part: flag('part'),
  parents: flag('parents'),
};

/** Reads one value into `options`; false when it cannot stand. */
export function readOption<K extends keyof OptionValues>(options: FtOptions, key: K, value: string): boolean {
  const row: Row<OptionValues[K]> = OPTIONS[key];
  const parsed = row.parse(value);
  if (parsed === undefined) return false;
  options[key] = parsed;
  return true;
}

/**
 * `--key` or `--key=value`; undefined when it could not be read back, so that nothing but what the grammar
 * allows ever goes out, whatever a caller passed.
 */
export function writeOption<K extends keyof OptionValues>(key: K, value: OptionValues[K]): string | undefined {
  const row: Row<OptionValues[K]> = OPTIONS[key];
  const text = row.format(value);
  if (row.flag) return `--${row.wire}`;
  return row.parse(text) === undefined ? undefined : `--${row.wire}=${text}`;
}
