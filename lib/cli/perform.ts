import type { Readable, Writable } from 'node:stream';
import type {
  Client,
  Clock,
  ListEntry,
  ListOptions,
  ListResult,
  Progress,
  RequestOptions,
  TransferResult,
} from '../index';
import { isTwinportError } from '../errors';
import type { ClientOptions, Policy } from './options';
import type { FileJob, Reporter } from './reporter';
import type { FilePair, Request, Settings } from './request';
import type { Session } from './session';
import { Sizes, vouched } from './sizes';

/** What a request is carried out with. */
export interface Means {
  readonly session: Session;
  readonly options: ClientOptions;
  /** Of the command line; absent: any free one. */
  readonly dataPort?: number | undefined;
  readonly reporter: Reporter;
  /** Somebody looks at progress. */
  readonly watched: boolean;
  readonly signal: AbortSignal;
  /** Opens standard output, for a get to `-`, and standard input, for a put from it. */
  readonly toStdout: () => Writable;
  readonly fromStdin: () => Readable;
  readonly clock?: Clock | undefined;
  /** Why the local name is another one than was asked for. */
  readonly because?: string | undefined;
  /** What to do about a name that is taken, perhaps one of several; undefined when nobody answers. */
  readonly ask: (verb: 'get' | 'put', name: string, several: boolean) => Promise<Exclude<Policy, 'ask'> | undefined>;
  /** Tells of a failure and gives its exit code. `moving`: a data connection had been made. */
  readonly fail: (error: unknown, context: FailureContext) => Promise<number>;
}

/** What was being done when it failed. */
export interface FailureContext {
  /** A data connection had been made. */
  readonly moving: boolean;
  readonly job?: FileJob;
  /** Of a command without data. */
  readonly path?: string;
}

type Get = Extract<Request, { verb: 'get' }>;
type Put = Extract<Request, { verb: 'put' }>;
type List = Extract<Request, { verb: 'list' }>;

/** Carries the request out. Resolves with the exit code: of the last failure, where there are several. Never rejects. */
export async function perform(request: Request, means: Means): Promise<number> {
  switch (request.verb) {
    case 'list':
      return single(means, (attempt) => list(request, means, attempt));
    case 'get':
    case 'put':
      return transfers(request, means);
    default:
      return (require('./simple') as typeof import('./simple')).performSimple(request, means);
  }
}

/** One try of something: what it learns while it is under way. */
export interface Attempt {
  /** From 0. */
  readonly number: number;
  /** A data connection was made. */
  moving: boolean;
  /** A change was asked for: from here on nobody knows whether it was made, until an answer comes. */
  asked?: boolean;
  /** What is being done is done here alone: its failure is none of the server's. */
  here?: boolean;
}

/** One piece of work, with as many tries as it may have. */
export async function single(
  means: Means,
  work: (attempt: Attempt) => Promise<void>,
  about: { readonly job?: FileJob } = {},
): Promise<number> {
  const { job } = about;
  let attempt: Attempt = { number: 0, moving: false };
  const once = async (number: number): Promise<void> => {
    attempt = { number, moving: false };
    try {
      await work(attempt);
    } catch (error) {
      // Whoever said no can be asked again, and so can whoever was asked nothing; of any other failure nobody knows
      // what the server makes of it.
      const refused = isTwinportError(error, 'refused') && error.reply !== 421;
      if (!refused && !isLocal(attempt, job, error)) means.session.drop(error);
      throw error;
    }
  };
  try {
    const { retry = 0 } = means.options;
    if (retry === 0) await once(0);
    else await again(means, retry, once, (error) => isHarmful(means, attempt, job, error));
    return 0;
  } catch (error) {
    return means.fail(error, { moving: attempt.moving, ...about });
  }
}

/** It failed here before anything was asked of the server: a get finds its place first, and then asks for the data. */
function isLocal({ here, moving }: Attempt, job: FileJob | undefined, error: unknown): boolean {
  if (here === true) return true;
  if (job?.verb !== 'get' || moving) return false;
  return isTwinportError(error, 'exists', 'not-found', 'denied', 'not-a-file', 'not-a-directory', 'in-use');
}

/**
 * What went through a pipe cannot go through it again; some servers keep every upload that was begun; and a change whose
 * answer was lost may have been made: asked for again it fails, or meets what somebody else has put there meanwhile.
 */
function isHarmful({ options, reporter }: Means, attempt: Attempt, job: FileJob | undefined, error: unknown): boolean {
  if (job?.standard === true && attempt.moving) {
    reporter.note(`what went through standard ${job.verb === 'put' ? 'input' : 'output'} cannot go again: no retry`);
    return true;
  }
  if (attempt.asked === true && !isTwinportError(error, 'refused')) return true;
  return options.dialect !== undefined && job?.verb === 'put' && !isTwinportError(error, 'cannot-connect');
}

