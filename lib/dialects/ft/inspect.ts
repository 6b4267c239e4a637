import { digestPrefix, RunningDigest } from '../../data/digest';
import { assertUnchanged } from '../../data/unchanged';
import { TwinportError } from '../../errors';
import type { Right } from '../../wire/rights';
import { formatFacts } from '../../wire/facts';
import { formatReply } from '../../wire/replies';
import { assertCountable, statFacts } from './get';
import type { Job } from './job';
import { partKey } from './put';

/** `-s`: what is known of a path; `--part`: how much of an interrupted put is kept. */
export async function serveStat(job: Job): Promise<Buffer> {
  const { request, service } = job;
  if (request.options.part === true) {
    const key = partKey(request, service);
    if (key === undefined) throw new TwinportError('syntax', '--part needs --size and --modify', { reply: 501 });
    const part = await service.storage.partLength(request.path, key);
    return formatReply(213, `${formatFacts({ part })} ${job.pathSent}`);
  }
  const stat = await service.storage.stat(request.path, job.turn.signal);
  return formatReply(213, `${formatFacts(statFacts(stat))} ${job.pathSent}`);
}

/**
 * `-h`: count and digest of a file, or of its first `--length` bytes. Asking costs a line and answering a
 * whole read, so it is one at a time per address: the rest of our disk and processor is for the others.
 */
export function serveDigest(job: Job): Promise<Buffer> {
  const { request, service, turn } = job;
  return job.digesting(async () => {
    const source = await service.storage.read(request.path);
    try {
      const { size, version } = source.stat;
      assertCountable(source.stat);
      const length = request.options.length ?? size;
      if (length > size) throw new TwinportError('cannot-resume', 'the file is shorter than that', { reply: 554 });
      const digest = new RunningDigest(request.options.digest);
      if (!(await digestPrefix(source, length, digest, turn.signal))) {
        throw new TwinportError('changed', 'the file became shorter while it was read');
      }
      await assertUnchanged(source, length, digest, turn.signal);
      return formatReply(213, `${formatFacts({ ...digest.finish(), version })} ${job.pathSent}`);
    } finally {
      await source.close();
    }
  });
}

/** What a client may ask for depends on these. */
export interface Offered {
  readonly rights: readonly Right[];
  readonly active: boolean;
  /** There are accounts. */
  readonly login?: boolean;
  /** It is under TLS, where a data connection is bound by more than a token, which is refused. */
  readonly secured?: boolean;
}

/** `-f` in the layout of RFC 2389 §3.2: one feature a line, indented by one space. Only what this client may use. */
export function features({ rights, active, login = false, secured = false }: Offered): Buffer {
  const may = (...needed: readonly Right[]): boolean => needed.every((right) => rights.includes(right));
  const token = secured ? '' : 'token;';
  const lines: readonly [listed: boolean, line: string][] = [
    [true, 'ft 1'],
    [may('list'), `LIST facts;recursive;digest;${token}hex`],
    [may('read'), `GET offset;length;version-is;digest;${token}hex`],
    [may('write'), `PUT size;confirm;modify;offset;if-exists;${token}hex`],
    [may('list') || may('read') || may('write'), 'STAT part;hex'],
    [may('read'), 'DIGEST crc32;sha256;length;hex'],
    [may('write'), 'MKDIR parents;hex'],
    [may('delete'), 'DELETE hex'],
    [may('delete', 'write'), 'RENAME hex'],
    [login, 'LOGIN hex'],
    [active, 'ACTIVE'],
    [true, 'PASSIVE'],
  ];
  return formatReply(211, 'Features:', ...lines.flatMap(([listed, line]) => (listed ? [line] : [])), 'End');
}
