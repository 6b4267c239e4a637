import type { Readable, Writable } from 'node:stream';
import { isTwinportError } from '../errors';
import type { Clock, Progress, RequestOptions } from '../index';
import type { ClientOptions, Policy } from './options';
import type { FileJob, Reporter } from './reporter';
import type { Settings } from './request';
import type { Session } from './session';

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
  /** What is left to go on with, and how: told behind the reason. */
  readonly kept?: string | undefined;
  /** Of a command without data. */
  readonly path?: string;
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
  /** What is left of it to go on with. */
  kept?: string | undefined;
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
    // A later try may fail before it moves anything: what an earlier one left is there still.
    attempt = { number, moving: false, kept: attempt.kept };
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
    // What is known to be wrong was thrown away.
    const kept = isTwinportError(error, 'protocol', 'exists', 'corrupt', 'unverified') ? undefined : attempt.kept;
    return means.fail(error, { moving: attempt.moving, kept, ...about });
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
  const { retrying } = require('../index') as typeof import('../index');
  const { wordsOfError } = require('./render') as typeof import('./render');
  return retrying(once, {
    retries,
    signal,
    ...(clock === undefined ? {} : { clock }),
    never,
    onRetry: (error, pause, retry) =>
      reporter.note(
        `${wordsOfError(error).replace(/\.$/, '')}; trying again in ${pause / 1000} s (${retry} of ${retries})`,
      ),
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
    // A retry goes on from it unasked.
    onKept: (sentence) => (attempt.kept = sentence),
    ...(options.echo === true ? { onMessage: (bytes: Uint8Array) => reporter.message(bytes) } : {}),
  };
}
