import { expect } from 'chai';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { cannotRead, isSource, sendBody } from '../../lib/data/body';
import { RunningDigest } from '../../lib/data/digest';
import { TwinportError } from '../../lib/errors';
import { onBothNetworks } from '../support/bothNetworks';
import { failureOf, pattern, readAll } from '../support/bytes';
import { SpecSource } from '../support/dataSource';
import { settle } from '../support/fakeClock';

const never = new AbortController().signal;

describe('a body', () => {
  it('is a source, or a stream', () => {
    expect(isSource(new SpecSource(Buffer.from('x')))).to.equal(true);
    expect(isSource(Readable.from([Buffer.from('x')]))).to.equal(false);
  });

  it('that cannot be read says so in a sentence, and an error of ours stays what it is', () => {
    const ours = new TwinportError('denied', 'no');
    expect(cannotRead(ours)).to.equal(ours);
    const theirs = new Error('the pipe burst');
    const wrapped = cannotRead(theirs);
    expect(wrapped).to.include({ code: 'io-error', cause: theirs });
    expect(wrapped.message).to.match(/the pipe burst/);
    expect(cannotRead('text').message).to.match(/text/);
  });

  onBothNetworks((ground) => {
    const bytes = pattern(300_001);

    for (const [what, from] of [
      ['a file', () => new SpecSource(bytes)],
      [
        'a stream of buffers',
        () => Readable.from([bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)]),
      ],
    ] as const) {
      it(`sends all of ${what}, counts it, and leaves FIN to its caller`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const all = readAll(accepted);
        const seen: number[] = [];
        const digest = new RunningDigest();
        const facts = await sendBody(dialled, from(), { signal: never, digest, onProgress: (n) => void seen.push(n) });
        expect(facts).to.include({ length: bytes.length, crc32: crc32(bytes).toString(16).padStart(8, '0') });
        expect(seen.at(-1)).to.equal(bytes.length);
        let ended = false;
        void all.then(() => (ended = true));
        await settle(50);
        expect(ended).to.equal(false);
        await dialled.end();
        expect((await all).equals(bytes)).to.equal(true);
      });
    }

    it('sends a file from an offset on', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const all = readAll(accepted);
      const facts = await sendBody(dialled, new SpecSource(bytes), { signal: never, offset: 100_000 });
      await dialled.end();
      expect(facts.length).to.equal(200_001);
      expect((await all).equals(bytes.subarray(100_000))).to.equal(true);
    });

    it('takes text for UTF-8, and refuses what is neither bytes nor text', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const all = readAll(accepted);
      await sendBody(dialled, Readable.from(['ünï', 'x']), { signal: never });
      const failed = await failureOf(sendBody(dialled, Readable.from([Buffer.from('y'), 42]), { signal: never }));
      expect(failed.code).to.equal('invalid-argument');
      await dialled.end();
      expect((await all).toString()).to.equal('ünïxy');
    });

    it('a stream that fails: io-error, with what came before sent', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const all = readAll(accepted);
      const burst = async function* (): AsyncGenerator<Buffer> {
        yield await Promise.resolve(Buffer.from('before'));
        throw new Error('the pipe burst');
      };
      expect((await failureOf(sendBody(dialled, burst(), { signal: never }))).code).to.equal('io-error');
      await dialled.end();
      expect((await all).toString()).to.equal('before');
    });

    it('an abort is heard while a stream has nothing to give, and what it does later harms nobody', async () => {
      const { dialled } = await ground().net.pair();
      const abort = new AbortController();
      let fail: (error: Error) => void = () => undefined;
      const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>((_, no) => (fail = no)) }) };
      const failed = failureOf(sendBody(dialled, silent, { signal: abort.signal }));
      await settle();
      abort.abort(new TwinportError('aborted', 'enough'));
      expect((await failed).message).to.equal('enough');
      // An unhandled rejection would end the process.
      fail(new Error('afterwards'));
      await settle();
    });
  });
});
