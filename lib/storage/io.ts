import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { encodeName, isUtf8Clean } from '../wire/names';

/**
 * The file system calls this folder makes, twice: on the calling thread, or on the thread pool. A
 * blocking call is eight times cheaper for a small file, and stops everything else while a disk or a dead
 * NFS server makes it wait; so one-shot programs and worker threads take the first, servers the second.
 *
 * Raw descriptors throughout: a FileHandle that is lost is closed by the garbage collector, with a warning
 * and at a moment of its choosing, and its reads cost twice as much.
 */

/** A path for the kernel: bytes where the name is not UTF-8. */
export type Place = string | Buffer;

/** Node would write U+FFFD for a byte that is not UTF-8, and so name another file. */
export function placeAt(path: string): Place {
  return isUtf8Clean(path) ? path : encodeName(path);
}

/** A value that may be there already. */
export type Soon<T> = T | Promise<T>;

export interface Io {
  /** Whether calls run on the calling thread. */
  readonly blocking: boolean;
  open(place: Place, flags: number, mode?: number): Soon<number>;
  lstat(place: Place): Soon<fs.BigIntStats>;
  /** Follows links. */
  stat(place: Place): Soon<fs.BigIntStats>;
  fstat(fd: number): Soon<fs.BigIntStats>;
  readlink(place: Place): Soon<Buffer>;
  realpath(place: Place): Soon<Buffer>;
  opendir(place: Place): Soon<fs.Dir>;
  /** One call each: what is read or written may be less than what was asked for. */
  read(fd: number, into: Uint8Array, position: number): Soon<number>;
  write(fd: number, chunks: readonly Uint8Array[], position: number | null): Soon<number>;
  rename(from: Place, to: Place): Soon<void>;
  link(from: Place, to: Place): Soon<void>;
  unlink(place: Place): Soon<void>;
  /** This one alone, and EEXIST where anything is, a link that leads nowhere too. */
  makeDirectory(place: Place): Soon<void>;
  /** ENOTEMPTY (or EEXIST) where there is something in it; ENOTDIR for a link to one. */
  rmdir(place: Place): Soon<void>;
  ftruncate(fd: number, length: number): Soon<void>;
  fchmod(fd: number, mode: number): Soon<void>;
  /** Milliseconds since the epoch, for both times. */
  futimes(fd: number, modified: number): Soon<void>;
  /** Returns once all of it is on disk: bytes, length, mode and times; of a directory, its names. */
  fsync(fd: number): Soon<void>;
  close(fd: number): Soon<void>;
  /** For what was not written to: nothing is flushed, so closing never waits. */
  closeNow(fd: number): void;
}

const BIG = { bigint: true } as const;
const BYTES = { encoding: 'buffer' } as const;
/**
 * Names as bytes (the types know only text encodings here; the call yields Buffers), and 256 of them for
 * each trip through the pool: the default of 32 makes large listings crawl.
 */
const DIRECTORY = { encoding: 'buffer' as BufferEncoding, bufferSize: 256 };

/**
 * libuv cuts off below the microsecond, and half of all milliseconds fall just short of one as a double. A number before 1970 is
 * taken for now by Node, a date is not.
 */
function timeOf(milliseconds: number): number | Date {
  return milliseconds < 0 ? new Date(milliseconds) : milliseconds / 1000 + 5e-7;
}

export const blockingIo: Io = {
  blocking: true,
  open: (place, flags, mode) => fs.openSync(place, flags, mode),
  lstat: (place) => fs.lstatSync(place, BIG),
  stat: (place) => fs.statSync(place, BIG),
  fstat: (fd) => fs.fstatSync(fd, BIG),
  readlink: (place) => fs.readlinkSync(place, BYTES),
  realpath: (place) => fs.realpathSync.native(place, BYTES),
  opendir: (place) => fs.opendirSync(place, DIRECTORY),
  read: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  write: (fd, chunks, position) => {
    const [only] = chunks;
    if (chunks.length === 1 && only !== undefined) return fs.writeSync(fd, only, 0, only.length, position);
    return fs.writevSync(fd, chunks, position ?? undefined);
  },
  rename: (from, to) => fs.renameSync(from, to),
  link: (from, to) => fs.linkSync(from, to),
  unlink: (place) => fs.unlinkSync(place),
  makeDirectory: (place) => void fs.mkdirSync(place),
  rmdir: (place) => fs.rmdirSync(place),
  ftruncate: (fd, length) => fs.ftruncateSync(fd, length),
  fchmod: (fd, mode) => fs.fchmodSync(fd, mode),
  futimes: (fd, modified) => fs.futimesSync(fd, timeOf(modified), timeOf(modified)),
  fsync: (fd) => fs.fsyncSync(fd),
  close: (fd) => fs.closeSync(fd),
  closeNow: (fd) => fs.closeSync(fd),
};

const open = promisify(fs.open);
const lstat = promisify(fs.lstat);
const stat = promisify(fs.stat);
const fstat = promisify(fs.fstat);
const readlink = promisify(fs.readlink);
const opendir = promisify(fs.opendir);
const rename = promisify(fs.rename);
const link = promisify(fs.link);
const unlink = promisify(fs.unlink);
const mkdir = promisify(fs.mkdir);
const rmdir = promisify(fs.rmdir);
const ftruncate = promisify(fs.ftruncate);
const fchmod = promisify(fs.fchmod);
const futimes = promisify(fs.futimes);
const fsync = promisify(fs.fsync);
const close = promisify(fs.close);

export const pooledIo: Io = {
  blocking: false,
  open: (place, flags, mode) => open(place, flags, mode),
  lstat: (place) => lstat(place, BIG),
  stat: (place) => stat(place, BIG),
  fstat: (fd) => fstat(fd, BIG),
  readlink: (place) => readlink(place, BYTES),
  realpath: (place) =>
    new Promise((resolve, reject) =>
      fs.realpath.native(place, BYTES, (error, real) => (error === null ? resolve(real) : reject(error))),
    ),
  opendir: (place) => opendir(place, DIRECTORY),
  // promisify would build an object per call ({ bytesRead, buffer }) on the hottest path there is.
  read: (fd, into, position) =>
    new Promise((resolve, reject) =>
      fs.read(fd, into, 0, into.length, position, (error, count) => (error === null ? resolve(count) : reject(error))),
    ),
  write: (fd, chunks, position) =>
    new Promise((resolve, reject) => {
      const done = (error: NodeJS.ErrnoException | null, count: number): void =>
        error === null ? resolve(count) : reject(error);
      const [only] = chunks;
      if (chunks.length === 1 && only !== undefined) fs.write(fd, only, 0, only.length, position, done);
      else fs.writev(fd, chunks, position as number, done);
    }),
  rename: (from, to) => rename(from, to),
  link: (from, to) => link(from, to),
  unlink: (place) => unlink(place),
  makeDirectory: (place) => mkdir(place),
  rmdir: (place) => rmdir(place),
  ftruncate: (fd, length) => ftruncate(fd, length),
  fchmod: (fd, mode) => fchmod(fd, mode),
  futimes: (fd, modified) => futimes(fd, timeOf(modified), timeOf(modified)),
  fsync: (fd) => fsync(fd),
  close: (fd) => close(fd),
  closeNow: (fd) => fs.closeSync(fd),
};
