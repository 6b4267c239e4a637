import type { ListEntry } from '../../index';
import { encodeName } from '../../wire/names';
import { nameBytes } from '../render';
import { humanSize } from './sizes';
import { localTime } from './times';

export interface ListingHow {
  /** What ends an entry. */
  readonly end: '\n' | '\0';
  /** `4.5K` instead of 4608. */
  readonly human: boolean;
  /** Names to the byte, whatever is in them: for programs, never for a terminal. */
  readonly raw?: boolean;
  /** A `/` behind the names of directories: for eyes, not for programs. */
  readonly slash: boolean;
}

/** The names alone; `raw` as above. */
export function* names(entries: Iterable<ListEntry>, end: '\n' | '\0', raw = false): Generator<Buffer> {
  const last = Buffer.from(end);
  for (const { name } of entries) {
    yield raw ? encodeName(name) : nameBytes(name);
    yield last;
  }
}

const SLASH = Buffer.from('/');
const UNKNOWN = '?';

/**
 * Type, size, time and name in columns, as `ls -l` has them: `- 82500 2026-11-20 14:30 textfile-large`. The type is
 * `-` for a file, `d` for a directory, `o` for anything else; what a server does not tell is `?`. The name comes last
 * and is not aligned with anything, so it may be as wide as it likes.
 */
export function* longListing(
  entries: readonly ListEntry[],
  { end, human, slash, raw = false }: ListingHow,
): Generator<Buffer> {
  const last = Buffer.from(end);
  let sizeWidth = 1;
  let timeWidth = 1;
  // Asked first, in one pass: a column is as wide as its widest.
  for (const entry of entries) {
    sizeWidth = Math.max(sizeWidth, sizeOf(entry, human).length);
    if (entry.modified !== undefined) timeWidth = TIME_WIDTH;
  }
  for (const entry of entries) {
    const size = sizeOf(entry, human).padStart(sizeWidth);
    const time = (entry.modified === undefined ? UNKNOWN : localTime(entry.modified)).padStart(timeWidth);
    yield Buffer.from(`${letterOf(entry)} ${size} ${time} `);
    yield raw ? encodeName(entry.name) : nameBytes(entry.name);
    if (slash && entry.type === 'dir') yield SLASH;
    yield last;
  }
}

const TIME_WIDTH = '2026-11-20 14:30'.length;
const LETTERS = { file: '-', dir: 'd', other: 'o' } as const;

function letterOf({ type }: ListEntry): string {
  return type === undefined ? UNKNOWN : LETTERS[type];
}

function sizeOf({ type, size }: ListEntry, human: boolean): string {
  // Of a directory it says how its file system keeps names, and nothing about what is in it.
  if (type === 'dir') return '-';
  if (size === undefined) return UNKNOWN;
  return human ? humanSize(size) : size.toString();
}

/** True when the server told nothing but names, though there was something to tell about. */
export function tellsNamesOnly(entries: readonly ListEntry[]): boolean {
  return entries.length > 0 && entries.every(({ type, size, modified }) => (type ?? size ?? modified) === undefined);
}
