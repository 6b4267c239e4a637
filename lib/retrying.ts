import { pause, throwIfAborted } from './data/scope';
import { isTwinportError, type ErrorCode } from './errors';
import { systemClock } from './net/clock';
import type { Clock } from './net/network';
import { wholeNumber } from './options';

/** How often, and who is told. */
export interface RetryOptions {
  /** Further tries after the first. */
  readonly retries: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** True of a failure after which another try could only do harm. */
  readonly never?: (error: unknown) => boolean;
  /** Before each pause: why, and how long it will be, in milliseconds. */
  readonly onRetry?: (error: unknown, pause: number, retry: number) => void;
}

/** Milliseconds before the first retry; twice as much before each next one, up to the longest. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
/** Nobody waits for the thousandth: a script that wants that has a loop of its own. */
const MOST_RETRIES = 1000;

/** Failures that may be over when it is tried again; what a server refuses for good (5xx) is not among them. */
const PASSING: readonly ErrorCode[] = [
  'cannot-connect',
  'connection-lost',
  'no-data-connection',
  'data-timeout',
  'timeout',
  'incomplete',
  'corrupt',
  'changed',
];

/** May `error` be over by the next try? RFC 959 §4.2: a 4yz is transient, "the action may be requested again". */
export function canPass(error: unknown): boolean {
  if (isTwinportError(error, ...PASSING)) return true;
  if (isTwinportError(error, 'refused')) return error.reply !== undefined && error.reply >= 400 && error.reply < 500;
  // A name server that does not answer now; a name that does not exist stays so.
  if (!isTwinportError(error, 'cannot-resolve')) return false;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && cause.code === 'EAI_AGAIN';
}

/** Milliseconds to wait before retry `n`, from 1. */
export function pauseBefore(n: number): number {
  return Math.min(FIRST_PAUSE * 2 ** (n - 1), LONGEST_PAUSE);
}

/**
 * Does `work`, again after failures that can pass, with growing pauses. It is told which try it is, from 0: a
 * later one should continue what an earlier one left (`resume`). Rejects with the last failure.
 */
export async function retrying<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock = systemClock(), signal = new AbortController().signal } = options;
  const retries = wholeNumber('retries', options.retries, 0, MOST_RETRIES);
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt === retries || signal.aborted || !canPass(error) || options.never?.(error) === true) throw error;
      const wait = pauseBefore(attempt + 1);
      options.onRetry?.(error, wait, attempt + 1);
      await pause(clock, wait, signal);
      throwIfAborted(signal);
    }
  }
}
