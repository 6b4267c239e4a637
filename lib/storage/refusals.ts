import { TwinportError, type ErrorCode } from '../errors';
import { shown } from './errno';

/** What every storage says to the same requests, in the same words. */

export function failure(code: ErrorCode, path: string, what: string): TwinportError {
  return new TwinportError(code, `${shown(path)} ${what}`);
}

/** Why a directory in which nothing is listed cannot be removed. */
export const ONLY_PARTS = 'is not empty: it holds what is kept of an interrupted upload, hidden, for a day';

export function intoItself(path: string): TwinportError {
  return failure('denied', path, 'cannot be moved into itself');
}

export function refuseRoot(path: string, done: 'removed' | 'renamed'): void {
  if (path === '') throw new TwinportError('denied', `the served directory itself cannot be ${done}`);
}
