import * as fs from 'node:fs/promises';
import * as nodePath from 'node:path';
import { TwinportError } from '../errors';
import { coding, shown } from './errno';
import { placeAt } from './io';

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

/**
 * The whole of a small file of secrets, by whatever path the user at this machine named. Asked and read through one
 * descriptor: what is told of it is of what was read. Rejects `not-found`, `denied`, `not-a-file`, `too-large`.
 */
export async function readPrivateFile(path: string, most: number): Promise<PrivateFile> {
  return coding(path, async () => {
    // A FIFO without a writer must not hold us for ever.
    const file = await fs.open(placeAt(path), fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new TwinportError('not-a-file', `${shown(path)} is not a regular file`);
      const bytes = Buffer.alloc(most + 1);
      let length = 0;
      for (let read; length <= most; length += read) {
        read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
        if (read === 0) break;
      }
      if (length > most) throw new TwinportError('too-large', `${shown(path)} has more than ${most} bytes`);
      // Where there are no such modes (Windows), nothing can be told from them.
      const mode = process.platform === 'win32' ? 0o600 : stats.mode;
      return {
        bytes: bytes.subarray(0, length),
        othersWrite: (mode & 0o022) !== 0,
        othersRead: (mode & 0o044) !== 0,
        everybodyReads: (mode & 0o004) !== 0,
      };
    } finally {
      await file.close();
    }
  });
}

/**
 * Writes a file of secrets, whole or not at all, and on disk when it resolves. Nobody but its owner may read it, or its
 * group where that, and no one else, might before: a server that is not its owner reads it so.
 */
export async function writePrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  return coding(path, async () => {
    // A link to it stays one.
    const target = await fs.realpath(placeAt(path), 'buffer').catch(() => placeAt(nodePath.resolve(path)));
    const old = await fs.stat(target).catch(() => undefined);
    if (old !== undefined && !old.isFile())
      throw new TwinportError('not-a-file', `${shown(path)} is not a regular file`);
    const beside = Buffer.concat([Buffer.from(target), Buffer.from(`.new-${process.pid}`)]);
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
      await fs.rename(beside, target);
    } catch (error) {
      await fs.unlink(beside).catch(() => undefined);
      throw error;
    }
  });
}
