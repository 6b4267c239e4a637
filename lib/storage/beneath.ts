import * as nodePath from 'node:path';
import { basename, dirname, join, resolve } from 'node:path';
import { isTwinportError } from '../errors';
import { decodeName } from '../wire/names';
import { coding, errnoOf } from './errno';
import { placeAt, pooledIo } from './io';
import { realPath } from './privateFile';
import { MAX_LINKS } from './rooted';

/**
 * Does that file lie in the directory, or somewhere beneath it, whatever links lead to either; or is a link in there on the
 * way to it, which another could take the place of? What is not there yet lies where it would be made, as does all that would
 * have to be made for it: whoever may make directories would choose the time. False where that cannot be found out: nothing
 * can be opened there then.
 */
export async function liesBeneath(file: string, directory: string): Promise<boolean> {
  try {
    const root = await realOrMade(resolve(directory));
    const full = resolve(file);
    for await (const place of places(full)) if (place !== root && isIn(root, place)) return true;
    return isIn(root, await realOrMade(full));
  } catch (error) {
    if (isTwinportError(error)) return false;
    throw error;
  }
}

/** Is it there, and neither a file nor a directory: a device, a FIFO, a socket? These hold nothing that could be fetched. */
export async function isSpecialFile(path: string): Promise<boolean> {
  try {
    const stats = await pooledIo.stat(placeAt(resolve(path)));
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    return false;
  }
}

/** Is `place` that directory, or beneath it? Of absolute paths without links, by the rules of the system's own paths. */
export function isIn(
  directory: string,
  place: string,
  path: Pick<typeof nodePath, 'relative' | 'isAbsolute' | 'sep'> = nodePath,
): boolean {
  const way = path.relative(directory, place);
  // On another drive it stays absolute.
  return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}

/** All that is looked up on the way to it, each in its real directory: a link, then what it leads over, as the kernel goes. */
async function* places(full: string): AsyncGenerator<string> {
  let { here, names } = apart(full);
  for (let links = 0; links <= MAX_LINKS; links++) {
    let target: string | undefined;
    while (target === undefined) {
      const name = names.shift();
      if (name === undefined) return;
      const place = join(await realOrMade(here), name);
      if (name !== '..') yield place;
      target = name === '..' ? undefined : await linkAt(place);
      if (target === undefined) here = place;
    }
    const led = apart(target);
    here = led.here || here;
    names = [...led.names, ...names];
  }
}

/** Where an absolute path begins, '' of another, and the names in it. */
function apart(path: string): { here: string; names: string[] } {
  const { root } = nodePath.parse(path);
  const names = path.slice(root.length).split(nodePath.sep === '/' ? '/' : /[/\\]/);
  return { here: root, names: names.filter((name) => name !== '' && name !== '.') };
}

/** Where it leads; undefined where there is no link. */
function linkAt(place: string): Promise<string | undefined> {
  return coding(place, async () => {
    try {
      return decodeName(await pooledIo.readlink(placeAt(place)));
    } catch (error) {
      if (/^(EINVAL|ENOENT|ENOTDIR)$/.test(errnoOf(error) ?? '')) return undefined;
      throw error;
    }
  });
}

async function realOrMade(full: string): Promise<string> {
  try {
    return await realPath(full);
  } catch (error) {
    const above = dirname(full);
    if (above === full || !isTwinportError(error, 'not-found')) throw error;
    return join(await realOrMade(above), basename(full));
  }
}
