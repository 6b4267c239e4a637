import type { BigIntStats } from 'node:fs';
import { TwinportError } from '../errors';
import { decodeName } from '../wire/names';
import { throwIfAborted } from './abort';
import { errnoOf } from './errno';
import { isOurs } from './holders';
import type { Io } from './io';
import type { Dir } from './rooted';
import { typeOf } from './stats';
import type { Storage, Weight } from './storage';
import { walk } from './walk';

/** What names take of a quota. Each name counts as if it were the only one of its file; a link is a name without bytes. */

/** Entries asked about at once through the pool: enough to keep its four threads busy. */
const BATCH = 32;

export const NOTHING: Weight = { bytes: 0, files: 0 };

export function plus(a: Weight, b: Weight): Weight {
  return { bytes: a.bytes + b.bytes, files: a.files + b.files };
}

export function minus(a: Weight, b: Weight): Weight {
  return { bytes: a.bytes - b.bytes, files: a.files - b.files };
}

export function weightOf(stats: BigIntStats): Weight {
  return { bytes: typeOf(stats) === 'file' ? Number(stats.size) : 0, files: 1 };
}

/** The name itself, never what a link leads to; nothing where there is none. */
export async function weighAt(io: Io, dir: Dir, name: string): Promise<Weight> {
  const stats = await statsAt(io, dir, name);
  return stats === undefined ? NOTHING : weightOf(stats);
}

async function statsAt(io: Io, dir: Dir, name: string): Promise<BigIntStats | undefined> {
  try {
    return await io.lstat(dir.at(name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What lies under a directory of the disk: see `Storage.measure`. */
export async function measureAt(io: Io, top: Dir, most: number, signal?: AbortSignal): Promise<Weight> {
  let sum = NOTHING;
  const visit = async (dir: Dir): Promise<string[]> => {
    const below: string[] = [];
    for await (const names of namesIn(io, dir)) {
      throwIfAborted(signal);
      for (const [i, stats] of (await Promise.all(names.map((name) => statsAt(io, dir, name)))).entries()) {
        if (stats === undefined) continue;
        sum = plus(sum, weightOf(stats));
        if (typeOf(stats) === 'dir') below.push(names[i] ?? '');
      }
      if (sum.files > most) throw tooMany(most);
    }
    return below;
  };
  const failed = (error: unknown): never => {
    throw error;
  };
  await walk(top, visit, { failed });
  return sum;
}

/** A batch at a time: nobody knows how many there are. */
async function* namesIn(io: Io, dir: Dir): AsyncGenerator<string[]> {
  const listing = await io.opendir(dir.at('.'));
  try {
    for (let names: string[] = []; ;) {
      const entry = io.blocking ? listing.readSync() : await listing.read();
      if (entry !== null) {
        const name = decodeName(entry.name as unknown as Uint8Array);
        // What is being written is counted by whoever writes it, as far as it has come.
        if (!isOurs(name)) names.push(name);
      }
      if (entry === null || names.length === BATCH) {
        yield names;
        names = [];
      }
      if (entry === null) return;
    }
  } finally {
    listing.closeSync();
  }
}

/** What a name takes in any storage; what it cannot say of itself is taken from its facts. */
export async function weigh(storage: Storage, path: string): Promise<Weight> {
  if (storage.weigh !== undefined) return storage.weigh(path);
  const { type, size } = await storage.stat(path);
  return { bytes: type === 'file' ? size : 0, files: 1 };
}

/** The same of all under a directory: kept parts only show where the storage counts by itself. */
export async function measure(storage: Storage, path: string, most: number): Promise<Weight> {
  if (storage.measure !== undefined) return storage.measure(path, most);
  let sum = NOTHING;
  for (const waiting = [path]; ;) {
    const at = waiting.pop();
    if (at === undefined) return sum;
    for await (const { name, type, stat } of await storage.list(at, { facts: true })) {
      sum = plus(sum, { bytes: type === 'file' ? (stat?.size ?? 0) : 0, files: 1 });
      if (sum.files > most) throw tooMany(most);
      if (type === 'dir') waiting.push(at === '' ? name : `${at}/${name}`);
    }
  }
}

function tooMany(most: number): TwinportError {
  return new TwinportError('too-large', `there are more than ${most} files to count for a quota`);
}
