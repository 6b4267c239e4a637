import { expect } from 'chai';
import { createCipheriv, createHash } from 'node:crypto';
import { digits, sha256 } from '../support/testfiles';

const MEGABYTE = 1_000_000;

function take(seed: number, name: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  digits(seed, name)(bytes);
  return bytes;
}

/** The algorithm as its comment tells it, put together from other parts: block by block, without a counter mode. */
function told(seed: number, name: string, size: number): Buffer {
  const key = createHash('sha256').update(`twinport testfiles/${seed}/${name}`, 'ascii').digest();
  let text = '';
  for (let counter = 0; text.length < size; counter++) {
    const block = Buffer.alloc(16);
    block.writeUInt32BE(counter, 12);
    for (const byte of createCipheriv('aes-256-ecb', key, null).update(block))
      if (byte < 250) text += String(byte % 10);
  }
  return Buffer.from(text.slice(0, size));
}

describe('testfiles: random digits', () => {
  // Also computed by another implementation in another language. If one of these changes, everybody's files change.
  for (const [seed, name, digest] of [
    [1, 'imegU.txt', 'ef4034cbccf9b8f377bf0b7d3d73421ed026d5b582ab1246b6be808b22845b39'],
    [1, 'igigS.txt', 'f011ff40e9ddb897557225101d09b559a7f5fcad3e1b8e844867b6226dd3e400'],
    [7, 'imegU.txt', '1355964fdb5129f6915bc50a269c6233f073d6ffe5841e999ddb69b3144c7de3'],
  ] as const) {
    it(`the first megabyte of ${name} with seed ${seed} is what it always was`, () => {
      expect(sha256(take(seed, name, MEGABYTE))).to.equal(digest);
    });
  }

  it('are what the comment tells, beyond the first piece of the stream', () => {
    for (const [seed, name] of [
      [1, 'imegU.txt'],
      [Number.MAX_SAFE_INTEGER, 'sizes/bytes-65535'],
    ] as const) {
      expect(take(seed, name, 140_000).equals(told(seed, name, 140_000))).to.equal(true);
    }
  });

  it('are the same however they are cut', () => {
    const size = 140_000;
    const whole = take(1, 'x', size);
    for (const piece of [1, 2, 3, 7, 1024, 63_999, 64_000, 65_535, 65_536, 65_537, size - 1, size, size + 1]) {
      const fill = digits(1, 'x');
      const bytes = Buffer.alloc(size);
      for (let at = 0; at < size; at += piece) {
        fill(Buffer.alloc(0));
        fill(bytes.subarray(at, at + piece));
      }
      expect(bytes.equals(whole), `in pieces of ${piece}`).to.equal(true);
    }
  });

  it('fill exactly the buffer they are given', () => {
    const around = Buffer.alloc(300, 'x');
    digits(1, 'x')(around.subarray(100, 200));
    expect(around.toString()).to.match(/^x{100}[0-9]{100}x{100}$/);
  });

  it('come equally often', () => {
    const counts = new Array<number>(10).fill(0);
    for (const byte of take(1, 'imegU.txt', MEGABYTE)) counts[byte - 0x30] = (counts[byte - 0x30] ?? NaN) + 1;
    expect(counts).to.have.length(10);
    // Nine degrees of freedom: a fair source exceeds 33.7 once in ten thousand. Without rejection this were near 700.
    const expected = MEGABYTE / 10;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).to.be.below(33.7);
  });

  it('differ by seed and by name', () => {
    const heads = [take(1, 'a', 64), take(2, 'a', 64), take(1, 'b', 64), take(11, 'a', 64)].map(String);
    expect(new Set(heads).size).to.equal(heads.length);
  });
});
