import { constants, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { isTwinportError, TwinportError } from '../errors';
import { LIMITS } from '../options';
import { throwIfAborted } from './abort';
import { makeDirectoryAt, removeAt, renameAt, type Spot } from './change';
import { Descriptor } from './descriptor';
import { durably } from './durable';
import { codedForWrite, coding, errnoOf, shown } from './errno';
import { blockingIo, placeAt, pooledIo, type Io } from './io';
import { Listing } from './listing';
import { isPartName } from './partNames';
import { Parts } from './parts';
import { failure, refuseRoot } from './refusals';
import { openRoot, openWithin } from './root';
import { LINK, type Dir, type Rooted } from './rooted';
import { LocalSource } from './source';
import { openSpecial } from './special';
import { isLink, permissionsOf, toStat, typeOf } from './stats';
import type { Entry, Source, Stat, Storage, StorageFeatures, Target, Weight, WriteOptions } from './storage';
import { LocalTarget, refuseSpecial } from './target';
import { inTurn } from './turns';
import { measureAt, weighAt } from './weight';

export interface LocalStorageOptions {
  /** The directory; links in this path are followed. */
  readonly root: string;
  /** Default false: `write` is `denied`. */
  readonly writable?: boolean;
  /** Make the directory, should it not exist. Default false: `not-found`. */
  readonly create?: boolean;
  /**
   * Make file system calls on the calling thread: several times cheaper each, and nothing else runs
   * meanwhile. For one-shot programs and worker threads. Default false.
   */
  readonly blocking?: boolean;
  /**
   * A write to what is neither file nor directory (/dev/null, a FIFO, /dev/stdout, links to them) writes
   * into it, as a user at their own machine means it. Default false: `exists`.
   */
  readonly specialFiles?: boolean;
  /**
   * A commit, and a directory made, returns once file and name are on disk, and so outlives a power loss. It costs a
   * trip to the disk each time. Default false: it outlives our end, and the system writes it when it likes.
   */
  readonly fsync?: boolean;
  /** How long a kept part is kept, milliseconds. Default 24 hours. */
  readonly partLifetime?: number;
  /** Milliseconds since the epoch. Default Date.now. */
  readonly now?: () => number;
  /** Work in directories by handle where the system can. Default true; false is for trying the other way. */
  readonly handles?: boolean;
}

export interface LocalStorage extends Storage {
  /**
   * Removes kept parts that have expired, and what dead processes left that cannot be continued, in every directory (as
   * far as `LIMITS` goes); a write does so in its own directory alone. Never a part that a running process of this
   * machine writes. Never rejects. Ends early when the signal is aborted, or with `close`; nothing where it is read-only.
   */
  sweep(signal?: AbortSignal): Promise<void>;
  /** Takes no more requests; what is open stays usable until it ends. Safe to call twice. */
  close(): Promise<void>;
}

/** O_NONBLOCK: a FIFO without a writer, or a device, must not hold a thread for ever. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * The files under one directory, and nothing else. Rejects `not-found`, `not-a-directory`, `denied`.
 * `io` is for specs that make the file system misbehave.
 */
export async function localStorage(options: LocalStorageOptions, io = ioFor(options)): Promise<LocalStorage> {
  if (options.create === true) {
    await coding(options.root, () => makeWithParents(io, options.root)).catch((error: unknown) => {
      // What is there instead of a directory is told by opening it.
      if (!isTwinportError(error, 'exists')) throw error;
    });
  }
  const rooted = await coding(options.root, () => openRoot(io, options.root, options.handles ?? true));
  return new LocalFiles(io, rooted, options);
}

/**
 * Makes a directory, and what is missing above it; EEXIST where anything is there. Not `recursive`, which Node tries
 * for ever where all above it is there and yet nothing can be made (/proc): here each is tried twice.
 */
async function makeWithParents(io: Io, path: string): Promise<void> {
  try {
    return await io.makeDirectory(placeAt(path));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const above = dirname(path);
  if (above !== path) {
    await makeWithParents(io, above).catch((error: unknown) => {
      // Somebody else was quicker, or it is the one above that takes no directories.
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  }
  try {
    await io.makeDirectory(placeAt(path));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new TwinportError('not-found', `${shown(path)} cannot be made: nothing can be made there`, { cause: error });
  }
}

function ioFor({ blocking = false }: LocalStorageOptions): Io {
  return blocking ? blockingIo : pooledIo;
}

class LocalFiles implements LocalStorage {
  readonly features: StorageFeatures;
  readonly #io: Io;
  readonly #rooted: Rooted;
  readonly #now: () => number;
  readonly #parts: Parts;
  readonly #specialFiles: boolean;
  readonly #fsync: boolean;
  readonly #options: LocalStorageOptions;
  readonly #closing = new AbortController();

  constructor(io: Io, rooted: Rooted, options: LocalStorageOptions) {
    this.#options = options;
    this.features = { write: options.writable ?? false, resume: true };
    this.#io = io;
    this.#rooted = rooted;
    this.#now = options.now ?? Date.now;
    this.#parts = new Parts(io, { now: this.#now, lifetime: options.partLifetime ?? LIMITS.partLifetime });
    this.#specialFiles = options.specialFiles ?? false;
    this.#fsync = options.fsync ?? false;
  }

  async stat(path: string, signal?: AbortSignal): Promise<Stat> {
    throwIfAborted(signal);
    return coding(path, () =>
      this.#rooted.visit<Stat>(path, async (dir, name) => {
        if (isPartName(name)) throw notFound(path);
        const stats = await this.#io.lstat(dir.at(name));
        return isLink(stats) ? LINK : toStat(stats, this.#now());
      }),
    );
  }

  async list(path: string, { facts }: { facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>> {
    throwIfAborted(signal);
    return coding(path, async () => {
      const dir = await this.#rooted.directory(path);
      try {
        const open = await this.#io.opendir(dir.at('.'));
        try {
          await dir.confirm('.');
          // A root that is held open outlives its removal, or its disk, as an empty directory: a mirror would delete everything.
          if (path === '' && (await this.#io.lstat(dir.at('.'))).nlink === 0n) throw notFound(path);
          throwIfAborted(signal);
        } catch (error) {
          open.closeSync();
          throw error;
        }
        const follow = (link: string): Promise<Stat> => this.stat(link);
        return new Listing(this.#io, { path, dir, open, facts, now: this.#now, follow }, signal);
      } finally {
        dir.release();
      }
    });
  }

  async read(path: string): Promise<Source> {
    return coding(path, () => this.#rooted.visit<Source>(path, (dir, name) => this.#open(dir, name, path)));
  }

  async write(path: string, { replace, key, offset = 0, signal }: WriteOptions): Promise<Target> {
    this.#assertWritable(path);
    const work = async (): Promise<Target> => {
      const { dir, name } = await this.#rooted.parent(path);
      try {
        if (name === '.') throw new TwinportError('not-a-file', `${shown(path)} is a directory`);
        // Else a put could plant what a later resume takes for its beginning.
        if (isPartName(name)) throw new TwinportError('denied', `${shown(path)} is a name kept for parts of files`);
        const old = await this.#existing(dir, name);
        if (old !== undefined) {
          if (this.#specialFiles && typeOf(old) === 'other') {
            const special = await openSpecial(this.#io, dir, name, path, { closing: this.#closing.signal, signal });
            if (special !== undefined && offset === 0) return special;
            await special?.discard();
            if (special !== undefined) throw new TwinportError('cannot-resume', `${shown(path)} is not a regular file`);
          }
          refuseSpecial(old, path);
          if (!replace) throw new TwinportError('exists', `${shown(path)} exists already`);
        }
        // What replaces a private file is private from its first byte.
        const mode = old === undefined || isLink(old) ? 0o666 : permissionsOf(old) | 0o600;
        const part = await this.#parts.open(dir, { name, path, key, offset, mode });
        return new LocalTarget(this.#io, part, offset, { name, path, replace, fsync: this.#fsync });
      } finally {
        dir.release();
      }
    };
    return coding(path, work, codedForWrite);
  }

  async partLength(path: string, key: string): Promise<number> {
    if (!this.features.write) return 0;
    try {
      return await coding(path, async () => {
        const { dir, name } = await this.#rooted.parent(path);
        try {
          return await this.#parts.length(dir, name, key);
        } finally {
          dir.release();
        }
      });
    } catch (error) {
      // No directory, no part.
      if (error instanceof TwinportError && (error.code === 'not-found' || error.code === 'not-a-directory')) return 0;
      throw error;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    this.#assertWritable(path);
    const make = (spot: Spot): Promise<void> => makeDirectoryAt(this.#io, spot);
    // A file in it is on disk only where it is itself.
    const work = (spot: Spot): Promise<void> =>
      this.#fsync ? durably(this.#io, spot.dir, () => make(spot)) : make(spot);
    return coding(path, () => this.#at(path, work), codedForWrite);
  }

  async remove(path: string): Promise<void> {
    this.#assertWritable(path);
    refuseRoot(path, 'removed');
    return coding(path, () => this.#at(path, (spot) => inTurn([spot], () => removeAt(this.#io, spot))));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#assertWritable(from);
    refuseRoot(from, 'renamed');
    const move = (old: Spot, name: Spot): Promise<void> => inTurn([old, name], () => renameAt(this.#io, old, name));
    return coding(from, () => this.#at(from, (old) => this.#at(to, (name) => move(old, name))));
  }

  async within(path: string): Promise<LocalStorage> {
    const rooted = await coding(path, async () => {
      const dir = await this.#rooted.directory(path);
      try {
        return await openWithin(this.#io, dir, path, this.#options.handles ?? true);
      } finally {
        dir.release();
      }
    });
    return new LocalFiles(this.#io, rooted, this.#options);
  }

  async real(path: string, follow: boolean): Promise<string> {
    return coding(path, () =>
      this.#rooted.visit<string>(path, async (dir, name, above) => {
        if (name === '.') return above.join('/');
        if (follow && isLink(await this.#io.lstat(dir.at(name)))) return LINK;
        return [...above, name].join('/');
      }),
    );
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    if (!this.features.write) return;
    const { signal: closing } = this.#closing;
    await this.#parts.sweep(this.#rooted, signal === undefined ? closing : AbortSignal.any([signal, closing]));
  }

  async weigh(path: string): Promise<Weight> {
    return coding(path, async () => {
      const { dir, name } = await this.#rooted.parent(path);
      try {
        return await weighAt(this.#io, dir, name);
      } finally {
        dir.release();
      }
    });
  }

  async measure(path: string, most: number): Promise<Weight> {
    return coding(path, async () => {
      const top = await this.#rooted.directory(path);
      try {
        return await measureAt(this.#io, top, most, this.#closing.signal);
      } finally {
        top.release();
      }
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#rooted.close();
  }

  #assertWritable(path: string): void {
    if (!this.features.write) throw new TwinportError('denied', `${shown(path)}: this storage is read-only`);
  }

  /** The name, not what a link of that name leads to. */
  async #at(path: string, work: (spot: Spot) => Promise<void>): Promise<void> {
    const { dir, name } = await coding(path, () => this.#rooted.parent(path));
    try {
      await work({ dir, name, path });
    } finally {
      dir.release();
    }
  }

  async #open(dir: Dir, name: string, path: string): Promise<Source | typeof LINK> {
    if (isPartName(name)) throw notFound(path);
    // To open is to act: a program that waits to write into a FIFO would write for us, and lose it; some devices begin at that
    // (a watchdog, a tape). What is swapped in behind this look is the deed of who may write here anyway.
    const looked = await this.#io.lstat(dir.at(name));
    if (isLink(looked)) return LINK;
    refuseUnlessFile(looked, path);
    let fd: number;
    try {
      fd = await this.#io.open(dir.at(name), READ);
    } catch (error) {
      if (errnoOf(error) === 'ELOOP') return LINK;
      throw error;
    }
    const file = new Descriptor(this.#io, fd, path, false);
    try {
      // On this thread always: what was just opened has its facts in memory.
      const stats = await file.use((open) => blockingIo.fstat(open));
      refuseUnlessFile(stats, path);
      await dir.confirm(name, stats);
      return new LocalSource(file, path, stats, this.#now);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #existing(dir: Dir, name: string): Promise<Awaited<ReturnType<Io['lstat']>> | undefined> {
    try {
      return await this.#io.lstat(dir.at(name));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function refuseUnlessFile(stats: BigIntStats, path: string): void {
  const type = typeOf(stats);
  if (type === 'file') return;
  throw failure('not-a-file', path, type === 'dir' ? 'is a directory' : 'is not a regular file');
}

function notFound(path: string): TwinportError {
  return new TwinportError('not-found', `${shown(path)} was not found`);
}
