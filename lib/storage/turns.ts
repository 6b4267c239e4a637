import type { Dir } from './rooted';

/** Of each name that this process is changing or waits to change, who changes it last. */
const last = new Map<string, Promise<unknown>>();

/**
 * Does `work` when nobody else in this process is changing these names. Moving a file is two steps, link and
 * unlink: a put that is committed between them would lose its file to the second, and of two moves both would
 * succeed. Other processes are kept out by nothing: POSIX has no one step for it.
 */
export async function inTurn<T>(
  names: readonly { readonly dir: Dir; readonly name: string }[],
  work: () => Promise<T>,
): Promise<T> {
  // Some file systems know no case: too few turns at once are only slower.
  const keys = await Promise.all(names.map(async ({ dir, name }) => `${await dir.identity()}/${name.toLowerCase()}`));
  // All at once, so that no two can wait for each other.
  const before = keys.map((key) => last.get(key) ?? Promise.resolve());
  const mine = Promise.all(before).then(work);
  const settled = mine.catch(() => undefined);
  for (const key of keys) last.set(key, settled);
  try {
    return await mine;
  } finally {
    for (const key of keys) if (last.get(key) === settled) last.delete(key);
  }
}
