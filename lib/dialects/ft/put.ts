import { digestPrefix, RunningDigest } from '../../data/digest';
import { receive } from '../../data/receive';
import { userOf } from '../../control/service';
import { isTwinportError, TwinportError } from '../../errors';
import { LIMITS } from '../../options';
import type { Conn } from '../../net/network';
import type { Target } from '../../storage/storage';
import { formatFacts } from '../../wire/facts';
import { formatReply } from '../../wire/replies';
import type { FtRequest } from './grammar';
import type { FtService, Job } from './job';

/** How many `-c` lines are still to come for puts that have failed already. */
export interface Owed {
  confirms: number;
}

/** `-p` (DESIGN §3.5): confirmed by count and digest on P, or, for the simplest peers, ended by FIN and unverified. */
export function servePut(job: Job, owed: Owed): Promise<Buffer | undefined> {
  return job.transfer('put', async () => {
    const { options } = job.request;
    const confirmed = options.confirm === true;
    owed.confirms = confirmed ? 1 : 0;
    const target = await open(job);
    try {
      return confirmed ? await confirmedPut(job, target, owed) : await plainPut(job, target);
    } catch (error) {
      // What a later resume can continue is kept, hidden; anything else leaves no trace. The old file stays.
      if (confirmed && !isHopeless(error)) await target.keep();
      else await target.discard();
      throw error;
    }
  });
}

/** Known to be wrong; or too large for the disk, or for a quota, where a kept part would leave no room for anybody else. */
function isHopeless(error: unknown): boolean {
  return isTwinportError(error, 'corrupt', 'no-space', 'too-large', 'quota');
}

async function open(job: Job): Promise<Target> {
  const { request, service } = job;
  const { confirm, ifExists, offset, size } = request.options;
  if (!service.writable) throw refusal('writing is not allowed here');
  // Who uses TLS would not have a file without proof either: its end can be forged, as any FIN can.
  if ((service.strictPut || job.session.conn.secured !== undefined) && confirm !== true) {
    throw refusal('only confirmed puts are allowed here (--confirm)');
  }
  const key = partKey(request, service);
  if (offset !== undefined && (confirm !== true || key === undefined)) {
    throw new TwinportError('cannot-resume', 'an offset needs --confirm, --size and --modify', { reply: 501 });
  }
  try {
    return await service.storage.write(request.path, {
      // Nothing is ever replaced by bytes that nobody vouches for.
      replace: confirm === true && ifExists === 'overwrite',
      ...(confirm === true && key !== undefined && { key }),
      ...(offset !== undefined && { offset }),
      ...(size !== undefined && { size }),
    });
  } catch (error) {
    if (isTwinportError(error, 'not-found')) throw refusal('the directory does not exist');
    if (isTwinportError(error, 'denied', 'not-a-file')) throw refusal(error.message);
    throw error;
  }
}

/** A part is named for user, path, size and time: only the same upload of the same file continues it. */
export function partKey({ path, options }: FtRequest, service: Pick<FtService, 'account'>): string | undefined {
  const { size, modify } = options;
  const { user = 'anonymous' } = userOf(service);
  return size === undefined || modify === undefined ? undefined : [user, path, size, modify].join('\0');
}

async function confirmedPut(job: Job, target: Target, owed: Owed): Promise<{ reply: Buffer; length: number }> {
  const { options } = job.request;
  const digest = new RunningDigest();
  const length = await receiveBody(job, target, digest);
  const whole = target.offset + length;
  if (options.size !== undefined && whole !== options.size) {
    throw new TwinportError('connection-lost', `the data connection ended after ${whole} of ${options.size} bytes`);
  }
  const confirm = await job.turn.takeNext(confirms, LIMITS.confirm);
  if (confirm === undefined) throw new TwinportError('aborted', 'nobody confirmed what was sent (-c)');
  owed.confirms = 0;
  if (confirm.length !== whole || confirm.crc32 !== digest.crc32) {
    const received = formatFacts({ length: whole, crc32: digest.crc32 });
    const amiss =
      confirm.length === whole ? 'What arrived is not what was sent' : `${whole} of ${confirm.length} bytes arrived`;
    throw new TwinportError('corrupt', `${received} ${amiss}`, { reply: 451 });
  }
  const modified = options.modify === undefined ? {} : { modified: options.modify };
  // A disk that has to have all of it first (--fsync) takes its time.
  await job.whileAlive('Still writing.', () => target.commit(whole, modified));
  return { reply: done(whole, digest.crc32, 'Transfer complete.'), length };
}

const confirms = ({ verb }: FtRequest): boolean => verb === 'c';

async function plainPut(job: Job, target: Target): Promise<{ reply: Buffer; length: number; unverified: true }> {
  const { size, modify } = job.request.options;
  const digest = new RunningDigest();
  const length = await receiveBody(job, target, digest);
  if (size !== undefined && length !== size) {
    throw new TwinportError('connection-lost', `the data connection ended after ${length} of ${size} bytes`);
  }
  await target.commit(length, modify === undefined ? {} : { modified: modify });
  return { reply: done(length, digest.crc32, 'Transfer complete, unverified.'), length, unverified: true };
}

/** The body: as many bytes as were announced, or up to FIN. Then Q ends in the background. */
async function receiveBody(job: Job, target: Target, digest: RunningDigest): Promise<number> {
  const { confirm, size } = job.request.options;
  const facts = { type: 'file', ...(target.offset > 0 && { offset: target.offset }) };
  const body = async (conn: Conn, signal: AbortSignal): Promise<number> => {
    // The prefix is read back: the digest to be confirmed is the whole file's, whoever sent which part of it.
    // Only now, because that takes its time, and the client does not wait long for its data connection.
    const prefix = (): Promise<boolean> => digestPrefix(target, target.offset, digest, signal);
    if (target.offset > 0 && !(await job.digesting(prefix))) {
      throw new TwinportError('cannot-resume', 'the part cannot be read back');
    }
    const length = await receive(conn, target, {
      position: target.offset,
      digest,
      signal,
      ...(size !== undefined && { length: Math.max(0, size - target.offset) }),
    });
    job.turn.linger(conn);
    return length;
  };
  return job.withData('put', facts, body, confirm === true ? confirms : undefined);
}

function done(length: number, crc32: string, text: string): Buffer {
  return formatReply(226, `${formatFacts({ length, crc32 })} ${text}`);
}

function refusal(text: string): TwinportError {
  return new TwinportError('denied', text, { reply: 553 });
}
