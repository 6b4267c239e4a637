import { discard, finishSending } from '../../data/finish';
import { sendFile } from '../../data/send';
import { TwinportError } from '../../errors';
import type { Stat } from '../../storage/storage';
import { formatFacts, formatTime, tellable } from '../../wire/facts';
import { formatReply } from '../../wire/replies';
import type { Job } from './job';

/** `-g`: everything that can fail without a data connection fails before the 150 (DESIGN §3.3). */
export function serveGet(job: Job): Promise<Buffer | undefined> {
  return job.transfer('get', async () => {
    const { path, options } = job.request;
    const { storage, clock } = job.service;
    const source = await storage.read(path);
    try {
      const { stat } = source;
      assertCountable(stat);
      if (options.versionIs !== undefined && options.versionIs !== stat.version) {
        throw new TwinportError('changed', 'the file is not the version asked for', { reply: 554 });
      }
      const { offset = 0 } = options;
      if (offset > stat.size)
        throw new TwinportError('cannot-resume', 'the file is shorter than the offset', { reply: 554 });
      const length = Math.min(options.length ?? Infinity, stat.size - offset);
      const isRange = options.offset !== undefined || options.length !== undefined;
      const facts = { ...statFacts(stat), ...(isRange && { offset, length }) };

      const sent = await job.withData('get', facts, async (conn, signal) => {
        const discarded = discard(conn);
        const digest = await sendFile(conn, source, {
          offset,
          length,
          signal,
          ...(options.digest && { digest: options.digest }),
        });
        await finishSending(conn, discarded, clock);
        return digest;
      });
      return { reply: formatReply(226, `${formatFacts({ ...sent })} Transfer complete.`), length: sent.length };
    } finally {
      await source.close();
    }
  });
}

/** A file's facts as 150 and 213 carry them (RFC 3659 §7.5 names). */
export function statFacts(stat: Stat): Record<string, string | number | undefined> {
  const { version } = stat;
  const { type, size, modified } = tellable(stat);
  const modify = modified === undefined ? undefined : formatTime(modified);
  return { type, size: type === 'file' ? size : undefined, modify, version };
}

/** A count beyond 2^53 can be neither said nor kept exact; a sparse file of 8 EiB costs whoever makes it nothing. */
export function assertCountable({ size }: Stat): void {
  if (!Number.isSafeInteger(size)) throw new TwinportError('too-large', 'the file is too large', { reply: 451 });
}
