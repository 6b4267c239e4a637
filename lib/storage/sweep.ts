import type { Dirent } from 'node:fs';
import { decodeName } from '../wire/names';
import { LIMITS } from '../options';
import type { Io } from './io';
import { parsePartName } from './partNames';
import type { Dir, Rooted } from './rooted';
import { judge, type PartTimes } from './scan';
import { walk, type Trail } from './walk';

/**
 * Removes the parts that may go, in every directory below the root: a write removes them beside what it writes, but
 * nobody may ever write there again. As deep as clients can write, and in one directory at a time, so that whoever waits for
 * the disk waits for little. Of more directories than `LIMITS` says, each has its turn: it answers where the next look
 * is to begin. Never rejects; stops when the signal is aborted.
 */
export async function sweep(
  io: Io,
  root: Rooted,
  times: PartTimes,
  { from, signal }: { readonly from?: Trail | undefined; readonly signal: AbortSignal },
): Promise<Trail | undefined> {
  let visited = 0;
  const goesOn = (): boolean => {
    visited += 1;
    return visited < LIMITS.sweepDirectories && !signal.aborted;
  };
  const visit = async (dir: Dir): Promise<readonly string[]> => {
    try {
      return await sweepOne(io, dir, times, signal);
    } catch {
      // Not ours to read, or closed.
      return [];
    }
  };
  try {
    const top = await root.directory('');
    try {
      return await walk(top, visit, { ...(from && { from }), goesOn });
    } finally {
      top.release();
    }
  } catch {
    // Closed, or a disk that fails: another time, from the beginning.
    return undefined;
  }
}

/** Sweeps one directory; answers the directories in it. */
async function sweepOne(io: Io, dir: Dir, times: PartTimes, signal: AbortSignal): Promise<readonly string[]> {
  const below: string[] = [];
  const listing = await io.opendir(dir.at('.'));
  try {
    await dir.confirm('.');
    while (!signal.aborted) {
      const entry = io.blocking ? listing.readSync() : await listing.read();
      if (entry === null) break;
      const name = decodeName(entry.name as unknown as Uint8Array);
      const part = parsePartName(name);
      if (part !== undefined) await judge(io, dir, name, part, times);
      // A listing of more is refused too: nobody is served there.
      else if (mayBeDirectory(entry) && below.length < LIMITS.listEntries) below.push(name);
    }
  } finally {
    listing.closeSync();
  }
  return below;
}

/** Some file systems do not say what an entry is: to enter it tells. */
function mayBeDirectory(entry: Dirent): boolean {
  if (entry.isDirectory()) return true;
  const known = entry.isFile() || entry.isSymbolicLink() || entry.isFIFO() || entry.isSocket();
  return !known && !entry.isCharacterDevice() && !entry.isBlockDevice();
}
