import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TwinportError } from '../errors';
import { localStorage } from './local';
import { placeOf } from './root';
import type { Source } from './storage';

/**
 * Opens a regular file by whatever path the user at this machine named: links are followed, there is no
 * root to stay under. Never for a path that came over the wire. Rejects `not-found`, `denied`, `not-a-file`.
 */
export async function openUserFile(path: string, options: { readonly blocking?: boolean } = {}): Promise<Source> {
  const place = await placeOf(path, 'read');
  const storage = await localStorage({ root: place.root, ...options });
  try {
    return await storage.read(place.path);
  } finally {
    await storage.close();
  }
}

/** Device and inode of the regular file of that name; undefined where there is none. Never rejects. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(() => undefined);
  return stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : undefined;
}

/** Can every user of this machine read it? Rejects `not-found`, `denied`. */
export function isReadableByOthers(path: string): Promise<boolean> {
  return hasMode(path, 0o004);
}

/** Can every user of this machine write into it? Rejects `not-found`, `denied`. */
export function isWritableByOthers(path: string): Promise<boolean> {
  return hasMode(path, 0o002);
}

async function hasMode(path: string, bits: number): Promise<boolean> {
  const place = await placeOf(path, 'read');
  const stats = await stat(join(place.root, place.path));
  // Whoever may write to /dev/null changes nothing.
  return process.platform !== 'win32' && stats.isFile() && (stats.mode & bits) !== 0;
}

/**
 * The whole of a small file, by the same rule: nothing is read of a larger one. Rejects as above, and `too-large`
 * beyond `most` bytes.
 */
export async function readUserFile(path: string, most: number): Promise<Uint8Array> {
  const file = await openUserFile(path);
  try {
    // One more than may be, as a file may grow after its size was told.
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    for (let read; length <= most && (read = await file.read(bytes.subarray(length), length)) > 0;) length += read;
    if (length > most) throw new TwinportError('too-large', `${path} has more than ${most} bytes`);
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
