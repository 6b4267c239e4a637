/**
 * A smaller input that is wrong in the same way: halves, quarters and so on are left out as long as it stays wrong, then
 * bytes become plainer. `tries` bounds the work: a session takes milliseconds.
 */
export async function minimised(
  bytes: Buffer,
  isWrong: (bytes: Buffer) => Promise<boolean>,
  tries: number,
): Promise<Buffer> {
  let best = bytes;
  let left = tries;
  const accept = async (candidate: Buffer): Promise<boolean> => {
    if (left <= 0 || candidate.equals(best)) return false;
    left -= 1;
    if (!(await isWrong(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = best.length; size >= 1 && left > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length && left > 0;) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (!(await accept(shorter))) at += size;
    }
  }
  for (const plain of [0x00, 0x61]) {
    for (let at = 0; at < best.length && left > 0; at += 1) {
      const plainer = Buffer.from(best);
      plainer[at] = plain;
      if ((best[at] ?? 0) > plain) await accept(plainer);
    }
  }
  return best;
}
