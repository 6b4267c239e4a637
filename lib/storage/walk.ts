import { errnoOf } from './errno';
import { LINK, type Dir } from './rooted';

/** Names of directories from the top of a walk down. */
export type Trail = readonly string[];

export interface WalkOptions {
  /** Begin here, and leave out what comes before it, which an earlier walk has visited. */
  readonly from?: Trail;
  /** What could not be entered; it may throw. What is gone, or no directory any more, is not told. */
  readonly failed?: (error: unknown) => void;
  /** Asked before each directory but the top. */
  readonly goesOn?: () => boolean;
}

interface Level {
  readonly name: string;
  readonly identity: string;
  /** To be visited, the next one last. */
  readonly names: string[];
}

/**
 * Visits `top` and every directory below it, in an order that stays; `visit` answers the directories in one. Links are not
 * followed. Answers where it stopped, undefined at the end.
 *
 * Clients can make trees of any depth, by renaming deep ones into each other. So no more than three directories are open at
 * once, however deep it is, and each costs the same: by `..`, which must be the very directory that was left, since one
 * that is moved meanwhile has its parent elsewhere. A path from the top would cost its length at each step, and what
 * lies deeper than a path can say could not be reached at all.
 */
export async function walk(
  top: Dir,
  visit: (dir: Dir) => Promise<readonly string[]>,
  { from = [], failed = () => undefined, goesOn = () => true }: WalkOptions = {},
): Promise<Trail | undefined> {
  const trail: Level[] = [];
  let here = top.hold();
  /** As far as `trail` is the way to `from`. */
  let skipping = from.length > 0;
  const arrive = async (dir: Dir, name: string, names: readonly string[]): Promise<void> => {
    const first = skipping ? from[trail.length] : undefined;
    const rest = first === undefined ? [...names] : names.filter((each) => each >= first);
    trail.push({ name, identity: await dir.identity(), names: rest.sort().reverse() });
  };
  try {
    await arrive(here, '', await visit(here));
    for (;;) {
      const level = trail.at(-1);
      if (level === undefined) return undefined;
      const name = level.names.at(-1);
      if (name === undefined) {
        trail.pop();
        here = await ascend(top, here, trail);
        continue;
      }
      skipping &&= from[trail.length - 1] === name;
      // The way back to where it was left is not counted, or whoever makes it long enough would never be passed.
      if (!skipping && !goesOn()) return [...trail.slice(1).map((each) => each.name), name];
      level.names.pop();
      const next = await enter(here, name, failed);
      if (next === undefined) continue;
      let below: readonly string[] = [];
      try {
        below = await visit(next);
        if (below.length > 0) await arrive(next, name, below);
      } catch (error) {
        next.release();
        throw error;
      }
      // Most directories have none in them: those are not worth a way back.
      const [kept, left] = below.length > 0 ? [next, here] : [here, next];
      left.release();
      here = kept;
    }
  } finally {
    here.release();
  }
}

async function enter(dir: Dir, name: string, failed: (error: unknown) => void): Promise<Dir | undefined> {
  try {
    const next = await dir.enter(name);
    return next === LINK ? undefined : next;
  } catch (error) {
    // Gone, or something else by now.
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) failed(error);
    return undefined;
  }
}

/** From `here`, which it lets go, to where `trail` ends now. */
async function ascend(top: Dir, here: Dir, trail: Level[]): Promise<Dir> {
  const above = trail.at(-1);
  if (above === undefined) return here;
  const up = await enter(here, '..', () => undefined);
  if (up !== undefined && (await up.identity()) === above.identity) {
    here.release();
    return up;
  }
  up?.release();
  // Somebody has moved it: down again from the top, as far as everything is what it was.
  let found = top.hold();
  for (let at = 1; at < trail.length; at += 1) {
    const next = await enter(found, trail[at]?.name ?? '', () => undefined);
    if (next === undefined || (await next.identity()) !== trail[at]?.identity) {
      next?.release();
      trail.length = at;
      break;
    }
    found.release();
    found = next;
  }
  here.release();
  return found;
}
