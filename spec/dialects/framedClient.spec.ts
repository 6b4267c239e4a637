import { expect } from 'chai';
import { Readable } from 'node:stream';
import { Into, withClient } from '../support/errandBench';
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
    'that has begun to send hears no end of ours, however slow it is: it might end in mid-file',
    withClient('framed', {}, async (errands) => {
      const got = errands.client.get('a', new Into());
      const p = await errands.caller();
      await p.bytes(REQUEST.length);
      await p.send('the ');
      await errands.clock.advance(30_000);
      expect([await p.quiet(), p.state]).to.deep.equal([REQUEST, 'open']);
      await p.end('file');
      expect((await got).size).to.equal(8);
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
