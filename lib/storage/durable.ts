import { constants } from 'node:fs';
import { errnoOf } from './errno';
import type { Io } from './io';
import type { Dir } from './rooted';

/**
 * A name that outlives the power: what changes the names in a directory, and then the directory on disk. The bytes
 * behind the name are its caller's to bring there first, or a name could survive a file that did not.
 */

const LOOK = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
/** What file systems answer that keep directories elsewhere (some network and FUSE ones): there is nothing to wait for. */
const NO_SUCH_THING = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Rejects EACCES, before `change` is made, where the directory may be written but not read: nobody can say then when
 * it is on disk. When only the disk fails behind `change`, it is made all the same, and cannot be taken back.
 */
export async function durably<T>(io: Io, dir: Dir, change: () => Promise<T>): Promise<T> {
  // Windows opens no directory so, and keeps a journal of them.
  if (process.platform === 'win32') return change();
  const fd = await io.open(dir.at('.'), LOOK);
  try {
    const changed = await change();
    try {
      await io.fsync(fd);
    } catch (error) {
      if (!NO_SUCH_THING.has(errnoOf(error) ?? '')) throw error;
    }
    return changed;
  } finally {
    io.closeNow(fd);
  }
}