function again(
  { reporter, signal, clock }: Means,
  retries: number,
  once: (number: number) => Promise<void>,
  never: (error: unknown) => boolean,
): Promise<void> {
  const { retrying, sentenceOf } = require('../index') as typeof import('../index');
  return retrying(once, {
    retries,
    signal,
    ...(clock === undefined ? {} : { clock }),
    never,
    onRetry: (error, pause, retry) =>
      reporter.note(`${sentenceOf(error)}; trying again in ${pause / 1000} s (${retry} of ${retries})`),
  });
}

export function requestOptions(means: Means, attempt: Attempt, settings: Settings): RequestOptions {
  const { options, dataPort, reporter } = means;
  const passive = settings.passive || dataPort === 0;
  return {
    signal: means.signal,
    ...(passive ? { passive } : {}),
    ...(passive || dataPort === undefined ? {} : { dataPort }),
    ...(options.digest === undefined ? {} : { digest: options.digest }),
    ...(options.limitRate === undefined ? {} : { limitRate: options.limitRate }),
    onData: (remote) => {
      attempt.moving = true;
      reporter.data(remote);
    },
    ...(means.watched ? { onProgress: (progress: Progress) => reporter.progress(progress) } : {}),
    onNote: (sentence) => reporter.note(sentence),
    ...(options.echo === true ? { onMessage: (bytes: Uint8Array) => reporter.message(bytes) } : {}),
  };
}

async function list(request: List, means: Means, attempt: Attempt): Promise<void> {
  const { path, long } = request;
  const client = await means.session.client(means.signal);
  const options: ListOptions = {
    ...requestOptions(means, attempt, request.settings),
    ...(long ? { facts: true } : {}),
  };
  let asked = path;
  let { keep } = request;
  const got = await client.list(path, options).catch(async (error: unknown) => {
    // A file is listed as what it is in its directory, as `ls` does.
    const name = await fileNamed(error, path, client, means);
    if (name === undefined) throw error;
    asked = path.slice(0, -name.length);
    keep = (one) => one === name;
    return client.list(asked, options);
  });
  if (got.verified) vouched(client);
  const exact = request.exact === true && !long && got.verified;
  const { entries } = exact && got.entries.some(isMasked) ? await exactly(client, asked, options, got) : got;
  const kept = keep === undefined ? entries : entries.filter(({ name }) => keep?.(name) === true);
  await means.reporter.listed({ path: request.asked ?? path, list: { entries: kept, verified: got.verified } });
}

/** In a list of names alone a server of ours has a `?` for each control character: there may be no file of that name. */
const isMasked = ({ name }: ListEntry): boolean => name.includes('?');

/** With its facts each name is told as it is. A plain server, which makes nothing of that question, is not asked. */
function exactly(client: Client, path: string, options: ListOptions, names: ListResult): Promise<ListResult> {
  return client.list(path, { ...options, facts: true }).catch((error: unknown) => {
    if (!isTwinportError(error, 'refused') || error.reply === 421) throw error;
    return names;
  });
}

/** The last name of `path`, where a server of ours refused to list it because it is a file. */
async function fileNamed(
  error: unknown,
  path: string,
  client: Client,
  { options }: Means,
): Promise<string | undefined> {
  const refused = isTwinportError(error, 'refused') && error.reply === 550;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!refused || name === '' || options.dialect !== undefined) return undefined;
  const found = await client.stat(path).catch(() => undefined);
  return found?.type === 'file' ? name : undefined;
}

async function transfers(request: Get | Put, means: Means): Promise<number> {
  const { verb, files } = request;
  const policy = request.settings.onExists ?? (verb === 'get' ? 'rename' : 'fail');
  const resumes = policy === 'resume' || (means.options.retry ?? 0) > 0;
  const sizes = new Sizes(request, means);
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
    const settled: Settled = { policy, resumable: true };
    const work = async (attempt: Attempt): Promise<void> => {
      const result = await transfer(request, job, means, attempt, settled);
      sizes.ended(at, result);
      means.reporter.complete(job, result);
    };
    const ended = await single(means, work, { job });
    sizes.ended(at, undefined);
    if (ended !== 0) code = ended;
    if (means.signal.aborted) break;
  }
  return code;
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
  const move = (policy: Exclude<Policy, 'ask'>, resume: boolean): Promise<TransferResult> =>
    request.verb === 'get'
      ? get(client, request, job, means, { ...options, ...(resume && { resume }) }, policy)
      : put(client, job, means, { ...options, ...(resume && { resume }) }, policy);
  const again = attempt.number > 0 && settled.resumable;
  const result = await withPolicy(means, job, settled, (policy) => move(policy, again)).catch((error: unknown) => {
    // A plain server has taken the question how much still fits for nonsense: from the beginning, then.
    if (!again || settled.policy === 'resume' || !isTwinportError(error, 'cannot-resume')) throw error;
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
