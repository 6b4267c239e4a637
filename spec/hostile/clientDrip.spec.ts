import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import type { DialectName } from '../../lib/dialects/registry';
import { begin, BEGUN, DONE, fails, givesUp, outlives, tokenIn } from '../support/attacked';
import { Basin, watch, withPlay, type Play, type Watched } from '../support/ftPlay';
import { withClient, type Errands } from '../support/errandBench';
import { CLIENT } from '../support/ftBench';
import { settle } from '../support/fakeClock';
import { Talker } from '../support/talker';

/** Milliseconds without movement that the client bears, and between two drops. */
const TIMEOUT = 10_000;
const EVERY = 4000;

/** Lets drops fall until it is over; it must be within twice the time, which is when a stall has been noticed. */
async function dripping(clock: Play['clock'], doing: Watched<unknown>, drop: () => Promise<void>): Promise<number> {
  let passed = 0;
  for (; passed <= 3 * TIMEOUT && !doing.isOver; passed += EVERY) {
    await drop().catch(() => undefined);
    await clock.advance(EVERY);
  }
  expect(doing.isOver, `over within ${passed} ms`).to.equal(true);
  return passed;
}

/** A body larger than what any buffer between takes. */
function endless(): PassThrough {
  const body = new PassThrough();
  const chunk = Buffer.alloc(64 * 1024);
  const more = (): void => {
    while (!body.destroyed && body.write(chunk));
  };
  body.on('drain', more);
  more();
  return body;
}

describe('hostile: servers that drip', () => {
  it(
    'C15 a slow drip on Q',
    outlives({ timeout: TIMEOUT }, async (play) => {
      // As a slow line it is a get: of a whole file, to its last byte, in whatever time. Half of it is none.
      const { basin, got, q } = await begin(play);
      for (const byte of 'hello') {
        await q.send(byte);
        await play.clock.advance(TIMEOUT - 1);
        expect([got.isOver, basin.writableFinished]).to.deep.equal([false, false]);
      }
      await q.end();
      await play.say(DONE);
      expect((await got.value()).verified).to.equal(true);
      const basin2 = new Basin();
      const half = watch(play.client.get('a.txt', basin2));
      const { line, port } = await play.request();
      await play.say(BEGUN);
      const q2 = await play.dial(port);
      await q2.send(tokenIn(line));
      await q2.send('hell');
      for (let i = 0; i < 30 && play.p.unread === ''; i += 1) await play.clock.advance(1000);
      await givesUp(play);
      await half.failure('timeout');
      expect(await q2.over()).to.equal('lost');
      expect(basin2.writableFinished).to.equal(false);
    }),
  );

  /** Where data are awaited, and where nothing but an answer is. */
  const onP = (drop: string): (() => Promise<void>) =>
    withPlay({ timeout: TIMEOUT }, async (play) => {
      const basin = new Basin();
      const waiting = watch(play.client.get('a.txt', basin));
      await play.request();
      await dripping(play.clock, waiting, () => play.p.send(drop));
      await fails(play, waiting, 'timeout', 'connection-lost', 'refused');
      expect(basin.writableFinished).to.equal(false);
      await play.onlyP('is gone');
    });

  it('C16 a slow drip of bytes on P', onP('x'));

  it('C17 a slow drip of lines on P', onP('wait\r\n'));

  it(
    'C18 a slow drip on P while Q stands still',
    withPlay({ timeout: TIMEOUT }, async (play) => {
      const { basin, got, q } = await begin(play);
      await dripping(play.clock, got, () => play.p.send('x'));
      await fails(play, got, 'timeout');
      expect(await q.over()).to.equal('lost');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'C19 signs of life for ever',
    withPlay({ timeout: 50_000 }, async (play) => {
      // A server that keeps to a rate of its own says so every ten seconds; for a day it may.
      const { basin, got, q } = await begin(play);
      let minutes = 0;
      for (; minutes < 49 * 60 && !got.isOver; minutes += 0.5) {
        await play.say('120 still at it').catch(() => undefined);
        await play.clock.advance(30_000);
      }
      expect(minutes / 60).to.be.within(24, 48.1);
      await fails(play, got, 'timeout');
      expect(await q.over()).to.equal('lost');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'C20 a put of which nothing is taken, while bytes come back',
    withPlay({ timeout: TIMEOUT }, async (play) => {
      const body = endless();
      const put = watch(play.client.put(body, 'a.txt'));
      const { line, port } = await play.request();
      expect(line).to.match(/^-p /);
      await play.say('150 type=file; a.txt');
      const q = await play.dial(port, undefined, { reads: false });
      await q.send(tokenIn(line));
      await play.p.quiet();
      await dripping(play.clock, put, () => q.send('x'));
      await fails(play, put, 'timeout');
      expect(body.destroyed).to.equal(true);
      q.listen();
      expect(await q.over()).to.equal('lost');
    }),
  );

  const OTHERS: readonly [dialect: DialectName, what: string, run: (errands: Errands) => Promise<void>][] = [
    ['stepwise', 'fields without an answer', async (it) => drip(it, '\0', watch(it.client.list()))],
    [
      'stepwise',
      'data that never come',
      async (it) => {
        const listed = watch(it.client.list());
        const p = await it.caller();
        let port = 0;
        for (const field of [1, 2, 3]) {
          await settle();
          if (field === 2) port = Number(/^-l(\d+)/.exec(p.received.toString())?.[1]);
          await p.send('OK');
        }
        const q = new Talker(await it.network.dial({ host: CLIENT, port }, new AbortController().signal));
        await settle();
        await drip(it, '\0', listed, p);
        expect(await q.over()).to.equal('lost');
      },
    ],
    ...(['framed', 'privateshare', 'colon', 'numbered'] as const).map((dialect): (typeof OTHERS)[number] => [
      dialect,
      'a put of which nothing is taken',
      async (it) => {
        const body = endless();
        const put = watch(it.client.put(body, dialect === 'numbered' ? '' : 'a.txt'));
        const p = await it.caller();
        if (dialect === 'privateshare') await p.send('pass');
        await drip(it, '.', put, p);
        expect(body.destroyed).to.equal(true);
      },
    ]),
  ];

  async function drip(errands: Errands, drop: string, doing: Watched<unknown>, caller?: Talker): Promise<void> {
    const p = caller ?? (await errands.caller());
    await settle();
    await dripping(errands.clock, doing, () => p.send(drop));
    await doing.failure('timeout');
  }

  it('C21 drips in the other languages', async () => {
    for (const [dialect, , run] of OTHERS) {
      await withClient(dialect, { timeout: TIMEOUT, reads: dialect === 'stepwise' }, run)();
    }
  });
});
