import { expect } from 'chai';
import { Readable } from 'node:stream';
import type { TwinportError } from '../../lib/errors';
import { pattern } from '../support/bytes';
import { Into, withClient } from '../support/errandBench';
import { settle } from '../support/fakeClock';
import { rejects } from '../support/storageHelpers';

const REQUEST = '5:get a';

describe('framed: a bare server', () => {
  it(
    'that reads on for a body behind a get is told after two seconds that none comes, and not before',
    withClient('framed', {}, async (errands) => {
      const into = new Into();
      const got = errands.client.get('a', into);
      const p = await errands.caller();
      expect((await p.bytes(REQUEST.length)).toString()).to.equal(REQUEST);
      await errands.clock.advance(1999);
      expect([await p.quiet(), p.state]).to.deep.equal([REQUEST, 'open']);
      await errands.clock.advance(1);
      expect(await p.over()).to.equal('ended');
      await p.end('the file');
      expect((await got).size).to.equal(8);
      expect(into.text).to.equal('the file');
    }),
  );

  it(
    'that has begun to send hears no end of ours as long as something comes: it might end in mid-file',
    withClient('framed', {}, async (errands) => {
      const got = errands.client.get('a', new Into());
      const p = await errands.caller();
      await p.bytes(REQUEST.length);
      for (const piece of 'the slow file') {
        await p.send(piece);
        await errands.clock.advance(4000);
        expect([await p.quiet(), p.state]).to.deep.equal([REQUEST, 'open']);
      }
      await p.end();
      expect((await got).size).to.equal(13);
    }),
  );

  for (const size of [1, 40_000, 3_000_000]) {
    for (const more of [0, 1, 70_000]) {
      it(
        `that waits for our end behind the file hears it, of ${size} bytes, and ${more} behind it count too`,
        withClient('framed', {}, async (errands) => {
          const file = pattern(size + more);
          const into = new Into();
          const got = errands.client.get('a', into);
          const p = await errands.caller();
          await p.bytes(REQUEST.length);
          await p.send(file.subarray(0, size));
          await settle();
          await errands.clock.advance(3999);
          expect([await p.quiet(), p.state]).to.deep.equal([REQUEST, 'open']);
          await errands.clock.advance(2001);
          expect(await p.over()).to.equal('ended');
          await p.end(file.subarray(size));
          expect((await got).size).to.equal(file.length);
          expect(into.bytes.equals(file)).to.equal(true);
        }),
      );
    }
  }

  it(
    'hears no end of ours while it is we who do not read',
    withClient('framed', {}, async (errands) => {
      const file = pattern(3000);
      const into = new Into();
      const got = errands.client.get('a', into, { limitRate: 100 });
      const p = await errands.caller();
      await p.bytes(REQUEST.length);
      void p.send(file);
      for (let i = 0; i < 15; i += 1) {
        await errands.clock.advance(1000);
        expect([await p.quiet(), p.state]).to.deep.equal([REQUEST, 'open']);
      }
      void p.end();
      for (let i = 0; i < 40; i += 1) await errands.clock.advance(1000);
      expect((await got).size).to.equal(file.length);
    }),
  );

  it(
    'that ends only behind us, without a byte, has an empty file; one that resets has none',
    withClient('framed', {}, async (errands) => {
      for (const way of ['fin', 'rst'] as const) {
        const into = new Into();
        const got = errands.client.get('a', into);
        const outcome = got.then(
          ({ size, verified }) => [size, verified],
          (error: unknown) => (error as TwinportError).code,
        );
        const p = await errands.caller();
        await p.bytes(REQUEST.length);
        await errands.clock.advance(2000);
        expect(await p.over()).to.equal('ended');
        if (way === 'fin') await p.end();
        else p.conn.reset();
        expect(await outcome).to.deep.equal(way === 'fin' ? [0, false] : 'refused');
      }
    }),
  );

  it(
    'that ends at once has refused a put: it has heard none of the file',
    withClient('framed', {}, async (errands) => {
      const put = rejects('refused', () => errands.client.put(Readable.from([Buffer.from('mine')]), 'a'));
      const p = await errands.caller();
      await p.bytes(REQUEST.length);
      await p.end();
      expect(await put).to.match(/ended before/);
    }),
  );
});
