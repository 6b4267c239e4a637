import { TwinportError } from '../errors';
import { wholeNumber } from '../options';
import { hasControl } from '../wire/names';
import { rightsOf } from '../wire/rights';
import type { Account } from '../auth/auth';

/**
 * What an authenticator answered, which may be anything: it is a plug-in, and often plain JavaScript. What is false, null
 * or undefined is nobody. Throws `invalid-argument` on what is neither that nor an account: an account that is half
 * understood would have all the rights of the port, or all of its files.
 */
export function accountIn(answer: unknown): Account | undefined {
  if (answer === undefined || answer === null || answer === false) return undefined;
  if (typeof answer !== 'object') throw wrong('an account is an object');
  const { name, rights, root, limits } = answer as Partial<Record<keyof Account, unknown>>;
  if (typeof name !== 'string' || name === '') throw wrong('an account has a name');
  if (rights !== undefined) {
    if (!Array.isArray(rights) || !rights.every((right) => typeof right === 'string')) throw wrong('rights are a list');
    rightsOf(rights);
  }
  if (root !== undefined) {
    if (typeof root !== 'string' || hasControl(root)) throw wrong('a root is a path');
    // Harmless, since it never climbs; but whoever wrote it meant another directory than he would get.
    if (root.split('/').includes('..')) throw wrong('a root is a directory beneath the served one, without ".."');
  }
  if (limits !== undefined) {
    if (typeof limits !== 'object' || limits === null) throw wrong('limits are an object');
    const { rate = 1, quotaBytes = 0, quotaFiles = 0 } = limits as Record<string, unknown>;
    wholeNumber('rate', rate, 1, Number.MAX_SAFE_INTEGER);
    wholeNumber('quotaBytes', quotaBytes, 0, Number.MAX_SAFE_INTEGER);
    wholeNumber('quotaFiles', quotaFiles, 0, Number.MAX_SAFE_INTEGER);
  }
  return answer as Account;
}

function wrong(sentence: string): TwinportError {
  return new TwinportError('invalid-argument', sentence);
}
