import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as nodePath from 'node:path';
import { isTwinportError, TwinportError } from '../errors';
import { coding, errnoOf, shown } from './errno';
import { placeAt, pooledIo } from './io';
import { withLockFile, type Waiting } from './lockFile';
import { decodeName } from '../wire/names';

/** A file of secrets, and whom the system lets at it. */
export interface PrivateFile {
  readonly bytes: Uint8Array;
  /** Others than its owner may write it: its group, or everybody. */
  readonly othersWrite: boolean;
  /** Everybody may read it. */
  readonly everybodyReads: boolean;
  /** Its group may, or everybody. */
  readonly othersRead: boolean;
}

/** What comes out of a pipe; closes the descriptor, however it ends. */
export type PipeReader = (fd: number) => Promise<Uint8Array>;

/**
 * The whole of a small file of secrets, by whatever path the user at this machine named. Asked and read through one
 * descriptor: what is told of it is of what was read. A pipe is none, where nobody reads it. Rejects `not-found`, `denied`,
 * `not-a-file`, `too-large`.
 */
export async function readPrivateFile(path: string, most: number, readPipe?: PipeReader): Promise<PrivateFile> {
  return coding(path, async () => {
    // A FIFO without a writer must not hold us for ever.
    const fd = await pooledIo.open(placeAt(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { isPipe, mode } = await typeAndMode(fd, path, readPipe !== undefined).catch((error: unknown) => {
      pooledIo.closeNow(fd);
      throw error;
    });
    const bytes = isPipe && readPipe !== undefined ? await readPipe(fd) : await whole(fd, path, most);
    return {
      bytes,
      othersWrite: (mode & 0o022) !== 0,
      othersRead: (mode & 0o044) !== 0,
      everybodyReads: (mode & 0o004) !== 0,
    };
  });
}

async function typeAndMode(fd: number, path: string, pipes: boolean): Promise<{ isPipe: boolean; mode: number }> {
  const stats = await pooledIo.fstat(fd);
  const isPipe = stats.isFIFO();
  if (!stats.isFile() && !(isPipe && pipes)) {
    throw new TwinportError(
      'not-a-file',
      `${shown(path)} is ${pipes ? 'neither a file nor a pipe' : 'not a regular file'}`,
    );
  }
  // Where there are no such modes (Windows), nothing can be told from them.
  return { isPipe, mode: process.platform === 'win32' ? 0o600 : Number(stats.mode) };
}

async function whole(fd: number, path: string, most: number): Promise<Uint8Array> {
  try {
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    for (let read; length <= most; length += read) {
      read = await pooledIo.read(fd, bytes.subarray(length), length);
      if (read === 0) break;
    }
    if (length > most) throw new TwinportError('too-large', `${shown(path)} has more than ${most} bytes`);
    return bytes.subarray(0, length);
  } finally {
    pooledIo.closeNow(fd);
  }
}

/**
 * Changes a file of secrets, whole or not at all, and it is on disk when this resolves: `change` is given what is there,
 * undefined where nothing is, and answers what is to be, or undefined to leave it. Of two changes at once the second is given what the first has made.
 * Nobody but its owner may read it, or its group where that, and no one else, might before: a server that is not its owner
 * reads it so. Rejects as `readPrivateFile` and `withLockFile`, and with whatever `change` throws.
 */
export async function changePrivateFile(
  path: string,
  most: number,
  waiting: Waiting,
  change: (old: PrivateFile | undefined) => Uint8Array | undefined,
): Promise<void> {
  // A link to it stays one; and whatever leads to it, it has one lock.
  const target = await realPath(path);
  await withLockFile(`${target}.lock`, waiting, async () => {
    const old = await readPrivateFile(target, most).catch((error: unknown) => {
      if (isTwinportError(error, 'not-found')) return undefined;
      throw error;
    });
    const bytes = change(old);
    if (bytes !== undefined) await coding(path, () => replace(target, bytes));
  });
}

/** Without links; of what is not there yet, where it would be made. Rejects `not-found` where its directory is not there. */
export async function realPath(path: string): Promise<string> {
  const full = nodePath.resolve(path);
  const real = async (of: string): Promise<string> => decodeName(await fs.realpath(placeAt(of), 'buffer'));
  return coding(path, async () => {
    try {
      return await real(full);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    const directory = nodePath.dirname(full);
    const parent = await coding(directory, () => real(directory)).catch((failure: unknown) => {
      if (!isTwinportError(failure, 'not-found')) throw failure;
      throw new TwinportError('not-found', `the directory ${shown(directory)} was not found`, { cause: failure });
    });
    return nodePath.join(parent, nodePath.basename(full));
  });
}

/** By who has its lock. */
async function replace(target: string, bytes: Uint8Array): Promise<void> {
  const old = await fs.stat(placeAt(target)).catch(() => undefined);
  const beside = placeAt(`${target}.new`);
  // Who was killed over it has left his.
  await fs.unlink(beside).catch(() => undefined);
  // Made by nobody else, and no link: `wx`.
  const file = await fs.open(beside, 'wx', 0o600);
  try {
    try {
      await file.writeFile(bytes);
      if (old !== undefined) {
        // Root, who changes it, must not take it from the server's user. Who is not root cannot give it away.
        if (process.geteuid?.() === 0) await file.chown(old.uid, old.gid);
        await file.chmod((old.mode & 0o077) === 0o040 ? 0o640 : 0o600);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(beside, placeAt(target));
  } catch (error) {
    await fs.unlink(beside).catch(() => undefined);
    throw error;
  }
}
