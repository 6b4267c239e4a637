import { dirname, join, basename, resolve } from 'node:path';
import { isTwinportError } from '../errors';
import { realPath } from './privateFile';
import { within } from './rooted';

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
    if (within(root, await realOrMade(full)) !== undefined) return true;
    for (let name = full; name !== dirname(name); name = dirname(name)) {
      const place = join(await realOrMade(dirname(name)), basename(name));
      if (place !== root && within(root, place) !== undefined) return true;
    }
    return false;
  } catch (error) {
    if (isTwinportError(error)) return false;
    throw error;
  }
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
