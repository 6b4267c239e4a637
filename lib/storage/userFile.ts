import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { coding } from './errno';
import { localStorage } from './local';
import type { Source } from './storage';

/**
 * Opens a regular file by whatever path the user at this machine named: links are followed, there is no
 * root to stay under. Never for a path that came over the wire. Rejects `not-found`, `denied`, `not-a-file`.
 */
export async function openUserFile(path: string, options: { readonly blocking?: boolean } = {}): Promise<Source> {
  const real = await coding(path, () => realpath(path));
  const storage = await localStorage({ root: dirname(real), ...options });
  try {
    return await storage.read(basename(real));
  } finally {
    await storage.close();
  }
}
