import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { TwinportError } from '../errors';
import { coding, errnoOf, shown } from './errno';
import { holderHere, mayBeAlive } from './holders';
import { placeAt } from './io';

/** How a lock that somebody has is waited for. */
export interface Waiting {
  /** Resolves a moment later, of about so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Whether it has been waited for long enough. */
  readonly over: () => boolean;
}

/**
 * The lock of who took another's away and was killed over that may have to be taken away itself. Whoever is killed so often in a
 * row has a machine that is not well, and is told which file to look at.
 */
const DEEPEST = 3;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 200;

/**
 * Does `work` while no other process that asks for the same lock does: `path` is a file that says who has it, made by link(2),
 * so that it is never there without its words. Who was killed leaves it behind, and it is taken from the dead. Rejects
 * `in-use` when it was waited for long enough.
 */
export async function withLockFile<T>(path: string, waiting: Waiting, work: () => Promise<T>): Promise<T> {
  const release = await take(path, waiting, 0);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function take(path: string, waiting: Waiting, depth: number): Promise<() => Promise<void>> {
  for (let ms = FIRST_PAUSE; ; ms = Math.min(LONGEST_PAUSE, ms * 2)) {
    if (await claimed(path)) return () => fs.unlink(placeAt(path)).catch(() => undefined);
    const holder = await holderOf(path);
    if (holder === undefined) continue;
    if (!mayBeAlive(holder) && depth < DEEPEST) await takeAway(path, holder, waiting, depth);
    else if (waiting.over()) throw inUse(path);
    // Of several that wait at the same pace each would meet the same one every time.
    else await waiting.pause(ms * (0.5 + Math.random()));
  }
}

/** True where the lock was free, and is ours. */
async function claimed(path: string): Promise<boolean> {
  const holder = holderHere();
  const claim = `${path}-${holder}-${randomBytes(4).toString('hex')}`;
  return coding(path, async () => {
    await fs.writeFile(placeAt(claim), holder, { flag: 'wx', mode: 0o600 });
    try {
      await fs.link(placeAt(claim), placeAt(path));
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      // Where a file has one name only, its words are there a moment after it: an empty one belongs to somebody alive.
      if (NO_LINKS.includes(errnoOf(error) ?? '')) return await made(path, holder);
      throw error;
    } finally {
      await fs.unlink(placeAt(claim));
    }
    return true;
  });
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

async function made(path: string, holder: string): Promise<boolean> {
  try {
    await fs.writeFile(placeAt(path), holder, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Two that have both seen that the holder is dead must not both act on it: the second would take away the lock of the first.
 * So who takes one away has to have a lock for that, and looks once more.
 */
async function takeAway(path: string, dead: string, waiting: Waiting, depth: number): Promise<void> {
  const release = await take(`${path}.dead`, waiting, depth + 1);
  try {
    if ((await holderOf(path)) === dead) await fs.unlink(placeAt(path));
  } finally {
    await release();
  }
}

async function holderOf(path: string): Promise<string | undefined> {
  return coding(path, async () => {
    try {
      return await fs.readFile(placeAt(path), 'latin1');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

function inUse(path: string): TwinportError {
  return new TwinportError('in-use', `somebody else is at work there: if nobody is, delete ${shown(path)}`);
}
