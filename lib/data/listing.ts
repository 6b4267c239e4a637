import { TwinportError } from '../errors';
import { LIMITS } from '../options';
import type { Entry, Storage } from '../storage/storage';
import { encodeName, printable } from '../wire/names';
import { throwIfAborted } from './scope';

/** An entry of a listing. */
export interface Found {
  readonly entry: Entry;
  /** The name relative to the listed directory, as it sorts: by its bytes. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** The entries of a directory, by their bytes. Walks breadth first, bounded in entries and depth: a tree without end is an error, not a full memory. */
export async function collect(
  storage: Storage,
  path: string,
  how: { facts: boolean; recursive: boolean },
  signal: AbortSignal,
): Promise<Found[]> {
  const found: Found[] = [];
  let level = [''];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > LIMITS.listDepth) throw new TwinportError('too-large', 'the tree is too deep to list', { reply: 451 });
    const next: string[] = [];
    for (const below of level) {
      const directory = join(path, below);
      for await (const entry of await storage.list(directory, { facts: how.facts }, signal)) {
        throwIfAborted(signal);
        if (found.length >= LIMITS.listEntries) {
          throw new TwinportError('too-large', 'too many entries to list', { reply: 451 });
        }
        const name = join(below, entry.name);
        found.push({ entry, name, bytes: encodeName(name) });
        if (how.recursive && entry.type === 'dir') next.push(name);
      }
    }
    level = next;
  }
  return found.sort((a, b) => a.bytes.compare(b.bytes));
}

function join(directory: string, name: string): string {
  return directory === '' || name === '' ? directory + name : `${directory}/${name}`;
}

/** Names, one a line, `.` and `..` first, as the first of these servers printed them. */
export function* plainLines(entries: readonly Found[]): Iterable<Buffer> {
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
