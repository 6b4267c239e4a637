import type { Dirent } from 'node:fs';
import { decodeName } from '../wire/names';
import { LIMITS } from '../options';
import type { Io } from './io';
import { parsePartName } from './partNames';
import type { Dir, Rooted } from './rooted';
import { judge, type PartTimes } from './scan';

/**
 * Removes the parts that may go, in every directory below the root: a write removes them beside what it writes, but
 * nobody may ever write there again. Links are not followed. It goes as deep as lists do, and reads one directory at a
 * time, so that whoever waits for the disk waits for little. Never rejects; stops when the signal is aborted.
 */
export async function sweep(io: Io, root: Rooted, times: PartTimes, signal: AbortSignal): Promise<void> {
  const pending: Place[] = [{ path: '', depth: 0 }];
  for (let visited = 0; visited < LIMITS.sweepDirectories; visited += 1) {
    const place = pending.pop();
    if (place === undefined || signal.aborted) return;
    try {
      const dir = await root.directory(place.path);
      try {
        // What is not visited now has its turn another time; what nobody can name in a request is in no list either.
        for (const name of await sweepOne(io, dir, times, signal)) {
          if (place.depth >= LIMITS.listDepth || pending.length >= LIMITS.sweepDirectories) break;
          pending.push({ path: place.path === '' ? name : `${place.path}/${name}`, depth: place.depth + 1 });
        }
      } finally {
        dir.release();
      }
    } catch {
      // Gone, or not ours to read, or closed.
    }
  }
}

interface Place {
  readonly path: string;
  readonly depth: number;
}

/** Sweeps one directory; answers the directories in it. */
async function sweepOne(io: Io, dir: Dir, times: PartTimes, signal: AbortSignal): Promise<string[]> {
  const below: string[] = [];
  const listing = await io.opendir(dir.at('.'));
  try {
    while (!signal.aborted) {
      const entry = io.blocking ? listing.readSync() : await listing.read();
      if (entry === null) break;
      const name = decodeName(entry.name as unknown as Uint8Array);
      const part = parsePartName(name);
      if (part !== undefined) await judge(io, dir, name, part, times);
      else if (mayBeDirectory(entry) && below.length < LIMITS.sweepDirectories) below.push(name);
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
