import { constants } from 'node:fs';
import { errnoOf } from './errno';
import type { Io, Place } from './io';
import type { Dir } from './rooted';

/** The moment a part becomes the file. Both names are in `dir`, reached through it. */

/** What file systems without hard links answer to link(2): FAT, exFAT, some network and FUSE ones. */
const NO_LINKS = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EXDEV']);
const PLACEHOLDER = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Rejects EEXIST when `name` is taken and not to be replaced. */
export async function publish(io: Io, dir: Dir, part: string, name: string, replace: boolean): Promise<void> {
  if (replace) return io.rename(dir.at(part), dir.at(name));
  // Rename replaces silently and a check before it proves nothing; link refuses a name that is taken.
  try {
    await io.link(dir.at(part), dir.at(name));
  } catch (error) {
    if (!hasNoLinks(error)) throw error;
    return moveWithoutLinks(io, dir.at(part), dir.at(name));
  }
  await removed(io, dir.at(part));
}

export function hasNoLinks(error: unknown): boolean {
  return NO_LINKS.has(errnoOf(error) ?? '');
}

/**
 * The name is taken exclusively by an empty file first, and the other renamed over that. For a moment an
 * empty file can be seen, and it stays if we are killed just then: the best there is without links.
 */
export async function moveWithoutLinks(io: Io, from: Place, to: Place): Promise<void> {
  await io.close(await io.open(to, PLACEHOLDER, 0o666));
  try {
    await io.rename(from, to);
  } catch (error) {
    await removed(io, to);
    throw error;
  }
}

async function removed(io: Io, place: Place): Promise<void> {
  try {
    await io.unlink(place);
  } catch {
    // The file is there, whole. A part that keeps its second name is never written into (`Parts`).
  }
}
