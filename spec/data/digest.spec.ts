import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { digestPrefix, digestRange, RunningDigest, runningDigest, type Readable } from '../../lib/data/digest';
import { TwinportError } from '../../lib/errors';
import { failureOf, pattern } from '../support/bytes';
import { cuts } from '../support/splits';

/** The check value of CRC-32/ISO-HDLC, from the catalogue of parametrised CRC algorithms. */
const CHECK = { text: '123456789', crc32: 'cbf43926' };
/** FIPS 180-2, appendix B.1. */
const ABC = { text: 'abc', sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' };

const crcOf = (bytes: string | Uint8Array): string => {
  const digest = new RunningDigest();
  digest.update(Buffer.from(bytes));
  return digest.crc32;
};

/** Bytes to read at a position, `most` at a time, that remember what was asked. */
function readable(bytes: Uint8Array, most = Infinity, soon = false) {
  const asked: [position: number, length: number][] = [];
  const from: Readable = {
    read: (into, position) => {
      asked.push([position, into.length]);
      const some = bytes.subarray(position, position + Math.min(into.length, most));
      into.set(some);
      return soon ? Promise.resolve(some.length) : some.length;
    },
  };
  return { from, asked };
}

describe('a running digest', () => {
  it('agrees with the published values', () => {
    expect(crcOf(CHECK.text)).to.equal(CHECK.crc32);
    expect(crcOf('')).to.equal('00000000');
    const sha = new RunningDigest('sha256');
    sha.update(Buffer.from(ABC.text));
    expect(sha.finish()).to.deep.equal({ length: 3, crc32: '352441c2', sha256: ABC.sha256 });
  });

  it('has eight digits, leading zeros too', () => {
    const values = Array.from({ length: 4096 }, (_, i) => crcOf(String(i)));
    for (const value of values) expect(value).to.match(/^[0-9a-f]{8}$/);
    expect(values.some((value) => value.startsWith('00'))).to.equal(true);
  });

  it('is the same however the bytes are cut', () => {
    const bytes = pattern(97);
    for (const { how, chunks } of cuts(bytes)) {
      const digest = new RunningDigest('sha256');
      for (const chunk of chunks) digest.update(chunk);
      expect(digest.finish(), how).to.deep.equal({
        length: 97,
        crc32: crcOf(bytes),
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    }
  });

  it('tells count and CRC on the way, and SHA-256 only when asked for', () => {
    const digest = new RunningDigest();
    digest.update(Buffer.from('1234'));
    expect([digest.length, digest.crc32]).to.deep.equal([4, crcOf('1234')]);
    digest.update(Buffer.from('56789'));
    expect(digest.finish()).to.deep.equal({ length: 9, crc32: CHECK.crc32 });
  });

  it('may be given, or named, or neither', () => {
    const given = new RunningDigest('sha256');
    expect(runningDigest(given)).to.equal(given);
    expect(runningDigest('sha256').finish()).to.have.property('sha256');
    expect(runningDigest(undefined).finish()).to.not.have.property('sha256');
  });
});

describe('the digest of what can be read', () => {
  const bytes = pattern(600_001);

  for (const [how, most, soon] of [
    ['at once', Infinity, false],
    ['later', Infinity, true],
    ['in small pieces', 1013, false],
    ['in small pieces, later', 1013, true],
  ] as const) {
    it(`is that of the very range when reads answer ${how}`, async () => {
      for (const [start, length] of [
        [0, 0],
        [0, 1],
        [0, 262_144],
        [0, 262_145],
        [0, 600_001],
        [7, 300_000],
        [600_000, 1],
        [600_001, 0],
      ] as const) {
        const { from, asked } = readable(bytes, most, soon);
        const digest = new RunningDigest();
        expect(await digestRange(from, start, length, digest)).to.equal(true);
        expect(digest.finish()).to.deep.equal({ length, crc32: crcOf(bytes.subarray(start, start + length)) });
        for (const [position, wanted] of asked) {
          expect(position).to.be.at.least(start);
          expect(position + wanted).to.be.at.most(start + length);
          expect(wanted).to.be.at.most(256 * 1024);
        }
      }
    });
  }

  it('continues a digest that holds something already', async () => {
    const digest = new RunningDigest();
    expect(await digestPrefix(readable(bytes).from, 1000, digest)).to.equal(true);
    digest.update(bytes.subarray(1000));
    expect(digest.finish()).to.deep.equal({ length: bytes.length, crc32: crcOf(bytes) });
  });

  it('is none when the bytes end before', async () => {
    expect(await digestPrefix(readable(bytes).from, bytes.length + 1, new RunningDigest())).to.equal(false);
    expect(await digestRange(readable(bytes).from, bytes.length, 1, new RunningDigest())).to.equal(false);
  });

  it('stops with the coded reason of its signal', async () => {
    const reason = new TwinportError('data-timeout', 'nothing moved');
    const run = (signal: AbortSignal) => digestPrefix(readable(bytes).from, 1000, new RunningDigest(), signal);
    expect(await failureOf(run(AbortSignal.abort(reason)))).to.equal(reason);
    expect((await failureOf(run(AbortSignal.abort('a word')))).code).to.equal('aborted');
    const controller = new AbortController();
    let reads = 0;
    const from: Readable = {
      read: (into) => {
        reads += 1;
        if (reads === 3) controller.abort(reason);
        return into.length;
      },
    };
    const endless = digestPrefix(from, 2 ** 40, new RunningDigest(), controller.signal);
    expect(await failureOf(endless)).to.equal(reason);
    expect(reads).to.equal(3);
  });

  it('hands on what reading rejects with', async () => {
    const failure = new TwinportError('io-error', 'the disk is gone');
    for (const read of [
      () => Promise.reject(failure),
      () => {
        throw failure;
      },
    ]) {
      expect(await failureOf(digestPrefix({ read }, 10, new RunningDigest()))).to.equal(failure);
    }
  });
});
