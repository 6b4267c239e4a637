import { expect } from 'chai';
import type { PortOptions } from '../../lib/server';
import { settle } from '../support/fakeClock';
import { withBench, type Bench, type BenchOptions } from '../support/ftBench';
import type { Talker } from '../support/talker';

/** Who keeps a place when all are taken, where the data travel on the connection that asked for them. */

const LARGE = Buffer.alloc(2_000_000, 'large');

function full(on: PortOptions, spec: (bench: Bench) => Promise<void>, options: BenchOptions = {}): () => Promise<void> {
  return withBench({ files: { large: LARGE }, maxSessions: 2, maxSessionsPerAddress: 2, ...options }, async (bench) => {
    bench.port = (await bench.server.listen(0, on)).port;
    await spec(bench);
  });
}

/** So many bytes at each of so many seconds. */
async function drip(bench: Bench, p: Talker, bytes: number, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 1) {
    await p.send(Buffer.alloc(bytes, 'x'));
    await bench.clock.advance(1000);
  }
}

const file = (bench: Bench, number: number): string | undefined => bench.storage.bytes(`${number}.file`)?.toString();

describe('places in numbered, when all are taken', () => {
  for (const accio of [false, true]) {
    it(
      `who has sent nothing yet makes room${accio ? ', greeted or not' : ''}, and leaves nothing behind`,
      full({ dialect: 'numbered', accio }, async (bench) => {
        const silent = [await bench.dial(), await bench.dial()];
        await settle();
        await bench.clock.advance(100);
        const third = await bench.dial();
        expect(await silent[0]?.over()).to.equal('lost');
        expect([silent[1]?.state, third.state]).to.deep.equal(['open', 'open']);
        await settle();
        expect(bench.told).to.include('put failed aborted');
        if (!accio) {
          await third.end('hello');
          await third.whole();
          expect([file(bench, 1), file(bench, 3)]).to.deep.equal([undefined, 'hello']);
        }
      }),
    );
  }

  it(
    'not before a tenth of a second, and not once it has sent a byte',
    full({ dialect: 'numbered' }, async (bench) => {
      const busy = [await bench.dial(), await bench.dial()];
      await bench.clock.advance(99);
      expect(await (await bench.dial()).over()).to.equal('lost');
      for (const p of busy) await p.send('x');
      await bench.clock.advance(9000);
      expect(await (await bench.dial()).over()).to.equal('lost');
      for (const p of busy) await p.end('y');
      for (const p of busy) await p.whole();
      expect([file(bench, 1), file(bench, 2)]).to.deep.equal(['xy', 'xy']);
    }),
  );

  it(
    'who drips goes, and who is only slow stays',
    full({ dialect: 'numbered' }, async (bench) => {
      const slow = await bench.dial();
      const dripping = await bench.dial();
      for (let i = 0; i < 60; i += 1) {
        await dripping.send('x');
        await drip(bench, slow, 65, 1);
      }
      const third = await bench.dial();
      expect(await dripping.over()).to.equal('lost');
      expect(file(bench, 2)).to.equal('ERROR');
      expect([slow.state, third.state]).to.deep.equal(['open', 'open']);
      await third.send('x');
      expect(await (await bench.dial()).over()).to.equal('lost');
      await slow.end();
      await slow.whole();
      expect(file(bench, 1)).to.have.lengthOf(60 * 65);
    }),
  );

  it(
    'nobody goes while there is room',
    full({ dialect: 'numbered' }, async (bench) => {
      const p = await bench.dial();
      await drip(bench, p, 1, 30);
      await (await bench.dial()).end('hello');
      expect(p.state).to.equal('open');
      await p.end();
      await p.whole();
      expect(file(bench, 1)).to.have.lengthOf(30);
    }),
  );
});

describe('places in the languages with one connection, when all are taken', () => {
  it(
    'a dripping put of framed makes room, and publishes nothing',
    full({ dialect: 'framed' }, async (bench) => {
      const dripping = await bench.dial();
      const other = await bench.dial();
      await dripping.send('7:put new');
      await other.send('7:put two');
      for (let i = 0; i < 12; i += 1) {
        await dripping.send('x');
        await drip(bench, other, 2000, 1);
      }
      const third = await bench.dial();
      expect(await dripping.over()).to.equal('lost');
      expect([other.state, third.state, bench.storage.bytes('new')]).to.deep.equal(['open', 'open', undefined]);
    }),
  );

  it(
    'a get whose client reads stays, however long it waited to ask',
    full({ dialect: 'framed' }, async (bench) => {
      const p = await bench.dial();
      await bench.clock.advance(50_000);
      const other = await bench.dial(undefined, { reads: false });
      await p.send('9:put later');
      await p.send('x');
      await other.send('9:get large');
      await settle();
      expect(await (await bench.dial()).over()).to.equal('lost');
      expect(p.state).to.equal('open');
      other.listen();
      expect((await other.whole()).equals(LARGE)).to.equal(true);
    }),
  );

  it(
    'a get of which the client takes nothing makes room, twenty seconds after somebody needed it; one that is read stays',
    full({ dialect: 'framed' }, async (bench) => {
      const still = await bench.dial(undefined, { reads: false });
      const slow = await bench.dial(undefined, { reads: false });
      await still.send('9:get large');
      await slow.send('9:get large');
      await settle();
      expect(await (await bench.dial()).over()).to.equal('lost');
      await bench.clock.advance(19_999);
      expect(await (await bench.dial()).over()).to.equal('lost');
      for (let i = 0; i < 4; i += 1) await slow.conn.read();
      await settle();
      await bench.clock.advance(1);
      const third = await bench.dial();
      await third.send('9:get large');
      await settle();
      still.listen();
      expect(await still.over()).to.equal('lost');
      expect(slow.state).to.equal('open');
      expect((await third.whole()).equals(LARGE)).to.equal(true);
    }),
  );
});
