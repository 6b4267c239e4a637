import { expect } from 'chai';
import { PassThrough, Readable } from 'node:stream';
import { exitCodeOf } from '../../lib/cli/exit';
import { isTwinportError } from '../../lib/errors';
import { Into, withClient, type Errands } from '../support/errandBench';
import { Place } from '../support/ftPair';
import { cuts } from '../support/splits';
import { pattern, rejects } from '../support/storageHelpers';
import type { Talker } from '../support/talker';

const NOT_FOUND = 'File not found.';
/** Hears a header, alone: the body waits, so that even a server that reads more finds just that. */
async function headed(errands: Errands, p: Talker, header: string): Promise<void> {
  await p.bytes(header.length);
  await errands.clock.advance(199);
  expect(p.unread).to.equal(header);
  await errands.clock.advance(1);
}
const body = (text: string | Buffer): Readable => Readable.from([Buffer.from(text as string)]);

describe('colon: a bare server', () => {
  it('says that it has no such file, however it is cut, and nothing appears', async () => {
    for (const { how, chunks } of cuts(Buffer.from(NOT_FOUND))) {
      await withClient('colon', {}, async (errands) => {
        const place = new Place();
        const remotes: unknown[] = [];
        const got = errands.client.get('a', place.path('a'), { onData: (at) => remotes.push(at) }).then(
          () => undefined,
          (error: unknown) => error,
        );
        const p = await errands.caller();
        await p.bytes(5);
        for (const chunk of chunks) {
          await p.send(chunk);
          expect([await p.quiet(), p.state]).to.deep.equal(['a:GET', 'open']);
        }
        await p.end();
        const error = await got;
        expect(isTwinportError(error, 'refused') && error.message, how).to.equal(NOT_FOUND);
        expect(exitCodeOf(error, { verb: 'get', moving: false })).to.equal(78);
        expect([place.names, place.parts, remotes]).to.deep.equal([[], [], []]);
        place.remove();
      })();
    }
  });

  it('sends a file that is nearly that text, however it is cut', async () => {
    for (const said of [
      '',
      'F',
      NOT_FOUND.slice(0, -1),
      `${NOT_FOUND}\n`,
      `${NOT_FOUND}${NOT_FOUND}`,
      'File not found!',
      'x',
    ]) {
      for (const { how, chunks } of cuts(Buffer.from(said))) {
        await withClient('colon', {}, async (errands) => {
          const into = new Into();
          const got = errands.client.get('a', into);
          const p = await errands.caller();
          for (const chunk of chunks) {
            await p.send(chunk);
            await p.quiet();
          }
          await p.end();
          expect((await got).length).to.equal(said.length);
          expect(into.text, `${said}, ${how}`).to.equal(said);
        })();
      }
    }
  });

  it(
    'has no more held back than may still be the text',
    withClient('colon', {}, async (errands) => {
      const into = new Into();
      const got = errands.client.get('a', into);
      const p = await errands.caller();
      await p.send('File');
      await p.quiet();
      expect(into.text).to.equal('');
      await p.send('s ');
      await p.quiet();
      expect(into.text).to.equal('Files ');
      await p.end('are');
      await got;
      expect(into.text).to.equal('Files are');
    }),
  );

  for (const then of ['resets', 'stalls'] as const) {
    for (const said of ['', 'File', 'half of it']) {
      it(
        `${then} after ${JSON.stringify(said)}: nothing appears`,
        withClient('colon', {}, async (errands) => {
          const place = new Place();
          const code = then === 'resets' ? 'connection-lost' : 'timeout';
          const got = rejects(code, () => errands.client.get('a', place.path('a')));
          const p = await errands.caller();
          await p.send(said);
          await p.quiet();
          if (then === 'resets') p.conn.reset();
          else await errands.clock.advance(180_000);
          await got;
          expect([place.names, place.parts]).to.deep.equal([[], []]);
          place.remove();
        }),
      );
    }
  }

  it(
    'has every message of its own echoed, as it comes',
    withClient('colon', {}, async (errands) => {
      const heard: string[] = [];
      const onMessage = (bytes: Uint8Array): void => void heard.push(Buffer.from(bytes).toString());
      const into = new Into();
      const got = errands.client.get('a', into, { onMessage });
      let p = await errands.caller();
      for (const said of ['Fi', 'le not', ' lost, ', 'but found']) {
        await p.send(said);
        await p.quiet();
        expect(heard.at(-1)).to.equal(said);
      }
      await p.end();
      await got;
      expect(heard.join('')).to.equal(into.text);
      heard.length = 0;

      const missing = rejects('refused', () => errands.client.get('a', new Into(), { onMessage }));
      p = await errands.caller();
      await p.end(NOT_FOUND);
      await missing;
      const refused = rejects('refused', () => errands.client.put(body('x'), 'a', { onMessage }));
      p = await errands.caller();
      await p.end('No.');
      await refused;
      expect(heard).to.deep.equal([NOT_FOUND, 'No.']);
    }),
  );

  it(
    'is told how many come, in front of the request',
    withClient('colon', { settings: { clients: 12 } }, async (errands) => {
      const got = errands.client.get('a b', new Into());
      let p = await errands.caller();
      expect((await p.bytes(17)).toString()).to.equal('12:CLIENTSa b:GET');
      await p.end();
      await got;
      const put = errands.client.put(body('!'), 'c');
      p = await errands.caller();
      await headed(errands, p, '12:CLIENTSc:PUT');
      expect(await p.over()).to.equal('ended');
      expect(p.unread).to.equal('12:CLIENTSc:PUT!');
      await p.end();
      await put;
    }),
  );

  it(
    'hears nothing of a number of clients that cannot be',
    withClient('colon', { settings: { clients: 1001 } }, async (errands) => {
      const sentence = await rejects('invalid-argument', () => errands.client.get('a', new Into()));
      expect(sentence).to.match(/clients .* 1 to 1000/);
      for (const p of errands.callers) expect(await p.quiet()).to.equal('');
    }),
  );

  it(
    'hears nothing where there is nothing to put: no such file, or one that would say so',
    withClient('colon', {}, async (errands) => {
      const place = new Place();
      await rejects('not-found', () => errands.client.put(place.path('nothing'), 'a'));
      place.write('text', NOT_FOUND);
      expect(await rejects('unsupported', () => errands.client.put(place.path('text'), 'a'))).to.include(NOT_FOUND);
      for (const p of errands.callers) expect(await p.quiet()).to.equal('');
      place.write('text', 'File not found!');
      const put = errands.client.put(place.path('text'), 'a');
      // Each of the two that came to nothing was a connection.
      for (const nth of [1, 2]) expect((await errands.caller()).state, `${nth}`).to.equal('lost');
      const p = await errands.caller();
      await headed(errands, p, 'a:PUT');
      expect(await p.over()).to.equal('ended');
      expect(p.unread).to.equal('a:PUTFile not found!');
      await p.end();
      await put;
      place.remove();
    }),
  );

  it(
    'hears a put to its FIN, and ends',
    withClient('colon', {}, async (errands) => {
      const bytes = pattern(300_000);
      const put = errands.client.put(body(bytes), 'new');
      const p = await errands.caller();
      await headed(errands, p, 'new:PUT');
      expect(await p.over()).to.equal('ended');
      expect(p.received.subarray(7).equals(bytes)).to.equal(true);
      await p.end();
      expect(await put).to.include({ length: bytes.length, verified: false });
    }),
  );

  it(
    'keeps its end open after a put: ten seconds are enough',
    withClient('colon', {}, async (errands) => {
      const put = errands.client.put(body('mine'), 'new');
      const p = await errands.caller();
      await headed(errands, p, 'new:PUT');
      await p.over();
      await errands.clock.advance(11_000);
      expect(await put).to.include({ length: 4 });
    }),
  );

  for (const [then, sooner] of [
    ['ends', true],
    ['ends', false],
    ['waits', false],
    ['resets', false],
  ] as const) {
    it(
      `refuses a put in words ${sooner ? 'before' : 'while'} its body comes, reads none of it, and ${then}`,
      withClient('colon', { reads: false }, async (errands) => {
        const refused = rejects('refused', () => errands.client.put(body(pattern(5_000_000)), 'new'));
        const p = await errands.caller();
        if (sooner === false) await errands.clock.advance(200);
        await p.send('No room ');
        await p.quiet();
        await p.send('here.');
        await p.quiet();
        if (then === 'ends') await p.end();
        if (then === 'resets') p.conn.reset();
        if (then === 'waits') await errands.clock.advance(1000);
        expect(await refused).to.equal('No room here.');
      }),
    );
  }

  it(
    'refuses a put from a stream that has nothing to give yet',
    withClient('colon', {}, async (errands) => {
      const from = new PassThrough();
      const refused = rejects('refused', () => errands.client.put(from, 'new'));
      const p = await errands.caller();
      expect((await p.bytes(7)).toString()).to.equal('new:PUT');
      await p.end('No.');
      expect(await refused).to.equal('No.');
      expect(from.destroyed).to.equal(true);
    }),
  );

  it(
    'answers a put that it has read whole: those are words too',
    withClient('colon', {}, async (errands) => {
      const failed = errands.client.put(body('mine'), 'new').catch((error: unknown) => error);
      const p = await errands.caller();
      await headed(errands, p, 'new:PUT');
      await p.over();
      await p.end('File exists already.');
      const error = await failed;
      expect(isTwinportError(error, 'refused') && error.message).to.equal('File exists already.');
      expect(exitCodeOf(error, { verb: 'put', moving: true })).to.equal(25);
    }),
  );

  it(
    'acknowledges a put while it comes, and when it is whole: that is no refusal',
    withClient('colon', {}, async (errands) => {
      const heard: string[] = [];
      const onMessage = (bytes: Uint8Array): void => void heard.push(Buffer.from(bytes).toString());
      const put = errands.client.put(body('mine'), 'new', { onMessage });
      const p = await errands.caller();
      await p.bytes(7);
      await p.send('Ready for your file.');
      await errands.clock.advance(200);
      expect(await p.over()).to.equal('ended');
      expect(p.unread).to.equal('new:PUTmine');
      await p.end('Got it, thanks.');
      expect(await put).to.include({ length: 4, verified: false });
      expect(heard.join('')).to.equal('Ready for your file.Got it, thanks.');
    }),
  );

  it(
    'refuses a put in words of its own, and ends before it has heard it',
    withClient('colon', {}, async (errands) => {
      const refused = rejects('refused', () => errands.client.put(body('mine'), 'new'));
      const p = await errands.caller();
      await p.bytes(7);
      await p.end('Come back tomorrow.');
      expect(await refused).to.equal('Come back tomorrow.');
    }),
  );

  it(
    'resets a put without a word',
    withClient('colon', {}, async (errands) => {
      const lost = rejects('connection-lost', () => errands.client.put(body('mine'), 'new'));
      const p = await errands.caller();
      await headed(errands, p, 'new:PUT');
      await p.over();
      p.conn.reset();
      await lost;
    }),
  );

  it(
    'is left by a caller who changes his mind',
    withClient('colon', {}, async (errands) => {
      const stop = new AbortController();
      const from = new PassThrough();
      const put = rejects('aborted', () => errands.client.put(from, 'new', { signal: stop.signal }));
      const p = await errands.caller();
      await p.bytes(7);
      stop.abort();
      await put;
      expect(await p.over()).to.equal('lost');
    }),
  );
});
