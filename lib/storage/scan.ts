import { decodeName } from '../wire/names';
import { isHeld, isPast } from './holders';
import type { Io } from './io';
import { isAtRest, isKeyed, parsePartName, type PartName } from './partNames';
import type { Dir } from './rooted';
import { typeOf } from './stats';

/** Finding the parts in a directory: those left by a process that was killed, and those nobody wants any more. */

/** Entries looked at when nothing in particular is sought: writing one file must not read a million names. */
const SWEEP_ENTRIES = 4096;
/** Parts of other files asked about in one scan: a directory full of them is swept a little at each write. */
const SWEEP_PARTS = 256;

/** Time and lifetime in milliseconds. */
export interface PartTimes {
  readonly now: () => number;
  readonly lifetime: number;
}

export interface FoundPart {
  readonly name: string;
  readonly size: number;
  readonly held: boolean;
}

/**
 * Removes what has expired and what a dead process left that cannot be continued; answers the parts that
 * are `what`. With `thorough` the whole directory is read, else its beginning.
 */
export async function scan(
  io: Io,
  dir: Dir,
  what: string | undefined,
  times: PartTimes,
  thorough: boolean,
): Promise<FoundPart[]> {
  const found: FoundPart[] = [];
  for (const [name, part] of await partsIn(io, dir, what, thorough ? Infinity : SWEEP_ENTRIES)) {
    const left = await judge(io, dir, name, part, times);
    if (left !== undefined && part.what === what && !isAtRest(part)) found.push(left);
  }
  return found;
}

/** Removes the part if it may go, and answers it if it may not. */
export async function judge(
  io: Io,
  dir: Dir,
  name: string,
  part: PartName,
  { now, lifetime }: PartTimes,
): Promise<FoundPart | undefined> {
  try {
    const stats = await io.lstat(dir.at(name));
    const [modified, changed] = [Number(stats.mtimeMs), Number(stats.ctimeMs)];
    const time = { now: now(), lifetime };
    const held = isHeld(name, part, Math.max(modified, changed), time);
    const mayStay = held || (!isPast(modified, time) && isKeyed(part) && typeOf(stats) === 'file');
    if (mayStay) return { name, size: Number(stats.size), held };
    await io.unlink(dir.at(name));
  } catch {
    // Claimed or swept by somebody else meanwhile, or not ours to remove.
  }
  return undefined;
}

async function partsIn(io: Io, dir: Dir, what: string | undefined, entries: number): Promise<Map<string, PartName>> {
  const parts = new Map<string, PartName>();
  let listing;
  try {
    listing = await io.opendir(dir.at('.'));
  } catch {
    // A drop box one may write into and not read: nothing can be found there, nor need be.
    return parts;
  }
  try {
    for (let seen = 0; seen < entries; seen += 1) {
      const entry = io.blocking ? listing.readSync() : await listing.read();
      if (entry === null) break;
      const name = decodeName(entry.name as unknown as Uint8Array);
      const part = parsePartName(name);
      if (part !== undefined && (part.what === what || parts.size < SWEEP_PARTS)) parts.set(name, part);
    }
  } finally {
    listing.closeSync();
  }
  return parts;
}
