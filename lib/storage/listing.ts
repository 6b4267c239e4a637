import type { Dir as NodeDir, Dirent } from 'node:fs';
import { decodeName } from '../wire/names';
import { throwIfAborted } from './abort';
import { coded } from './errno';
import type { Io } from './io';
import { isPartName } from './partNames';
import type { Dir } from './rooted';
import { isLink, toStat } from './stats';
import type { Entry, FileType, Stat } from './storage';

/** Entries asked about at once through the pool: enough to keep its four threads busy. */
const BATCH = 32;

export interface ListingPlace {
  /** The directory's path, normalised. */
  readonly path: string;
  readonly dir: Dir;
  readonly open: NodeDir;
  readonly facts: boolean;
  readonly now: () => number;
  /** The facts of what a link in this directory leads to, within the root. */
  readonly follow: (path: string) => Promise<Stat>;
}

/**
 * The entries of an open directory. Closed at its end, by `return` (leaving a `for await` early calls it)
 * and by the signal; written by hand, because a generator that was never started skips its `finally`.
 */
export class Listing implements AsyncIterableIterator<Entry> {
  readonly #io: Io;
  readonly #place: ListingPlace;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted = (): void => void this.#close();
  #ready: Entry[] = [];
  #busy = false;
  #closed = false;

  constructor(io: Io, place: ListingPlace, signal: AbortSignal | undefined) {
    this.#io = io;
    this.#place = { ...place, dir: place.dir.hold() };
    this.#signal = signal;
    signal?.addEventListener('abort', this.#aborted, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Entry, undefined>> {
    try {
      throwIfAborted(this.#signal);
      if (this.#ready.length === 0 && !this.#closed) await this.#fill();
      throwIfAborted(this.#signal);
    } catch (error) {
      this.#close();
      throw coded(error, this.#place.path);
    }
    const value = this.#ready.pop();
    if (value !== undefined) return { done: false, value };
    this.#close();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Entry, undefined>> {
    this.#ready = [];
    this.#close();
    return { done: true, value: undefined };
  }

  /** Reads on until some entry is ready or there are none left. */
  async #fill(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#ready.length === 0 && !this.#closed) {
        const entries = await this.#read();
        if (entries.length === 0) return;
        // Last first: `next` pops.
        this.#ready = (await Promise.all(entries.map((entry) => this.#entry(entry)))).reverse();
      }
    } finally {
      this.#busy = false;
      if (this.#closed) this.#free();
    }
  }

  async #read(): Promise<Dirent[]> {
    const entries: Dirent[] = [];
    const { open } = this.#place;
    while (entries.length < BATCH && !this.#closed) {
      const entry = this.#io.blocking ? open.readSync() : await open.read();
      if (entry === null) break;
      if (!isPartName(nameOf(entry))) entries.push(entry);
    }
    return entries;
  }

  async #entry(entry: Dirent): Promise<Entry> {
    const { path, dir, facts, now, follow } = this.#place;
    const name = nameOf(entry);
    const type: FileType = entry.isFile() ? 'file' : entry.isDirectory() ? 'dir' : 'other';
    const link = entry.isSymbolicLink() ? { link: true as const } : {};
    if (!facts) return { name, type, ...link };
    let stat: Stat;
    try {
      const stats = await this.#io.lstat(dir.at(name));
      stat = isLink(stats) ? await follow(path === '' ? name : `${path}/${name}`) : toStat(stats, now());
    } catch {
      // Vanished, a link that leads nowhere or outside, or not ours to ask about: a name without facts.
      return { name, type, ...link };
    }
    return { name, type: stat.type, stat, ...link };
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#aborted);
    if (!this.#busy) this.#free();
  }

  /** Only when no call is under way: see `Descriptor`. */
  #free(): void {
    this.#place.open.closeSync();
    this.#place.dir.release();
  }
}

function nameOf(entry: Dirent): string {
  return decodeName(entry.name as unknown as Uint8Array);
}
