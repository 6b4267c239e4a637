import { TwinportError } from '../errors';
import type { Source } from '../storage/storage';
import { digestRange, RunningDigest } from './digest';

/**
 * Rejects `changed` unless the bytes digested, which end at `end`, are still what the file holds.
 *
 * A file that only grew is no error (logs do); one of the same size with another time was written to. Where the
 * storage vouches for the content by its version, that settles it. Where it does not (a young file can change
 * twice within one tick of its clock), where the mark alone is another (written to and given its old time back,
 * or only renamed), and where the file grew (and may have been rewritten too), no time stamp tells: the range is
 * read and digested again.
 */
export async function assertUnchanged(
  source: Source,
  end: number,
  digested: RunningDigest,
  signal: AbortSignal,
): Promise<void> {
  const before = source.stat;
  const now = await source.restat();
  const looksSame = now.size === before.size && now.modified === before.modified;
  if (looksSame && before.version !== undefined && now.version === before.version) return;
  if (looksSame || now.size > before.size) {
    const again = new RunningDigest();
    const start = end - digested.length;
    if ((await digestRange(source, start, digested.length, again, signal)) && again.crc32 === digested.crc32) return;
  }
  throw new TwinportError('changed', 'the file was changed while it was read');
}
