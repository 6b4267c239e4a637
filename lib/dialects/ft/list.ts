import { discard, finishSending } from '../../data/finish';
import { batches, collect, plainLines, type Found } from '../../data/listing';
import { sendChunks } from '../../data/send';
import { TwinportError } from '../../errors';
import type { Stat } from '../../storage/storage';
import { formatEntry, formatFacts, formatTime } from '../../wire/facts';
import { formatReply } from '../../wire/replies';
import type { Job } from './job';

/** `-l`: the listing is made whole before the 150, so that an unreadable directory costs no data connection. */
export function serveList(job: Job): Promise<Buffer | undefined> {
  return job.transfer('list', async () => {
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

function* factLines(entries: readonly Found[], directory: Stat): Iterable<Buffer> {
  yield formatEntry({ name: '.', type: 'cdir', modified: directory.modified });
  yield formatEntry({ name: '..', type: 'pdir' });
  for (const { entry, name } of entries) {
    const { type, stat } = entry;
    yield formatEntry({ ...stat, name, type: stat?.type ?? type, ...(type === 'dir' && { size: undefined }) });
  }
}
