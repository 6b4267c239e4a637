import { TwinportError } from '../errors';
import { decodeName, encodeName, hasControl, printable } from './names';
import { parseDecimal } from './numbers';

/** Facts, RFC 3659 §7: `size=3;modify=20261120143000.123; name`. */

/**
 * `size=1;crc32=0a1b2c3d;`, keys in lower case, undefined left out. Throws `invalid-argument` on a value
 * that holds `;`, a space or a control character: it would end the fact, or the facts, early.
 */
export function formatFacts(facts: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key.toLowerCase()}=${factValue(key, value ?? '')};`)
    .join('');
}

function factValue(key: string, value: string | number): string {
  if (!/^[A-Za-z][A-Za-z0-9.-]*$/.test(key)) {
    throw new TwinportError('invalid-argument', 'A fact has a name that cannot be sent.');
  }
  if (
    typeof value === 'number' ? Number.isSafeInteger(value) && value >= 0 : !/[; ]/.test(value) && !hasControl(value)
  ) {
    return String(value);
  }
  throw new TwinportError('invalid-argument', `The fact ${key} has a value that cannot be sent.`);
}

/**
 * Facts up to the first space, keys in lower case, and what follows that one space. Text that does not
 * begin with facts is all `rest`. The first space ends the facts, so a `;` in a pathname is only a `;`.
 * Of a fact given twice the first counts.
 */
export function parseFacts(text: string): { readonly facts: ReadonlyMap<string, string>; readonly rest: string } {
  const space = text.indexOf(' ');
  const head = space === -1 ? text : text.slice(0, space);
  const facts = new Map<string, string>();
  if (!/^(?:[^=;]+=[^;]*;)+$/.test(head)) return { facts, rest: text };
  for (const fact of head.slice(0, -1).split(';')) {
    const equals = fact.indexOf('=');
    const key = fact.slice(0, equals).toLowerCase();
    if (!facts.has(key)) facts.set(key, fact.slice(equals + 1));
  }
  return { facts, rest: space === -1 ? '' : text.slice(space + 1) };
}

/** A time as RFC 3659 §2.3 writes it, UTC: `YYYYMMDDHHMMSS.sss`. `ms` since the epoch, years 0 to 9999. */
export function formatTime(ms: number): string {
  const date = new Date(Math.floor(ms));
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999))
    throw new TwinportError('invalid-argument', `${ms} is not a time that can be sent.`);
  return date.toISOString().replace(/[-:TZ]/g, '');
}

/**
 * What can be told of a file's size and time; undefined of what no fact can carry. Whoever may write in a directory can
 * give a file the year 10000, or a size beyond 2^53: that must not keep all others from being listed.
 */
export function tellable<T extends { readonly size?: number; readonly modified?: number }>(
  stat: T,
): Omit<T, 'size' | 'modified'> & { readonly size: number | undefined; readonly modified: number | undefined } {
  const { size, modified } = stat;
  const year = new Date(Math.floor(modified ?? NaN)).getUTCFullYear();
  return {
    ...stat,
    size: Number.isSafeInteger(size) ? size : undefined,
    modified: year >= 0 && year <= 9999 ? modified : undefined,
  };
}

/** Milliseconds since the epoch; finer fractions are cut. Undefined for what is no date (February 30th). */
export function parseTime(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  const exact = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  // RFC 3659 §2.3 allows second 60; a clock without leap seconds shows it as the next minute.
  if (!exact || hour > 23 || minute > 59 || second > 60) return undefined;
  return (
    date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
  );
}

export type EntryType = 'file' | 'dir' | 'cdir' | 'pdir' | 'other';

/** One line of a listing with facts. */
export interface FactEntry {
  readonly name: string;
  readonly type: EntryType;
  /** Bytes. */
  readonly size?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly modified?: number | undefined;
  readonly version?: string | undefined;
}

/**
 * One line of a listing with facts, ended by LF (RFC 3659 §7.2): `type=file;size=3;modify=…; name`.
 * A name that holds C0 or DEL cannot stand in a line: it is shown with `?` in their places, and the fact
 * `hexname` carries its bytes in hexadecimal.
 */
export function formatEntry(entry: FactEntry): Buffer {
  if (entry.name === '') throw new TwinportError('invalid-name', 'A listing cannot hold an empty name.');
  const shown = printable(entry.name);
  const facts = formatFacts({
    // RFC 3659 §7.5.1.5: what is neither file nor directory is the system's own affair.
    type: entry.type === 'other' ? 'OS.unix=other' : entry.type,
    size: entry.size,
    modify: entry.modified === undefined ? undefined : formatTime(entry.modified),
    version: entry.version,
    hexname: shown === entry.name ? undefined : encodeName(entry.name).toString('hex'),
  });
  return encodeName(`${facts} ${shown}\n`);
}

/** The entry of one line without its terminator; `protocol` on rubbish. The name is data: whether it is safe as a file name is for others to ask. */
export function parseEntry(line: Uint8Array): FactEntry {
  const text = decodeName(line);
  const { facts, rest } = parseFacts(text);
  const type = facts.get('type')?.toLowerCase();
  if (type === undefined || type === '' || rest === '' || /[\n\0]/.test(rest)) throw rubbish();
  const size = known(facts.get('size'), parseDecimal);
  const modified = known(facts.get('modify'), parseTime);
  const name = known(facts.get('hexname'), parseHexName) ?? rest;
  // A line that shows one name and means another would fool whoever reads it.
  if (printable(name) !== printable(rest)) throw rubbish();
  const version = facts.get('version');
  return {
    name,
    type: isEntryType(type) ? type : 'other',
    ...(size === undefined ? {} : { size }),
    ...(modified === undefined ? {} : { modified }),
    ...(version === undefined ? {} : { version }),
  };
}

function known<T>(value: string | undefined, parse: (text: string) => T | undefined): T | undefined {
  if (value === undefined) return undefined;
  const parsed = parse(value);
  if (parsed === undefined) throw rubbish();
  return parsed;
}

function parseHexName(hex: string): string | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(hex) ? decodeName(Buffer.from(hex, 'hex')) : undefined;
}

function isEntryType(type: string): type is EntryType {
  return type === 'file' || type === 'dir' || type === 'cdir' || type === 'pdir';
}

function rubbish(): TwinportError {
  return new TwinportError('protocol', 'The listing holds a line that cannot be understood.');
}
