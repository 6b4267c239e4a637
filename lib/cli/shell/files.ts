import { constants, createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { TwinportError, type ErrorCode } from '../../errors';
import { decodeName, encodeName, escaped } from '../../wire/names';
import { EXIT } from '../exit';
import { ExitError } from '../failure';

/**
 * The files of the person at this machine that the shell looks at by itself: a batch, the names to complete, its own
 * history. Never a path that came over the wire; files that are transferred are the storage's affair.
 */

export interface LocalName {
  readonly name: string;
  readonly type: 'file' | 'dir';
}

/** Names held of one directory, as many as a server lists. Of more none is: a part of them would pass for the whole. */
const MOST_NAMES = 1_000_000;

/** The names in a directory, links taken for what they lead to. Rejects with one sentence. */
export async function namesIn(directory: string): Promise<readonly LocalName[]> {
  try {
    const names: LocalName[] = [];
    for await (const entry of await fs.opendir(encodeName(directory), { encoding: BYTES })) {
      if (names.length >= MOST_NAMES) throw unreadable('too-large', directory, `holds more than ${MOST_NAMES} names`);
      const raw = entry.name as unknown as Buffer;
      const type = entry.isSymbolicLink() ? await typeBehind(directory, raw) : entry.isDirectory() ? 'dir' : 'file';
      names.push({ name: decodeName(raw), type });
    }
    return names;
  } catch (error) {
    throw coded(error, directory);
  }
}

/** Node gives names as they are on disk when asked for this, and its types do not know of it. */
const BYTES = 'buffer' as string as BufferEncoding;

async function typeBehind(directory: string, name: Buffer): Promise<LocalName['type']> {
  try {
    const stats = await fs.stat(Buffer.concat([encodeName(`${directory}/`), name]));
    return stats.isDirectory() ? 'dir' : 'file';
  } catch {
    // It leads nowhere: a put will say so.
    return 'file';
  }
}

/** True where a put could mean it: something is there, or nobody may look, and it is no directory. */
export async function isFileHere(path: string): Promise<boolean> {
  try {
    return !(await fs.stat(encodeName(path))).isDirectory();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

/** What is typed into a shell: a file, a pipe, whatever can be read from its beginning. Rejects with one sentence. */
export async function openToRead(path: string): Promise<Readable> {
  try {
    // It would open, and fail at the first read only.
    const place = encodeName(path);
    if ((await fs.stat(place)).isDirectory()) throw unreadable('not-a-file', path, 'is a directory');
    const file = await fs.open(place, 'r');
    return createReadStream(path, { fd: file });
  } catch (error) {
    throw coded(error, path);
  }
}

/** The end of a regular file, at most so many bytes; empty where there is none. Rejects as Node does. */
export async function readEnd(path: string, most: number): Promise<Buffer> {
  const file = await openOwn(path, constants.O_RDONLY);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, most));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Directories that may be missing above the one wanted: `.local` and `state`. */
const MOST_MISSING = 2;

/**
 * Makes a directory, and the two above it. Not more: a home that is not there is not ours to make. Nor `recursive`,
 * which Node tries for ever where a parent is there and yet nothing can be made (/proc).
 */
async function makeBelow(directory: string, missing = MOST_MISSING): Promise<void> {
  try {
    await fs.mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || missing === 0) throw error;
    await makeBelow(dirname(directory), missing - 1);
    // Another shell may have been quicker.
    await makeBelow(directory, 0);
  }
}

/**
 * Adds to a file that nobody else may read, making it and its directory where they are not there; gives its size. One
 * write at the end: shells that run at the same time do not mix their lines. Rejects as Node does.
 */
export async function appendPrivately(path: string, directory: string, bytes: Uint8Array): Promise<number> {
  await makeBelow(directory);
  const file = await openOwn(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
  if (file === undefined) return 0;
  try {
    // It holds names that were nobody's business, whoever made it.
    if (((await file.stat()).mode & 0o077) !== 0) await file.chmod(0o600);
    await file.write(bytes);
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/**
 * Renames a file that has grown beyond `size` out of the way. Under a lock, or a second shell would put the new and
 * short file over the old and long one. A lock that a dead process left is taken over after a minute.
 */
export async function setAside(path: string, to: string, size: number): Promise<void> {
  const lock = `${path}.lock`;
  const taken = await fs.stat(lock).catch(() => undefined);
  if (taken !== undefined && Date.now() - taken.mtimeMs > 60_000) await fs.rm(lock, { force: true });
  await (await fs.open(lock, 'wx', 0o600)).close();
  try {
    if ((await fs.stat(path)).size > size) await fs.rename(path, to);
  } finally {
    await fs.rm(lock, { force: true });
  }
}

/** Undefined where it is no regular file: /dev/null is what people link their histories to. */
async function openOwn(path: string, flags: number): Promise<fs.FileHandle | undefined> {
  // Without O_NONBLOCK a FIFO of that name would hold the shell up for ever.
  const file = await fs.open(path, flags | constants.O_NONBLOCK, 0o600);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['not-found', 'is not there'],
  ENOTDIR: ['not-a-directory', 'is no directory'],
  EACCES: ['denied', 'may not be read'],
  EPERM: ['denied', 'may not be read'],
};

function coded(error: unknown, path: string): TwinportError {
  if (error instanceof TwinportError) return error;
  const name = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [code, what] = CODES[name] ?? (['io-error', `cannot be read (${name})`] as const);
  return unreadable(code, path, what);
}

function unreadable(code: ErrorCode, path: string, what: string): ExitError {
  return new ExitError(code, EXIT.localRead, `${escaped(path)} ${what}`);
}
