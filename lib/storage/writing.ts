import type { Soon } from './io';

/** One writev of at most this many chunks (IOV_MAX on Linux and macOS; the kernel refuses more). */
export const MAX_CHUNKS = 1024;

/** One call of the kernel's: answers how many bytes it took, which may be fewer than it was given. */
export type WriteSome = (chunks: readonly Uint8Array[], position: number | null) => Soon<number>;

/**
 * Writes everything, however little each call takes: a disk that fills up, a signal or a pipe end a call
 * early, and the reason comes only with the next one. Synchronous as long as `some` is.
 */
export function writeAll(some: WriteSome, chunks: readonly Uint8Array[], position: number | null): Soon<void> {
  let rest = withoutFirst(chunks, 0);
  let at = position;
  while (rest.length > 0) {
    const count = some(rest.slice(0, MAX_CHUNKS), at);
    if (typeof count !== 'number') return continueLater(some, rest, at, count);
    rest = withoutFirst(rest, progress(count));
    if (at !== null) at += count;
  }
}

async function continueLater(
  some: WriteSome,
  chunks: readonly Uint8Array[],
  position: number | null,
  first: Promise<number>,
): Promise<void> {
  let rest = chunks;
  let at = position;
  for (let count = progress(await first); ; count = progress(await some(rest.slice(0, MAX_CHUNKS), at))) {
    rest = withoutFirst(rest, count);
    if (at !== null) at += count;
    if (rest.length === 0) return;
  }
}

/** A call that takes nothing and says nothing would be made for ever. */
function progress(count: number): number {
  if (count > 0) return count;
  throw Object.assign(new Error('write took no bytes'), { code: 'EIO' });
}

/** The chunks behind the first `count` bytes, without empty ones. */
function withoutFirst(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let first = 0;
  for (let skip = count; first < chunks.length; first += 1) {
    const chunk = chunks[first];
    if (chunk === undefined || skip < chunk.length) {
      if (chunk === undefined || skip === 0) break;
      return [chunk.subarray(skip), ...chunks.slice(first + 1)];
    }
    skip -= chunk.length;
  }
  return first === 0 ? chunks : chunks.slice(first);
}
