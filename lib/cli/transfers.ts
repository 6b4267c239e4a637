import { isTwinportError } from '../errors';
import type { Client, RequestOptions, TransferResult } from '../index';
import type { Arrivals } from './arrivals';
import { requestOptions, single, type Attempt, type Means } from './attempt';
import type { Policy } from './options';
import type { FileJob } from './reporter';
import type { FilePair, Request } from './request';
import { Sizes, vouched } from './sizes';

type Get = Extract<Request, { verb: 'get' }>;
type Put = Extract<Request, { verb: 'put' }>;

/** One file after the other. Resolves with the exit code: of the last failure, where there are several. */
export async function transfers(request: Get | Put, means: Means): Promise<number> {
  const { verb, files } = request;
  const policy = request.settings.onExists ?? (verb === 'get' ? 'rename' : 'fail');
  const resumes = policy === 'resume' || (means.options.retry ?? 0) > 0;
  const sizes = new Sizes(request, means);
  const came = verb === 'get' && files.length > 1 ? arrivals() : undefined;
  let code = 0;
  for (const [at, { remote, local, standard }] of files.entries()) {
    await sizes.find();
    const overall = sizes.about(at);
    const job: FileJob = {
      verb,
      remote,
      local,
      ...(standard && { standard }),
      index: at + 1,
      count: files.length,
      resumes,
      ...(overall && { overall }),
    };
    means.reporter.begin(job, !means.session.connected);
    waiting(means, job, true);
    const settled: Settled = { policy, resumable: true, came };
    const work = async (attempt: Attempt): Promise<void> => {
      const result = await transfer(request, job, means, attempt, settled);
      sizes.ended(at, result);
      if (!result.skipped && standard !== true) await came?.add(result.localPath ?? local);
      means.reporter.complete(job, result);
    };
    const ended = await single(means, work, { job });
    sizes.ended(at, undefined);
    if (ended !== 0) code = ended;
    if (means.signal.aborted) break;
  }
  return code;
}

function arrivals(): Arrivals {
  const { Arrivals: Came } = require('./arrivals') as typeof import('./arrivals');
  return new Came();
}

/** What standard input is to send may be typed just now: nothing is drawn over it. */
function waiting({ reporter }: Means, { verb, standard }: FileJob, on: boolean): void {
  reporter.waiting?.(on && (verb === 'get' || standard !== true));
}

/** What was answered once is not asked again by a retry. */
interface Settled {
  policy: Policy;
  /** The server knows how to go on from a part, as far as anybody knows. */
  resumable: boolean;
  /** Where the files before this one went; absent where there is but one. */
  readonly came: Arrivals | undefined;
}

async function transfer(
  request: Get | Put,
  job: FileJob,
  means: Means,
  attempt: Attempt,
  settled: Settled,
): Promise<TransferResult> {
  attempt.here = true;
  if (job.verb === 'put' && job.standard === true) {
    // It throws where standard input cannot be read; what is put is opened for each try.
    means.fromStdin();
  } else if (job.verb === 'put') {
    const { checkLocalFile } = require('./localFile') as typeof import('./localFile');
    await checkLocalFile(job.local);
  }
  const client = await means.session.client(means.signal);
  if (job.verb === 'get') await makeRoom(means);
  attempt.here = false;
  const options = requestOptions(means, attempt, request.settings);
  // To replace what was there is one thing, to lose a file of this very command another: a/x, then b/x, or X where the file
  // system takes no notice of case.
  const spared = async (policy: Exclude<Policy, 'ask'>): Promise<Exclude<Policy, 'ask'>> =>
    policy === 'overwrite' && job.standard !== true && (await settled.came?.include(job.local)) === true
      ? 'rename'
      : policy;
  const move = async (policy: Exclude<Policy, 'ask'>, resume: boolean): Promise<TransferResult> =>
    request.verb === 'get'
      ? get(client, request, job, means, { ...options, ...(resume && { resume }) }, await spared(policy))
      : put(client, job, means, { ...options, ...(resume && { resume }) }, policy);
  const again = attempt.number > 0 && settled.resumable;
  const result = await withPolicy(means, job, settled, (policy) => move(policy, again)).catch((error: unknown) => {
    // A plain server has taken the question how much still fits for nonsense: from the beginning, then. Not where one that
    // was none has become it: what is here was vouched for, and what would come is not.
    const asked = settled.policy === 'resume' || means.session.vouched;
    if (!again || asked || !isTwinportError(error, 'cannot-resume')) throw error;
    settled.resumable = false;
    return undefined;
  });
  if (result !== undefined) {
    if (result.verified) vouched(client);
    if (means.because !== undefined && !result.skipped) {
      means.reporter.note(`${means.because}, saved as ${result.localPath ?? job.local}`);
    }
    return result;
  }
  means.session.drop();
  return transfer(request, job, means, attempt, settled);
}

/** Where `--to` names a directory that is not here, it is made, as one is for a put there. */
async function makeRoom({ options: { to }, reporter }: Means): Promise<void> {
  if (to === undefined) return;
  const { makeLocalDirectory } = require('./localFile') as typeof import('./localFile');
  if (await makeLocalDirectory(to)) reporter.note(`made directory ${to} here`);
}

function get(
  client: Client,
  { chosen }: Get,
  { remote, local, standard }: FilePair,
  means: Means,
  options: RequestOptions & { readonly resume?: boolean },
  onExists: Exclude<Policy, 'ask'>,
): Promise<TransferResult> {
  if (standard === true) return client.get(remote, means.toStdout(), options);
  const fsync = means.options.fsync === true ? { fsync: true } : {};
  return client.get(remote, local, { ...options, onExists, specialFiles: chosen, ...fsync });
}

function put(
  client: Client,
  { remote, local, standard }: FilePair,
  means: Means,
  options: RequestOptions & { readonly resume?: boolean },
  policy: Exclude<Policy, 'ask'>,
): Promise<TransferResult> {
  // `rename` was refused with the command line: there is no new name to agree upon with a server.
  const onExists = policy === 'rename' ? 'fail' : policy;
  // Of the languages only the native one has directories to make.
  const directories = means.options.dialect === undefined ? { makeDirectories: true } : {};
  return client.put(standard === true ? means.fromStdin() : local, remote, { ...options, onExists, ...directories });
}

/** With `ask`: tries without touching what is there, and asks only when it is. */
async function withPolicy(
  means: Means,
  job: FileJob,
  settled: Settled,
  move: (policy: Exclude<Policy, 'ask'>) => Promise<TransferResult>,
): Promise<TransferResult> {
  const { verb, remote, local, count } = job;
  if (settled.policy !== 'ask') return move(settled.policy);
  try {
    return await move('fail');
  } catch (error) {
    const { isTaken } = require('./exit') as typeof import('./exit');
    if (!isTaken(error, verb)) throw error;
    waiting(means, job, false);
    const answer = await means.ask(verb, verb === 'get' ? local : remote, count > 1);
    waiting(means, job, true);
    if (answer === undefined) throw error;
    settled.policy = answer;
    return move(answer);
  }
}
