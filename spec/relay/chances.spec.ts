import { expect } from 'chai';
import { bitFlips, byteFlip, MOST_FLIPS, pieces, type Piece } from '../../lib/relay/chances';
import { between, randomFor } from '../../lib/relay/random';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const first = (seed: number, ...stream: (string | number)[]): number[] => {
  const random = randomFor(seed, ...stream);
  return Array.from({ length: 8 }, () => random());
};

describe('the random numbers of a stream', () => {
  it('are the same for the same seed and stream, and others for any other', () => {
    const streams = SEEDS.flatMap((seed) => [
      [seed, 1, 'P', 'there'],
      [seed, 1, 'P', 'back'],
      [seed, 2, 'P', 'there'],
      [seed, 1, 'Q1', 'there'],
    ]) as [number, ...(string | number)[]][];
    const seen = new Set(streams.map((stream) => first(...stream).join()));
    expect(seen.size).to.equal(streams.length);
    for (const stream of streams) expect(seen.has(first(...stream).join())).to.equal(true);
  });

  it('are the same on every machine and in every version', () => {
    const random = randomFor(7, 1, 'Q1.1', 'back', 'corrupt');
    expect(Array.from({ length: 4 }, () => between(random, 0, 999_999))).to.deep.equal(PINNED);
  });

  it('lie evenly from 0 up to 1', () => {
    const all = SEEDS.flatMap((seed) => first(seed, 'x'));
    const tenths = Array.from({ length: 10 }, (_, n) => all.filter((x) => Math.floor(x * 10) === n).length);
    for (const count of tenths) expect(count).to.be.within(110, 210);
    expect(Math.min(...all)).to.be.at.least(0);
    expect(Math.max(...all)).to.be.below(1);
  });

  it('give whole numbers with both bounds among them', () => {
    const random = randomFor(1);
    const drawn = new Set(Array.from({ length: 200 }, () => between(random, 3, 6)));
    expect([...drawn].sort()).to.deep.equal([3, 4, 5, 6]);
  });
});

const PINNED: readonly number[] = [271315, 317678, 773861, 352453];

describe('the pieces of a stammered stream', () => {
  function taken(seed: number, bytes: number): Piece[] {
    const all: Piece[] = [];
    const stream = pieces(randomFor(seed));
    for (let offset = 0; offset < bytes;) {
      const piece = stream.next().value;
      all.push(piece);
      offset += piece.length;
    }
    return all;
  }

  it('are never empty, and never pause for so long that a peer takes it for an end', () => {
    for (const seed of SEEDS.slice(0, 20)) {
      for (const { length, pause } of taken(seed, 100_000)) {
        expect(length).to.be.within(1, 4096);
        expect(pause).to.be.within(0, 20);
      }
    }
  });

  it('are small where messages are, and mixed behind', () => {
    for (const seed of SEEDS.slice(0, 20)) {
      expect(taken(seed, 64).length).to.be.at.least(13);
      expect(taken(seed, 4096).length).to.be.at.least(100);
      const later = taken(seed, 200_000).slice(300);
      expect(later.some(({ length }) => length < 64)).to.equal(true);
      expect(later.some(({ length }) => length > 2000)).to.equal(true);
    }
  });

  it('pass at one to three megabytes a second', () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const silence = taken(seed, 1_000_000).reduce((sum, { pause }) => sum + pause, 0);
      expect(silence).to.be.within(333, 1000);
    }
  });
});

describe('the flips of a stream', () => {
  it('are single bits, in order, each at another byte', () => {
    for (const seed of SEEDS) {
      const flips = bitFlips(randomFor(seed), MOST_FLIPS);
      expect(flips).to.have.length(MOST_FLIPS);
      let last = -1;
      for (const { offset, mask } of flips) {
        expect(Number.isSafeInteger(offset)).to.equal(true);
        expect(offset).to.be.above(last);
        expect([1, 2, 4, 8, 16, 32, 64, 128]).to.include(mask);
        last = offset;
      }
    }
  });

  it('meet short streams, and spread', () => {
    const all = SEEDS.map((seed) => bitFlips(randomFor(seed), 3).map(({ offset }) => offset));
    for (const [offset = -1] of all) expect(offset).to.be.within(0, 35);
    expect(all.filter(([offset = 99]) => offset < 9).length).to.be.above(70);
    expect(new Set(all.map(([offset]) => offset)).size).to.be.above(25);
    for (const seed of SEEDS) {
      const offsets = bitFlips(randomFor(seed), 12).map(({ offset }) => offset);
      expect(offsets[11]).to.be.within(36 * 2 ** 9, 36 * 2 ** 13);
    }
  });

  it('on a control connection are one byte of the first hundred, and never leave it as it was', () => {
    const all = SEEDS.map((seed) => byteFlip(randomFor(seed)));
    for (const { offset, mask } of all) {
      expect(offset).to.be.within(0, 99);
      expect(mask).to.be.within(1, 255);
    }
    expect(new Set(all.map(({ offset }) => offset)).size).to.be.above(50);
    expect(all.filter(({ offset }) => offset < 25).length).to.be.above(70);
  });
});
