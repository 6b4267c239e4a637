import { expect } from 'chai';
import type { Bench } from '../support/ftBench';
import { shrinking, withServer } from '../support/errandBench';
import { pattern } from '../support/storageHelpers';
import type { Talker } from '../support/talker';

const BIG = pattern(3_000_000);

/** Hears `pass`, alone: the file waits, so that even a client that reads more than four bytes finds just them. */
async function passed(bench: Bench, p: Talker): Promise<void> {
  await p.bytes(4);
  await bench.clock.advance(99);
  expect(p.unread).to.equal('pass');
  await bench.clock.advance(1);
}

describe('privateshare: a bare client', () => {
  it(
    'is answered after half a second of silence, counted from its last byte',
    withServer('privateshare', { files: { 'apple.jpg': 'an apple', apple: 'no' } }, async (bench) => {
      const p = await bench.dial();
      for (const byte of 'get,apple.jpg') {
        expect(await p.quiet(), byte).to.equal('');
        await p.send(byte);
        await bench.clock.advance(499);
      }
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      await passed(bench, p);
      expect((await p.whole()).toString()).to.equal('passan apple');
      await p.quiet();
      expect(bench.told).to.deep.equal(['get requested', 'get started', 'get done']);
      expect(bench.events.at(-1)).to.include({
        dialect: 'privateshare',
        path: 'apple.jpg',
        length: 8,
        unverified: true,
      });
    }),
  );

  it(
    'is shown the root at once: no dots, no parts, control characters as ?',
    withServer('privateshare', { files: { b: '', 'a\nb': '', 'c/d': '', é: '' } }, async (bench) => {
      const putting = await bench.dial();
      await putting.send('put,new\nhalf');
      const p = await bench.dial();
      await p.send('list');
      expect((await p.whole()).toString()).to.equal('a?b, b, c, é, ');
      await putting.end();
      expect((await putting.whole()).toString()).to.equal('pass');
      expect(bench.storage.bytes('new')?.toString()).to.equal('half');
    }),
  );

  it(
    'keeps its end open after a get, and is left after 10 s',
    withServer('privateshare', { files: { a: 'a' } }, async (bench) => {
      const p = await bench.dial();
      await p.send('get,a\n');
      await passed(bench, p);
      expect(await p.over()).to.equal('ended');
      await bench.clock.advance(10_000);
      await p.send('x');
      expect(await p.quiet()).to.equal('passa');
      expect(bench.told.at(-1)).to.equal('get done');
    }),
  );

  it(
    'is reset, not cancelled, once it was told pass: the file became shorter',
    withServer('privateshare', { storage: shrinking(BIG) }, async (bench) => {
      const p = await bench.dial();
      await p.send('get,big\n');
      await passed(bench, p);
      expect(await p.over()).to.equal('lost');
      expect(p.received.length).to.be.lessThan(BIG.length + 4);
      expect(bench.told.at(-1)).to.equal('get failed changed');
    }),
  );

  it(
    'is reset when the name was taken while it put, and the other file stays',
    withServer('privateshare', {}, async (bench) => {
      const p = await bench.dial();
      await p.send('put,a');
      await bench.clock.advance(500);
      await p.bytes(4);
      await p.send('mine');
      bench.storage.put('a', 'theirs');
      await p.end();
      expect(await p.over()).to.equal('lost');
      expect(bench.storage.bytes('a')?.toString()).to.equal('theirs');
      expect(bench.told.at(-1)).to.equal('put failed exists');
    }),
  );

  for (const how of ['resets', 'stalls'] as const) {
    it(
      `leaves nothing when it ${how} while it puts`,
      withServer('privateshare', { stallTimeout: 60_000 }, async (bench) => {
        const p = await bench.dial();
        await p.send('put,a\nhalf');
        await p.bytes(4);
        if (how === 'resets') p.conn.reset();
        else await bench.clock.advance(120_000);
        expect(await p.over()).to.equal('lost');
        expect(bench.storage.bytes('a')).to.equal(undefined);
        expect(bench.told.at(-1)).to.equal(`put failed ${how === 'resets' ? 'connection-lost' : 'data-timeout'}`);
      }),
    );
  }

  it(
    'is reset when it asks for nothing, or is one too many, or the server stops: FIN could be an empty list',
    withServer('privateshare', { maxSessions: 2, maxSessionsPerAddress: 2 }, async (bench) => {
      const idle = await bench.dial();
      const other = await bench.dial();
      const tooMany = await bench.dial();
      expect(await tooMany.over()).to.equal('lost');
      await bench.clock.advance(60_000);
      for (const p of [idle, other]) expect(await p.over()).to.equal('lost');
      const last = await bench.dial();
      await last.quiet();
      await bench.server.close(0);
      expect(await last.over()).to.equal('lost');
      for (const p of [tooMany, idle, other, last]) expect(p.received.length).to.equal(0);
    }),
  );

  it(
    'is served while others put slowly, each its own file; of two puts of one name the later to end is reset',
    withServer('privateshare', { files: { big: BIG } }, async (bench) => {
      const putters = await Promise.all(Array.from({ length: 8 }, () => bench.dial()));
      for (const [at, p] of putters.entries()) await p.send(`put,${(at >> 1) << 1}\nfrom ${at}, `);
      const getter = await bench.dial();
      await getter.send('get,big\n');
      await passed(bench, getter);
      expect((await getter.whole()).subarray(4).equals(BIG)).to.equal(true);
      for (const [at, p] of putters.entries()) {
        await p.bytes(4);
        await p.end('whole');
        expect(await p.over()).to.equal(at % 2 === 0 ? 'ended' : 'lost');
      }
      for (const at of [0, 2, 4, 6]) expect(bench.storage.bytes(`${at}`)?.toString()).to.equal(`from ${at}, whole`);
    }),
  );

  it(
    'says what it likes behind a get or a list: it is not heard',
    withServer('privateshare', { files: { a: 'a' } }, async (bench) => {
      for (const [message, answer] of [
        ['get,a\nget,b\n', 'passa'],
        ['list\nput,x\n', 'a, '],
      ] as const) {
        const p = await bench.dial();
        await p.send(message);
        await p.send(BIG.subarray(0, 200_000));
        await bench.clock.advance(100);
        expect((await p.whole()).toString()).to.equal(answer);
      }
      expect(bench.storage.bytes('x')).to.equal(undefined);
    }),
  );
});
