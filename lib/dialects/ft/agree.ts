import { digestPrefix, RunningDigest, type Readable } from '../../data/digest';
import type { Reply } from '../../wire/replies';
import { crc32Of } from './answers';
import { numberFact } from './facts';

/** Are our first `length` bytes those that the server digested for this answer to `-h`? */
export async function agrees(reply: Reply, ours: Readable, length: number, signal: AbortSignal): Promise<boolean> {
  if (numberFact(reply, 'length') !== length) return false;
  const theirs = crc32Of(reply);
  const digest = new RunningDigest();
  return (await digestPrefix(ours, length, digest, signal)) && digest.crc32 === theirs;
}
