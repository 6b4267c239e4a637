import { discard, finishSending } from '../../data/finish';
import { batches, plainLines, withListing, type Found } from '../../data/listing';
import { sendChunks } from '../../data/send';
import { TwinportError } from '../../errors';
import type { Entry } from '../../storage/storage';
import { formatEntry, formatFacts, formatTime, tellable } from '../../wire/facts';
import { formatReply } from '../../wire/replies';
import type { Job } from './job';

/** `-l`: the listing is made whole before the 150, so that an unreadable directory costs no data connection. */
export function serveList(job: Job): Promise<Buffer | undefined> {
  return job.transfer('list', async () => {
    const { path, options } = job.request;
    const { storage, clock } = job.service;
    const stat = await storage.stat(path, job.turn.signal);
    if (stat.type !== 'dir') throw new TwinportError('not-a-directory', 'not a directory');
    const { modified } = tellable(stat);
    const facts = options.facts === true;
    const plan = {
      storage,
      path,
      recursive: options.recursive === true,
      ...(facts && { note: factsOf }),
      share: job.service.listings.share(job.session.conn.remote.address),
      signal: job.turn.signal,
    };
    return withListing(plan, async (entries) => {
      const lines = facts ? factLines(entries, modified) : plainLines(entries);
      const sent = await job.withData(
        'list',
        { type: 'dir', modify: modified === undefined ? undefined : formatTime(modified) },
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
  });
}

/** The whole line of an entry. */
function factsOf(name: string, { type, stat }: Entry): string {
  const size = type === 'dir' ? { size: undefined } : {};
  return formatEntry({ ...(stat && tellable(stat)), name, type: stat?.type ?? type, ...size }).toString('latin1');
}

function* factLines(entries: Iterable<Found>, modified: number | undefined): Iterable<Buffer> {
  yield formatEntry({ name: '.', type: 'cdir', modified });
  yield formatEntry({ name: '..', type: 'pdir' });
  for (const { note } of entries) yield Buffer.from(note, 'latin1');
}
