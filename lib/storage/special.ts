import { closeSync, constants, fstatSync, openSync, type BigIntStats } from 'node:fs';
import { TwinportError } from '../errors';
import { throwIfAborted } from './abort';
import { Descriptor } from './descriptor';
import { codedForWrite, errnoOf, shown } from './errno';
import { pooledIo, type Io, type Place, type Soon } from './io';
import { isClosed, type Dir } from './rooted';
import { typeOf } from './stats';
import type { Target } from './storage';

/**
 * What a user may name as the place for a file without meaning a file: /dev/null, a FIFO, /dev/stdout.
 * It is opened and written directly, links and all, as any program would; never on a server's behalf.
 */

const WRITE = constants.O_WRONLY | constants.O_NOCTTY;

/** What ends waiting for a reader: the storage that closes, and whoever writes has lost heart. */
interface Ends {
  readonly closing: AbortSignal;
  readonly signal?: AbortSignal | undefined;
}

/** Opens `name` when it leads to something that is neither file nor directory; undefined when it does not. */
export async function openSpecial(
  io: Io,
  dir: Dir,
  name: string,
  path: string,
  ends: Ends,
): Promise<SpecialTarget | undefined> {
  const place = dir.at(name);
  let stats: BigIntStats;
  try {
    stats = await io.stat(place);
  } catch (error) {
    // A link that leads nowhere, or round and round, is what it is: a name that is taken.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') return undefined;
    throw error;
  }
  if (typeOf(stats) !== 'other') return undefined;
  const fd = stats.isFIFO() ? await openFifo(place, stats, ends) : await pooledIo.open(place, WRITE);
  // On the pool always: a terminal or a pipe may stop taking bytes for as long as it likes.
  const file = new Descriptor(pooledIo, fd, path, true);
  if (typeOf(await file.stat()) === 'other') return new SpecialTarget(file, path);
  await file.close();
  throw new TwinportError('exists', `${shown(path)} exists already`);
}

/**
 * Opening a FIFO waits for its reader, in a thread that nothing can interrupt and that a process which
 * exits waits for. So when nobody wants it any more, we become the reader for a moment.
 */
async function openFifo(place: Place, waited: BigIntStats, { closing, signal }: Ends): Promise<number> {
  const end = signal === undefined ? closing : AbortSignal.any([closing, signal]);
  const refuse = (): never => {
    throwIfAborted(signal);
    throw isClosed();
  };
  if (end.aborted) refuse();
  let reader: number | undefined;
  let unblock!: () => void;
  const given = new Promise<undefined>((resolve) => {
    unblock = (): void => {
      try {
        reader = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK);
        const { dev, ino } = fstatSync(reader, { bigint: true });
        if (dev === waited.dev && ino === waited.ino) return;
      } catch {
        // Told below.
      }
      // Taken away meanwhile, or not ours to read: the thread is left to whoever reads it after all, and to a signal.
      resolve(undefined);
    };
  });
  end.addEventListener('abort', unblock, { once: true });
  const opening = Promise.resolve(pooledIo.open(place, WRITE));
  try {
    const fd = await Promise.race([opening, given]);
    if (fd === undefined) void opening.then(closeSync, () => undefined);
    else if (end.aborted) closeSync(fd);
    else return fd;
    return refuse();
  } finally {
    end.removeEventListener('abort', unblock);
    if (reader !== undefined) closeSync(reader);
  }
}

class SpecialTarget implements Target {
  readonly offset = 0;
  readonly #file: Descriptor;
  readonly #path: string;
  #length = 0;
  #ended = false;

  constructor(file: Descriptor, path: string) {
    this.#file = file;
    this.#path = path;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    if (position !== this.#length) {
      throw new TwinportError('unsupported', `${shown(this.#path)} can only be written from beginning to end`);
    }
    await this.#file.write(chunks, null);
    this.#length += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  read(): Soon<number> {
    throw new TwinportError('unsupported', `${shown(this.#path)} cannot be read back`);
  }

  async commit(length: number): Promise<void> {
    if (this.#ended) throw new TwinportError('io-error', `${shown(this.#path)} has been closed`);
    this.#ended = true;
    if (length !== this.#length) {
      await this.#file.close();
      const sentence = `${shown(this.#path)} was given ${this.#length} bytes where ${length} were expected`;
      throw new TwinportError('io-error', sentence);
    }
    try {
      await this.#file.finish();
    } catch (error) {
      throw codedForWrite(error, this.#path);
    }
  }

  async keep(): Promise<void> {
    await this.discard();
  }

  async discard(): Promise<void> {
    this.#ended = true;
    await this.#file.close();
  }
}
