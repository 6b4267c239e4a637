import { TwinportError, type ErrorCode } from '../errors';
import { escaped } from '../wire/names';

/**
 * What the operating system said, as one of our codes and a sentence that names the file as the user gave
 * it: never the served root, never a part's name, which are nobody's business at the other end of a wire.
 */

type Row = readonly [code: ErrorCode, sentence: (name: string) => string];

const notFound: Row = ['not-found', (name) => `${name} was not found`];
const denied: Row = ['denied', (name) => `${name}: permission denied`];
const noSpace: Row = ['no-space', (name) => `no space left for ${name}`];
const inUse: Row = ['in-use', (name) => `${name} is in use`];
const notOrdinary: Row = ['not-a-file', (name) => `${name} is not a regular file`];
const unsupported: Row = ['unsupported', (name) => `${name}: the file system cannot do this`];

const ROWS: Readonly<Record<string, Row>> = {
  ENOENT: notFound,
  // A name no file system takes names nothing. (A write says `denied`: see `codedForWrite`.)
  ENAMETOOLONG: notFound,
  ERR_INVALID_ARG_VALUE: notFound,
  EACCES: denied,
  EPERM: denied,
  EROFS: ['denied', (name) => `${name}: the file system is read-only`],
  EEXIST: ['exists', (name) => `${name} exists already`],
  ENOTEMPTY: ['exists', (name) => `${name} exists already`],
  EISDIR: ['not-a-file', (name) => `${name} is a directory`],
  ENOTDIR: ['not-a-directory', (name) => `${name} is not a directory, or lies under something that is none`],
  // A socket, a FIFO without a reader, a device without a driver.
  ENXIO: notOrdinary,
  ENODEV: notOrdinary,
  // Links are followed by us, at most 40 of them; when the kernel complains, something was swapped.
  ELOOP: ['denied', (name) => `${name}: too many symbolic links`],
  ENOSPC: noSpace,
  EDQUOT: ['no-space', (name) => `the disk quota has no room for ${name}`],
  EFBIG: ['too-large', (name) => `${name} is larger than the file system or a limit allows`],
  EBUSY: inUse,
  ETXTBSY: inUse,
  // Mandatory leases (another program holds the file): O_NONBLOCK makes this an error instead of a wait.
  EAGAIN: inUse,
  ENOTSUP: unsupported,
  EOPNOTSUPP: unsupported,
  ENOSYS: unsupported,
  EPIPE: ['io-error', (name) => `nobody reads ${name} any more`],
  EMFILE: ['io-error', (name) => `too many open files to open ${name}`],
  ENFILE: ['io-error', (name) => `too many open files to open ${name}`],
};

/** The errno name of whatever was thrown (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** The error as ours; one that is ours already stays what it is. `path` is what the user asked for. */
export function coded(error: unknown, path: string): TwinportError {
  if (error instanceof TwinportError) return error;
  const errno = errnoOf(error);
  const name = shown(path);
  const row = errno === undefined ? undefined : ROWS[errno];
  if (row !== undefined) return new TwinportError(row[0], row[1](name), { cause: error });
  return new TwinportError('io-error', `input/output error on ${name}${errno === undefined ? '' : ` (${errno})`}`, {
    cause: error,
  });
}

/** As `coded`, for a name that is to be made: one that cannot be made is refused, not missing. */
export function codedForWrite(error: unknown, path: string): TwinportError {
  const errno = errnoOf(error);
  if (errno === 'ENAMETOOLONG' || errno === 'EILSEQ' || errno === 'EINVAL' || errno === 'ERR_INVALID_ARG_VALUE') {
    return new TwinportError('denied', `${shown(path)} is no name this file system takes`, { cause: error });
  }
  // Opening something for writing that is busy answers EAGAIN only for a pipe set not to block.
  if (errno === 'EAGAIN')
    return new TwinportError('io-error', `${shown(path)} takes no more bytes now`, { cause: error });
  return coded(error, path);
}

/** Runs `work`; what it throws leaves as one of ours. */
export async function coding<T>(path: string, work: () => T | Promise<T>, as = coded): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw as(error, path);
  }
}

/** A path in quotes, safe to show: names come from peers and disks, and may hold what drives a terminal. */
export function shown(path: string): string {
  return `"${path === '' ? '.' : escaped(path)}"`;
}
