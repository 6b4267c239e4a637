import { between, randomFor, type Random } from '../../../lib/relay/random';
import { corpusOf, type Claim } from '../claim';
import { piecesOf } from '../hostile';

/** Bytes of one input. What is longer than any limit of ours, and short enough to try many. */
const LONGEST = 64 * 1024;

/** Makes the inputs of a target, from the seed and a number alone: each can be had again without those before it. */
export class Mutator {
  private readonly corpus: readonly Buffer[];
  private readonly pieces: readonly Buffer[];

  constructor(
    private readonly claim: Claim,
    private readonly seed: number,
  ) {
    this.corpus = [...corpusOf(claim), Buffer.alloc(0)];
    this.pieces = piecesOf(claim);
  }

  input(index: number): Buffer {
    const random = randomFor(this.seed, this.claim.name, index);
    if (random() < 0.08) return noise(random, between(random, 0, random() < 0.1 ? 4000 : 80));
    let bytes = choose(random, this.corpus);
    const turns = 1 + Math.floor(random() ** 3 * 12);
    for (let turn = 0; turn < turns; turn += 1) bytes = this.changed(random, bytes);
    return bytes.subarray(0, LONGEST);
  }

  private changed(random: Random, bytes: Buffer): Buffer {
    const at = between(random, 0, bytes.length);
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (between(random, 0, 8)) {
      case 0: {
        if (bytes.length === 0) return noise(random, 1);
        const copy = Buffer.from(bytes);
        const where = Math.min(at, bytes.length - 1);
        copy[where] = (copy[where] ?? 0) ^ (1 << between(random, 0, 7));
        return copy;
      }
      case 1:
        return Buffer.concat([head, noise(random, between(random, 1, 6)), tail]);
      case 2:
        return Buffer.concat([head, tail.subarray(between(random, 1, 12))]);
      case 3: {
        const other = choose(random, this.corpus);
        return Buffer.concat([head, other.subarray(between(random, 0, other.length))]);
      }
      case 4: {
        const part = tail.subarray(0, between(random, 1, 20));
        const count = random() < 0.05 ? between(random, 1, 6000) : between(random, 1, 8);
        return Buffer.concat([head, Buffer.alloc(part.length === 0 ? 0 : part.length * count, part), tail]);
      }
      case 5:
        return Buffer.from(head);
      default:
        return Buffer.concat([
          head,
          choose(random, this.pieces),
          random() < 0.3 ? tail.subarray(between(random, 0, 8)) : tail,
        ]);
    }
  }
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => between(random, 0, 255)));
}

function choose<T>(random: Random, all: readonly T[]): T {
  return all[between(random, 0, all.length - 1)] as T;
}
