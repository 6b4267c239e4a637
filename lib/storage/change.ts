import type { BigIntStats } from 'node:fs';
import type { TwinportError } from '../errors';
import { decodeName } from '../wire/names';
import { coded, coding, codedForWrite, errnoOf, shown } from './errno';
import type { Io, Place } from './io';
import { isPartName } from './partNames';
import { hasNoLinks, moveWithoutLinks } from './publish';
import { failure, intoItself, ONLY_PARTS } from './refusals';
import type { Dir } from './rooted';
import { isLink, typeOf } from './stats';

/**
 * Changes that move no bytes: of names in directories that were reached safely. A last name that is a symbolic link is
 * that link, never what it leads to; and nothing is ever replaced, also not what comes there at the last moment.
 */
export interface Spot {
  readonly dir: Dir;
  /** The last segment; `.` for the root. */
  readonly name: string;
  /** As the user gave it, for messages. */
  readonly path: string;
}

export async function makeDirectoryAt(io: Io, { dir, name, path }: Spot): Promise<void> {
  if (name === '.') throw failure('exists', path, 'exists already');
  refusePartName(name, path);
  await dir.confirm('.');
  await io.makeDirectory(dir.at(name));
}

/** A file, a link, or a directory with nothing in it. unlink(2) takes no directory and rmdir(2) nothing else. */
export async function removeAt(io: Io, spot: Spot): Promise<void> {
  const { dir, name, path } = spot;
  const stats = await present(io, spot);
  await dir.confirm(name, stats);
  if (typeOf(stats) !== 'dir') return io.unlink(dir.at(name));
  try {
    await io.rmdir(dir.at(name));
  } catch (error) {
    // POSIX allows either.
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    throw failure('not-empty', path, (await holdsOnlyParts(io, dir.at(name))) ? ONLY_PARTS : 'is not empty');
  }
}

export async function renameAt(io: Io, from: Spot, to: Spot): Promise<void> {
  const old = await coding(from.path, () => present(io, from));
  if (to.name === '.') throw failure('exists', to.path, 'exists already');
  refusePartName(to.name, to.path);
  await from.dir.confirm(from.name, old);
  await to.dir.confirm('.');
  if (typeOf(old) === 'dir') await moveDirectory(io, from, to);
  else await moveFile(io, from, to, old);
}

/** rename(2) replaces silently, and a check before it proves nothing; link(2) refuses a name that is taken. */
async function moveFile(io: Io, from: Spot, to: Spot, old: BigIntStats): Promise<void> {
  const [here, there] = [from.dir.at(from.name), to.dir.at(to.name)];
  // Elsewhere link(2) follows a link: out of the root, perhaps.
  const linkable = !isLink(old) || process.platform === 'linux';
  try {
    if (!linkable) return await moveWithoutLinks(io, here, there);
    await io.link(here, there);
  } catch (error) {
    if (!hasNoLinks(error) || !linkable) throw refused(error, from, to);
    return moveWithoutLinks(io, here, there).catch((again: unknown) => Promise.reject(refused(again, from, to)));
  }
  let left: BigIntStats;
  try {
    left = await io.lstat(here);
    // A put may have given the old name to another file meanwhile: that one stays.
    if (left.ino === old.ino && left.dev === old.dev) await io.unlink(here);
  } catch (error) {
    // Gone already.
    if (errnoOf(error) === 'ENOENT') return;
    // It may not leave where it was (a sticky directory): two names for one file were not asked for.
    await quietly(() => io.unlink(there));
    throw coded(error, from.path);
  }
}

/**
 * An empty directory of the new name is made first, which fails where the name is taken; rename(2) replaces an empty
 * directory by another, and fails once there is anything in it.
 */
async function moveDirectory(io: Io, from: Spot, to: Spot): Promise<void> {
  const [here, there] = [from.dir.at(from.name), to.dir.at(to.name)];
  // Windows never replaces a directory, and needs no room made.
  const room = process.platform !== 'win32';
  if (room) await coding(to.path, async () => io.makeDirectory(there), codedForWrite);
  try {
    await io.rename(here, there);
  } catch (error) {
    if (room) await quietly(() => io.rmdir(there));
    // The room that was made has become something else.
    if (errnoOf(error) === 'ENOTDIR') throw failure('exists', to.path, 'exists already');
    throw refused(error, from, to);
  }
}

function refused(error: unknown, from: Spot, to: Spot): TwinportError {
  switch (errnoOf(error)) {
    case 'EINVAL':
      return intoItself(from.path);
    case 'ENAMETOOLONG':
    case 'EILSEQ':
      return codedForWrite(error, to.path);
    case 'EXDEV':
      return failure('denied', from.path, `lies on another file system than ${shown(to.path)}`);
    case 'ENOTDIR':
      return coded(error, to.path);
    case 'EEXIST':
    case 'ENOTEMPTY':
      return failure('exists', to.path, 'exists already');
    case 'EISDIR':
      return failure('in-use', from.path, 'became something else meanwhile');
    default:
      return coded(error, from.path);
  }
}

/** What is there, and may be changed: no part, and nothing that no client can have put there. */
async function present(io: Io, { dir, name, path }: Spot): Promise<BigIntStats> {
  if (isPartName(name)) throw failure('not-found', path, 'was not found');
  const stats = await io.lstat(dir.at(name));
  if (typeOf(stats) === 'other' && !isLink(stats)) throw failure('not-a-file', path, 'is not a regular file');
  return stats;
}

/** Else a rename could plant what a later resume takes for its beginning. */
function refusePartName(name: string, path: string): void {
  if (isPartName(name)) throw failure('denied', path, 'is a name kept for parts of files');
}

async function holdsOnlyParts(io: Io, place: Place): Promise<boolean> {
  try {
    const listing = await io.opendir(place);
    try {
      for (let some = false; ; some = true) {
        const entry = io.blocking ? listing.readSync() : await listing.read();
        if (entry === null) return some;
        if (!isPartName(decodeName(entry.name as unknown as Uint8Array))) return false;
      }
    } finally {
      listing.closeSync();
    }
  } catch {
    // Not ours to read; or something else by now.
    return false;
  }
}

async function quietly(undo: () => unknown): Promise<void> {
  try {
    await undo();
  } catch {
    // It is somebody else's by now, or not ours to take back; why it is undone is what is told.
  }
}
