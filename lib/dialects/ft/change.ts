import type { ChangeKind } from '../../control/events';
import { userOf } from '../../control/service';
import { throwIfAborted } from '../../data/scope';
import { isTwinportError, sentenceOf, TwinportError } from '../../errors';
import { LIMITS } from '../../options';
import type { Storage } from '../../storage/storage';
import { formatReply } from '../../wire/replies';
import type { Job } from './job';

/** `-m`: a directory; with `--parents` those above it too, and one that is there already is what was asked for. */
export function serveMakeDirectory(job: Job): Promise<Buffer> {
  const { path, options } = job.request;
  return change(job, 'mkdir', async (storage, told) => {
    if (options.parents !== true) await storage.makeDirectory(path);
    else if (!(await makeAll(storage, path, job.turn.signal, told))) return undefined;
    return 'Directory made.';
  }).then((text) => formatReply(226, text ?? 'The directory is there already.'));
}

/** `-d`: a file, a link itself, or an empty directory. */
export function serveDelete(job: Job): Promise<Buffer> {
  return change(job, 'delete', async (storage) => {
    await storage.remove(job.request.path);
    return 'Deleted.';
  }).then((text) => formatReply(226, text));
}

/** `-r`: another name, never one that is taken. */
export function serveRename(job: Job): Promise<Buffer> {
  const { path, to } = job.request;
  return change(job, 'rename', async (storage) => {
    await storage.rename(path, to?.path ?? '');
    return 'Renamed.';
  }).then((text) => formatReply(226, text));
}

/** False when all of it was there. `told`: where it fails half way, of what was made until then, which stays. */
async function makeAll(
  storage: Storage,
  path: string,
  signal: AbortSignal,
  told: (path: string) => void,
): Promise<boolean> {
  const segments = path.split('/');
  // One line could have two thousand of them made, each walked to from the root; what is deeper is never listed whole.
  if (segments.length > LIMITS.listDepth) throw new TwinportError('denied', 'the path is too deep');
  let made: string | undefined;
  for (const depth of segments.keys()) {
    const one = segments.slice(0, depth + 1).join('/');
    try {
      throwIfAborted(signal);
      await storage.makeDirectory(one);
      made = one;
    } catch (error) {
      // What is there and is no directory shows with the next name in it.
      const isThere = isTwinportError(error, 'exists');
      if (isThere && (depth < segments.length - 1 || (await storage.stat(path, signal)).type === 'dir')) continue;
      if (made !== undefined) told(made);
      throw error;
    }
  }
  return made !== undefined;
}

/** A change from its request to what is said of it, and the server's owner told. Undefined: there was nothing to change. */
async function change<T extends string | undefined>(
  job: Job,
  kind: ChangeKind,
  work: (storage: Storage, told: (path: string) => void) => Promise<T>,
): Promise<T> {
  const { service, session, request, turn } = job;
  const { id, conn } = session;
  const about = {
    kind,
    dialect: 'ft',
    session: { id, remote: conn.remote, local: conn.local },
    path: request.path,
    ...userOf(service),
    ...(request.to && { to: request.to.path }),
  };
  try {
    throwIfAborted(turn.signal);
    const text = await work(service.storage, (path) => service.changed({ ...about, path, phase: 'done' }));
    if (text !== undefined) service.changed({ ...about, phase: 'done' });
    return text;
  } catch (error) {
    const coded = refusal(error);
    service.changed({ ...about, phase: 'failed', error: coded });
    throw coded;
  }
}

function refusal(error: unknown): TwinportError {
  if (!isTwinportError(error)) return new TwinportError('io-error', sentenceOf(error), { cause: error });
  if (error.code !== 'denied') return error;
  return new TwinportError('denied', error.message, { cause: error, reply: 553 });
}
