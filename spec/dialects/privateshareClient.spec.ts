import { expect } from 'chai';
import { Readable } from 'node:stream';
import { exitCodeOf } from '../../lib/cli/exit';
import { isTwinportError } from '../../lib/errors';
import { Into, withClient } from '../support/errandBench';
import { Place } from '../support/ftPair';
import { cuts } from '../support/splits';
import { pattern, rejects } from '../support/storageHelpers';

const body = (...chunks: readonly (string | Buffer)[]): Readable =>
  Readable.from(chunks.map((each) => Buffer.from(each)));
/** How the program would end. */
async function exitOf(verb: 'get' | 'put', work: Promise<unknown>): Promise<number> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(isTwinportError(error)).to.equal(true);
  return exitCodeOf(error, { verb, moving: false });
}

describe('privateshare: a bare server', () => {
  it(
    'hears a get and nothing more, not even FIN, until it has ended',
    withClient('privateshare', {}, async (errands) => {
      const into = new Into();
      const got = errands.client.get('apple.jpg', into);
      const p = await errands.caller();
      for (const said of ['', 'pass', 'an ', 'apple']) {
        if (said !== '') await p.send(said);
        expect([await p.quiet(), p.state]).to.deep.equal(['get,apple.jpg', 'open']);
      }
      await p.end();
      expect(await got).to.include({ length: 8, verified: false });
      expect(into.utf8).to.equal('an apple');
      expect([await p.quiet(), p.state]).to.deep.equal(['get,apple.jpg', 'ended']);
    }),
  );

  it('takes exactly the first four bytes for the code, however what it sends is cut', async () => {
    for (const said of ['pass', 'passpass', 'passcancel', 'passcancel\n', 'pass\0\r\n.', 'passp']) {
      for (const { how, chunks } of cuts(Buffer.from(said))) {
        await withClient('privateshare', {}, async (errands) => {
          const into = new Into();
          const got = errands.client.get('a', into);
          const p = await errands.caller();
          await p.bytes(5);
          for (const chunk of chunks) {
            await p.send(chunk);
            await p.quiet();
          }
          await p.end();
          await got;
          expect(into.utf8, `${said}, ${how}`).to.equal(said.slice(4));
        })();
      }
    }
  });

  it('says cancel, whole or in pieces, and nothing appears', async () => {
    for (const { how, chunks } of cuts(Buffer.from('cancel'))) {
      await withClient('privateshare', {}, async (errands) => {
        const place = new Place();
        const remotes: unknown[] = [];
        const got = exitOf('get', errands.client.get('a', place.path('a'), { onData: (at) => remotes.push(at) }));
        const p = await errands.caller();
        await p.bytes(5);
        for (const chunk of chunks) {
          await p.send(chunk);
          await p.quiet();
        }
        expect(await got, how).to.equal(78);
        expect([place.names, place.parts, remotes]).to.deep.equal([[], [], []]);
        place.remove();
      })();
    }
  });

  for (const [said, then, code] of [
    ['nope', 'waits', 'not-understood'],
    ['cancer', 'waits', 'not-understood'],
    ['Pass', 'waits', 'not-understood'],
    ['pasx', 'waits', 'not-understood'],
    ['', 'ends', 'refused'],
    ['pas', 'ends', 'incomplete'],
    ['cance', 'ends', 'incomplete'],
    ['', 'resets', 'connection-lost'],
    ['passhalf', 'resets', 'connection-lost'],
    ['', 'stalls', 'timeout'],
    ['pa', 'stalls', 'timeout'],
    ['passhalf', 'stalls', 'timeout'],
  ] as const) {
    it(
      `answers ${JSON.stringify(said)} and ${then}: ${code}`,
      withClient('privateshare', {}, async (errands) => {
        const place = new Place();
        const got = rejects(code, () => errands.client.get('a', place.path('a')));
        const p = await errands.caller();
        await p.bytes(5);
        await p.send(said);
        await p.quiet();
        if (then === 'ends') await p.end();
        if (then === 'resets') p.conn.reset();
        if (then === 'stalls') await errands.clock.advance(180_000);
        await got;
        expect([place.names, place.parts]).to.deep.equal([[], []]);
        place.remove();
      }),
    );
  }

  it(
    'hears nothing of a put before it has said pass, and then all of it',
    withClient('privateshare', {}, async (errands) => {
      const bytes = pattern(300_000);
      const put = errands.client.put(body(bytes), 'new');
      const p = await errands.caller();
      await errands.clock.advance(50_000);
      expect(await p.quiet()).to.equal('put,new');
      await p.send('pa');
      expect(await p.quiet()).to.equal('put,new');
      await p.send('ss');
      expect(await p.over()).to.equal('ended');
      expect(p.received.subarray(7).equals(bytes)).to.equal(true);
      await p.end();
      expect(await put).to.include({ length: bytes.length, verified: false });
    }),
  );

  it(
    'cancels a put, before or behind its bytes, or resets it',
    withClient('privateshare', {}, async (errands) => {
      const put = (): Promise<number> => exitOf('put', errands.client.put(body('mine'), 'new'));
      let done = put();
      let p = await errands.caller();
      await p.end('cancel');
      expect(await done).to.equal(25);
      expect(await p.quiet()).to.equal('put,new');

      done = put();
      p = await errands.caller();
      await p.send('pass');
      expect(await p.over()).to.equal('ended');
      await p.end('cancel');
      expect(await done).to.equal(25);

      done = put();
      p = await errands.caller();
      await p.send('pass');
      await p.over();
      p.conn.reset();
      expect(await done).to.equal(56);
    }),
  );

  it(
    'keeps its end open after a put: ten seconds are enough',
    withClient('privateshare', {}, async (errands) => {
      const put = errands.client.put(body('mine'), 'new');
      const p = await errands.caller();
      await p.send('pass');
      await p.over();
      await errands.clock.advance(11_000);
      expect(await put).to.include({ length: 4 });
    }),
  );

  for (const said of ['a', 'a, b', 'can', 'a,']) {
    it(
      `breaks off inside of its listing: ${said}`,
      withClient('privateshare', {}, async (errands) => {
        const listed = rejects('incomplete', () => errands.client.list());
        const p = await errands.caller();
        await p.end(said);
        expect(await listed).to.match(/breaks off/);
      }),
    );
  }

  it('lists what has a separator behind each name, however it is cut', async () => {
    for (const [said, names] of [
      ['', []],
      ['a, ', ['a']],
      ['a, b c, d,e, ', ['a', 'b c', 'd,e']],
      ['cancel, ', ['cancel']],
      ['pass, x, ', ['pass', 'x']],
      ['ü, é, ', ['ü', 'é']],
    ] as const) {
      for (const { how, chunks } of cuts(Buffer.from(said))) {
        await withClient('privateshare', {}, async (errands) => {
          const listed = errands.client.list();
          const p = await errands.caller();
          for (const chunk of chunks) await p.send(chunk);
          expect(await p.quiet()).to.equal('list');
          await p.end();
          const { entries, verified } = await listed;
          expect(
            entries.map(({ name }) => name),
            `${said}, ${how}`,
          ).to.deep.equal(names);
          expect(verified).to.equal(false);
        })();
      }
    }
  });

  it(
    'refuses to list, or is lost while it does',
    withClient('privateshare', {}, async (errands) => {
      const remotes: unknown[] = [];
      let listed = rejects('refused', () => errands.client.list('', { onData: (at) => remotes.push(at) }));
      await (await errands.caller()).end('cancel');
      await listed;
      expect(remotes).to.deep.equal([]);
      listed = rejects('connection-lost', () => errands.client.list());
      const p = await errands.caller();
      await p.send('a, b');
      await p.quiet();
      p.conn.reset();
      await listed;
    }),
  );

  it(
    'is never asked for what the wire cannot carry',
    withClient('privateshare', {}, async (errands) => {
      for (const name of ['n'.repeat(29), 'é'.repeat(15), '', 'a\nb']) {
        const sentence = await rejects('invalid-name', () => errands.client.put(body('x'), name));
        expect(sentence).to.match(/^privateshare cannot ask for this name: it /);
        await rejects('invalid-name', () => errands.client.get(name, new Into()));
      }
      for (const p of errands.callers) expect(await p.quiet()).to.equal('');
    }),
  );
});
