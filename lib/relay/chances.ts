import { between, type Random } from './random';

/** One piece of a stammered stream: so many bytes, then so many milliseconds of silence. */
export interface Piece {
  readonly length: number;
  readonly pause: number;
}

/** One byte to spoil: it becomes itself XOR `mask`, and `mask` is never 0. */
export interface Flip {
  readonly offset: number;
  readonly mask: number;
}

/**
 * Pauses stay far below the 500 ms of silence that end a message where a wire has no terminators: a stammer must
 * try a peer's reading, not rewrite what it is told.
 */
const LONGEST_PAUSE = 10;
/** Where messages are: nearly every byte is cut from the next. */
const HEAD = 256;
/** Where short files are. */
const NECK = 4096;

/**
 * The pieces of a stream, for ever. Cut points are absolute: they do not depend on how bytes arrive. The beginning
 * is cut small; what follows is mixed, a thousand bytes a piece, and passes at 1 to 3 MB/s.
 */
export function* pieces(random: Random): Generator<Piece, never> {
  for (let offset = 0; ;) {
    const [most, often] = offset < HEAD ? [5, 0.3] : offset < NECK ? [64, 0.2] : [mixed(random), 0.08];
    const length = between(random, 1, most);
    const pause = random() < often ? between(random, 1, LONGEST_PAUSE) : 0;
    offset += length;
    yield { length, pause };
  }
}

function mixed(random: Random): number {
  const chance = random();
  return chance < 0.25 ? 64 : chance < 0.5 ? 512 : 4096;
}

/** The first is met by a stream of a few dozen bytes; the more there are, the further they lie apart. */
const FIRST_FLIP = 36;
/** More would lie beyond any file: each gap is about twice the last. */
export const MOST_FLIPS = 40;

/** `count` single bits of a stream, in order. */
export function bitFlips(random: Random, count: number): Flip[] {
  const flips: Flip[] = [];
  // Squared: streams shorter than all of it are met more often.
  let offset = Math.floor(FIRST_FLIP * random() ** 2);
  for (let n = 0; n < count; n += 1) {
    flips.push({ offset, mask: 1 << between(random, 0, 7) });
    offset += 1 + Math.floor(FIRST_FLIP * 2 ** n * (0.5 + random()));
  }
  return flips;
}

/** One byte among the first hundred, sooner rather than later, turned into any other. */
export function byteFlip(random: Random): Flip {
  return { offset: Math.floor(100 * random() ** 2), mask: between(random, 1, 255) };
}
