import { discard, finishSending } from '../../data/finish';
import { sendChunks } from '../../data/send';
import { throwIfAborted } from '../../data/scope';
import { TwinportError } from '../../errors';
import { LIMITS } from '../../options';
import type { Entry, Stat, Storage } from '../../storage/storage';
import { formatEntry, formatFacts, formatTime } from '../../wire/facts';
import { encodeName, printable } from '../../wire/names';
import { formatReply } from '../../wire/replies';
import type { Job } from './job';

/** `-l`: the listing is made whole before the 150, so that an unreadable directory costs no data connection. */
export function serveList(job: Job): Promise<Buffer | undefined> {
  return job.told('list', async () => {
    const { path, options } = job.request;
    const { storage, clock } = job.service;
    const stat = await storage.stat(path, job.turn.signal);
    if (stat.type !== 'dir') throw new TwinportError('not-a-directory', 'not a directory');
    const facts = options.facts === true;
    const entries = await collect(storage, path, { facts, recursive: options.recursive === true }, job.turn.signal);
    const lines = facts ? factLines(entries, stat) : plainLines(entries);

    const sent = await job.withData(
      'list',
      { type: 'dir', modify: formatTime(stat.modified) },
      async (conn, signal) => {
        const discarded = discard(conn);
        const digest = await sendChunks(conn, batches(lines), {
          signal,
          ...(options.digest && { digest: options.digest }),
        });
        await finishSending(conn, discarded, clock);
        return digest;
      },
    );
    return { reply: formatReply(226, `${formatFacts({ ...sent })} Transfer complete.`), length: sent.length };
  });
}

interface Found {
  readonly entry: Entry;
  /** The name relative to the listed directory, as it sorts: by its bytes. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Walks breadth first, bounded in entries and depth: a tree without end is an error, not a full memory. */
async function collect(
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

function* plainLines(entries: readonly Found[]): Iterable<Buffer> {
  yield Buffer.from('.\n..\n');
  for (const { name } of entries) yield encodeName(`${printable(name)}\n`);
}

function* factLines(entries: readonly Found[], directory: Stat): Iterable<Buffer> {
  yield formatEntry({ name: '.', type: 'cdir', modified: directory.modified });
  yield formatEntry({ name: '..', type: 'pdir' });
  for (const { entry, name } of entries) {
    const { type, stat } = entry;
    yield formatEntry({ ...stat, name, type: stat?.type ?? type, ...(type === 'dir' && { size: undefined }) });
  }
}

/** Lines gathered into chunks worth a write. */
function* batches(lines: Iterable<Buffer>): Iterable<Buffer> {
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
