import { expect } from 'chai';
import { withBench, type Bench } from '../support/ftBench';
import { pattern } from '../support/storageHelpers';
import type { Talker } from '../support/talker';

const LARGE = pattern(2_000_000);
const files = { 'a.txt': 'aaaa', large: LARGE };

async function alive(p: Talker): Promise<void> {
  await p.send('-s a.txt\n');
  expect(await p.line()).to.match(/^213 /);
}

async function sentAway(p: Talker, why: RegExp): Promise<void> {
  expect(await p.line()).to.match(/^421 /);
  expect(p.received.toString()).to.match(why);
  expect(await p.over()).to.equal('ended');
}

/** A session in the middle of a get. */
async function busy(bench: Bench, from?: string): Promise<{ p: Talker; q: Talker }> {
  const p = await bench.dial(from);
  const door = await bench.door({ reads: false, ...(from !== undefined && { at: from }) });
  await p.send(`-g large ${door.port}\n`);
  const q = await door.next();
  expect(await p.line()).to.match(/^150 /);
  return { p, q };
}

describe('sessions: how many there may be', () => {
  it(
    'one too many is told so with 421, while nobody can be sent away',
    withBench({ files, maxSessions: 2, maxSessionsPerAddress: 2 }, async (bench) => {
      const first = await bench.dial();
      const second = await bench.dial();
      await bench.clock.advance(99);
      const third = await bench.dial();
      await sentAway(third, /Too many sessions/);
      await alive(first);
      await alive(second);
    }),
  );

  it(
    'after a tenth of a second of idling the longest-idle one makes room',
    withBench({ files, maxSessions: 3, maxSessionsPerAddress: 3 }, async (bench) => {
      const first = await bench.dial();
      await bench.clock.advance(500);
      const second = await bench.dial();
      const third = await bench.dial();
      await bench.clock.advance(600);
      await alive(first);
      await bench.clock.advance(500);
      // `second` and `third` have idled for 1.1 s, `first` for half a second.
      const fourth = await bench.dial();
      await sentAway(second, /somebody else needs the place/);
      for (const p of [first, third, fourth]) await alive(p);
    }),
  );

  it(
    'who is busy is never sent away',
    withBench({ files, maxSessions: 2, maxSessionsPerAddress: 2 }, async (bench) => {
      const { p, q } = await busy(bench);
      await bench.clock.advance(2000);
      const idle = await bench.dial();
      await bench.clock.advance(2000);
      const next = await bench.dial();
      await sentAway(idle, /somebody else/);
      await alive(next);
      const last = await bench.dial();
      await sentAway(last, /Too many sessions/);
      q.listen();
      expect((await q.whole()).equals(LARGE)).to.equal(true);
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'one address cannot take the places of others',
    withBench({ files, maxSessions: 4, maxSessionsPerAddress: 2 }, async (bench) => {
      const crowd = [await bench.dial(), await bench.dial()];
      await sentAway(await bench.dial(), /Too many sessions/);
      const other = await bench.dial('10.0.0.3');
      await alive(other);
      await bench.clock.advance(1500);
      // Now the crowd's own idlest goes, never the other's.
      const more = await bench.dial();
      await sentAway(crowd[0] as Talker, /somebody else/);
      await alive(more);
      await alive(other);
    }),
  );

  it(
    'nor can one host of IPv6, which has as many addresses as it likes',
    withBench({ files, maxSessions: 4, maxSessionsPerAddress: 2 }, async (bench) => {
      for (const own of ['2001:db8::1', '2001:db8::ffff:2']) await alive(await bench.dial(own));
      await sentAway(await bench.dial('2001:db8:0:0:1234::3'), /Too many sessions/);
      await alive(await bench.dial('2001:db8:0:1::1'));
    }),
  );

  it(
    'when the server is full, the address that holds most makes room for another',
    withBench({ files, maxSessions: 4, maxSessionsPerAddress: 3 }, async (bench) => {
      const other = await bench.dial('10.0.0.3');
      const crowd = [await bench.dial(), await bench.dial(), await bench.dial()];
      await bench.clock.advance(1500);
      const stranger = await bench.dial('10.0.0.4');
      await sentAway(crowd[0] as Talker, /somebody else/);
      for (const p of [other, stranger, ...crowd.slice(1)]) await alive(p);
    }),
  );

  it(
    'a place is free again when its session is over',
    withBench({ files, maxSessions: 1 }, async (bench) => {
      for (let i = 0; i < 5; i += 1) {
        const p = await bench.dial();
        await alive(p);
        await p.end();
        expect(await p.over()).to.equal('ended');
        await p.quiet();
      }
      const reset = await bench.dial();
      await alive(reset);
      reset.conn.reset();
      await reset.quiet();
      await alive(await bench.dial());
    }),
  );

  it(
    'a thousand that connect and are refused leave nothing behind, and who was there is served',
    withBench({ files, maxSessions: 1 }, async (bench) => {
      const p = await bench.dial();
      const crowd: Talker[] = [];
      for (let i = 0; i < 1000; i += 1) crowd.push(await bench.dial('10.0.0.3'));
      for (const one of crowd) await one.over();
      await alive(p);
      for (const { conn } of crowd) conn.destroy();
      await p.quiet();
      expect(bench.network.open).to.equal(3);
    }),
  );

  it(
    'a refused one that does not go away is dropped after a second',
    withBench({ files, maxSessions: 1 }, async (bench) => {
      await bench.dial();
      const stubborn = await bench.dial('10.0.0.3', { reads: false });
      const before = bench.network.open;
      await bench.clock.advance(1000);
      expect(bench.network.open).to.equal(before - 1);
      stubborn.listen();
      expect(await stubborn.line()).to.match(/^421 /);
    }),
  );
});

describe('a server that is asked to stop', () => {
  it(
    'takes no more connections and tells idle sessions at once',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await alive(p);
      const closed = bench.server.close(10_000);
      await sentAway(p, /The server stops/);
      let refused = false;
      await bench.dial().catch(() => (refused = true));
      expect(refused).to.equal(true);
      await p.end();
      await closed;
    }),
  );

  it(
    'lets a get finish, then says 421; what waits behind it is not begun',
    withBench({ files }, async (bench) => {
      const { p, q } = await busy(bench);
      await p.send('-s a.txt\n');
      await p.quiet();
      const closed = bench.server.close(10_000);
      await bench.clock.advance(5_000);
      q.listen();
      expect((await q.whole()).equals(LARGE)).to.equal(true);
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '421']);
      await p.end();
      await closed;
    }),
  );

  it(
    'lets a confirmed put finish: its -c is still heard',
    withBench({ files, writable: true }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-p --confirm new ${door.port}\n`);
      expect(await p.line()).to.match(/^150 /);
      const q = await door.next();
      await q.send('hel');
      const closed = bench.server.close(10_000);
      await bench.clock.advance(1000);
      await q.end('lo');
      await p.send('-c 5 3610a686\n-s a.txt\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '421']);
      expect(bench.storage.bytes('new')?.toString()).to.equal('hello');
      await p.end();
      await closed;
    }),
  );

  it(
    'still hears -x',
    withBench({ files }, async (bench) => {
      const { p } = await busy(bench);
      const closed = bench.server.close(10_000);
      await p.quiet();
      await p.send('-x\n');
      const codes = (await p.lines(2)).map((line) => line.slice(0, 3));
      expect(codes[0]).to.equal('426');
      await p.end();
      await closed;
    }),
  );

  it(
    'aborts what is not done when the grace is over: 426, 421, Q reset',
    withBench({ files }, async (bench) => {
      const { p, q } = await busy(bench);
      const closed = bench.server.close(3_000);
      await bench.clock.advance(2_999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '421']);
      q.listen();
      expect(await q.over()).to.equal('lost');
      await bench.clock.advance(1_000);
      await closed;
    }),
  );

  it(
    'does not wait for clients that hold their end open',
    withBench({ files }, async (bench) => {
      await bench.dial(undefined, { reads: false });
      const closed = bench.server.close(0);
      await bench.clock.advance(1_000);
      await closed;
    }),
  );

  it(
    'ends a session that waits for its FIN to be answered, too',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-q\n');
      expect(await p.line()).to.match(/^221 /);
      const closed = bench.server.close(0);
      await bench.clock.advance(1_000);
      await closed;
    }),
  );
});
