import { isTwinportError, TwinportError } from '../errors';
import { LIMITS } from '../options';
import type { Entry, Storage } from '../storage/storage';
import { decodeName, encodeName, printable } from '../wire/names';
import type { ListingShare } from './listingRoom';
import { throwIfAborted } from './scope';
import { SortedRows } from './sortedRows';

/** An entry of a listing. */
export interface Found {
  /** Relative to the listed directory. */
  readonly name: string;
  /** What `ListingPlan.note` made of it. */
  readonly note: string;
}

export interface ListingPlan {
  readonly storage: Storage;
  readonly path: string;
  readonly recursive?: boolean;
  /** Asks for facts: what is to be kept of an entry with them, one character a byte. */
  readonly note?: (name: string, entry: Entry) => string;
  /** The memory that it may take. */
  readonly share: ListingShare;
  readonly signal: AbortSignal;
}

/**
 * Lists a directory, sorted by the bytes of the names, for as long as `use` takes. Walks breadth first, bounded in
 * entries, bytes and depth: a tree without end is an error, not a full memory. Links lead nowhere, or a link to
 * the directory that it is in would make a maze of it.
 */
export async function withListing<T>(plan: ListingPlan, use: (entries: Iterable<Found>) => Promise<T>): Promise<T> {
  const { share } = plan;
  try {
    return await use(listed(await collect(plan)));
  } finally {
    share.giveBack();
  }
}

/** Reads a tree in which something goes all the time so often: the last is taken as it is. */
const MOST_WALKS = 3;

/**
 * A directory that has gone when its turn comes was removed, or has another name by now, in a place that may have been read
 * before: without what lies in it the listing would look whole, and a mirror would delete that. So all is read again. But
 * somebody who makes and removes directories all the time must not keep everybody else from a listing.
 */
async function collect(plan: ListingPlan): Promise<SortedRows> {
  for (let walks = 1; ; walks++) {
    const { rows, gone } = await walk(plan);
    if (!gone) return rows;
    if (walks < MOST_WALKS) {
      plan.share.giveBack();
      continue;
    }
    // Where all of it has gone meanwhile, it would look empty, and a mirror would delete everything.
    for await (const _ of await entriesOf(plan, plan.path)) break;
    return rows;
  }
}

/** `gone`: a directory that was to be entered was there no more. */
async function walk(plan: ListingPlan): Promise<{ rows: SortedRows; gone: boolean }> {
  const { path, recursive = false, note, share, signal } = plan;
  const rows = new SortedRows((bytes) => share.take(bytes));
  let entries = 0;
  let level = [''];
  let gone = false;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > LIMITS.listDepth) throw new TwinportError('too-large', 'the tree is too deep to list', { reply: 451 });
    const next: string[] = [];
    for (const below of level) {
      const found = await entriesOf(plan, join(path, below)).catch((error: unknown) => {
        if (below === '' || !isTwinportError(error, 'not-found', 'not-a-directory')) throw error;
        return undefined;
      });
      if (found === undefined) {
        gone = true;
        continue;
      }
      for await (const entry of found) {
        throwIfAborted(signal);
        if (++entries > LIMITS.listEntries) {
          throw new TwinportError('too-large', 'too many entries to list', { reply: 451 });
        }
        const name = join(below, entry.name);
        const enters = recursive && entry.type === 'dir' && entry.link !== true;
        rows.add(encodeName(name).toString('latin1'), note?.(name, entry) ?? '', enters ? WAITING + name.length : 0);
        if (enters) next.push(name);
      }
    }
    level = next;
  }
  return { rows, gone };
}

function entriesOf({ storage, note, signal }: ListingPlan, directory: string): Promise<AsyncIterable<Entry>> {
  return storage.list(directory, { facts: note !== undefined }, signal);
}

/** Bytes of a directory that is still to be listed, besides its name. */
const WAITING = 128;

function* listed(rows: SortedRows): Iterable<Found> {
  for (const { key, note } of rows) yield { name: decodeName(Buffer.from(key, 'latin1')), note };
}

function join(directory: string, name: string): string {
  return directory === '' || name === '' ? directory + name : `${directory}/${name}`;
}

/** Names, one a line, `.` and `..` first, as the first of these servers printed them. */
export function* plainLines(entries: Iterable<Found>): Iterable<Buffer> {
  yield Buffer.from('.\n..\n');
  for (const { name } of entries) yield encodeName(`${printable(name)}\n`);
}

/** Lines gathered into chunks worth a write. */
export function* batches(lines: Iterable<Buffer>): Iterable<Buffer> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const line of lines) {
    batch.push(line);
    bytes += line.length;
    if (bytes < 64 * 1024) continue;
    yield Buffer.concat(batch);
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(batch);
}
