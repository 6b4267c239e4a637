import { dirname } from 'node:path';
import { isTwinportError, TwinportError } from '../errors';

/**
 * Rejects as the put of this file would, before anything is dialled: to some servers a connection is an upload
 * already, of an empty file.
 */
export async function checkLocalFile(path: string): Promise<void> {
  const { checkUserFile } = require('../index') as typeof import('../index');
  try {
    await checkUserFile(path);
  } catch (error) {
    // Node reads the command line, and we the answers, as UTF-8: where /proc does not tell, other bytes are lost.
    if (!isTwinportError(error, 'not-found') || !path.includes('\ufffd')) throw error;
    const why = 'where a name is not UTF-8, its bytes may arrive as U+FFFD; rename the file, or link to it';
    throw new TwinportError('not-found', `${error.message}: ${why}`, { cause: error });
  }
}

/** Makes a directory here, with those above it, as puts do there. Resolves with false where there was one already. */
export async function makeLocalDirectory(path: string): Promise<boolean> {
  const { localStorage } = require('../index') as typeof import('../index');
  const open = async (create: boolean): Promise<void> => (await localStorage({ root: path, create })).close();
  try {
    await open(false);
    return false;
  } catch (error) {
    if (!isTwinportError(error, 'not-found')) throw error;
  }
  const above = dirname(path);
  if (above !== path) await makeLocalDirectory(above);
  await open(true);
  return true;
}
