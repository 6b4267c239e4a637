import { localStorage } from './local';
import { placeOf } from './root';
import type { Source } from './storage';

/**
 * Opens a regular file by whatever path the user at this machine named: links are followed, there is no
 * root to stay under. Never for a path that came over the wire. Rejects `not-found`, `denied`, `not-a-file`.
 */
export async function openUserFile(path: string, options: { readonly blocking?: boolean } = {}): Promise<Source> {
  const place = await placeOf(path, 'read');
  const storage = await localStorage({ root: place.root, ...options });
  try {
    return await storage.read(place.path);
  } finally {
    await storage.close();
  }
}
