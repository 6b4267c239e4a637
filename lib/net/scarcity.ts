import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { descriptorOf } from './resets';

/** Descriptors that are kept for the data connections and files of who is served: an eighth of all, so many at least and at most. */
const LEAST_SPARE = 8;
const MOST_SPARE = 64;

/** Of the first descriptor that is spare; Infinity where the system tells no limit. */
let spareFrom: number | undefined;

/**
 * Asks the system once how many descriptors this process may have. Call before there are connections: where there is no
 * /proc it costs a report of everything, twenty milliseconds, for which Node looks up the names of all that are connected.
 */
export function learnDescriptorLimit(): void {
  if (spareFrom !== undefined) return;
  const limit = limitOfProc() ?? limitOfReport();
  const spare = (count: number): number => Math.max(LEAST_SPARE, Math.min(MOST_SPARE, Math.floor(count / 8)));
  spareFrom = limit === undefined ? Infinity : limit - spare(limit);
}

function limitOfProc(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : soft === 'unlimited' ? Infinity : Number(soft);
  } catch {
    return undefined;
  }
}

/** Undefined where the report has no such limits: on Windows, where it would be made for nothing. */
export function limitOfReport({ platform, report }: { platform: string; report?: { getReport(): unknown } } = process):
  number | undefined {
  if (platform === 'win32') return undefined;
  const limits: unknown = Reflect.get(Object(report?.getReport()), 'userLimits');
  // A number, or `unlimited`.
  const limit: unknown = Reflect.get(Object(Reflect.get(Object(limits), 'open_files')), 'soft');
  return typeof limit === 'number' ? limit : undefined;
}

/**
 * Is this one of the last connections that there are descriptors for? When there are none left, libuv accepts and closes
 * whoever comes, and tells nobody: the server would not know that it has to make room. A descriptor is always the lowest
 * that is free (POSIX `accept`), so its number says how many are in use.
 */
export function isScarce(socket: Socket): boolean {
  return (descriptorOf(socket) ?? 0) >= (spareFrom ?? Infinity);
}

/** Where a system shows a process all descriptors that it has; others show three there, or nothing. */
const IN_USE: Partial<Record<NodeJS.Platform, string>> = { linux: '/proc/self/fd', darwin: '/dev/fd' };

/**
 * Are those that are not spare all in use? A low number does not say that they are not: it may be of the one that was just
 * closed. Undefined where the system does not tell; where it does, a thousand descriptors cost most of a millisecond.
 */
export function runsShort(): boolean | undefined {
  const folder = IN_USE[process.platform];
  if (folder === undefined || spareFrom === undefined) return undefined;
  try {
    // One of them is the folder's own.
    return readdirSync(folder).length - 1 > spareFrom;
  } catch (error) {
    // EMFILE is an answer; a jail without /proc gives none.
    return Reflect.get(Object(error), 'code') === 'EMFILE' ? true : undefined;
  }
}
