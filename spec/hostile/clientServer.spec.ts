import { expect } from 'chai';
import { begin, BEGUN, DONE, fails, fetchesHonestly, givesUp, outlives, tokenIn } from '../support/attacked';
import { Basin, watch, withPlay, type Play } from '../support/ftPlay';

describe('hostile: servers', () => {
  it(
    'C01 data from the wrong address',
    outlives({}, async (play) => {
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      const { port } = await play.request();
      await play.say(BEGUN);
      for (const address of ['10.0.0.9', '10.0.0.10', '192.0.2.1']) {
        const stranger = await play.dial(port, address);
        await stranger.send('forged').catch(() => undefined);
        expect(await stranger.over()).to.be.oneOf(['ended', 'lost']);
      }
      // And the right one is still awaited.
      await (await play.dial(port)).end('hello');
      await play.say(DONE);
      expect((await got.value()).verified).to.equal(true);
      expect(basin.bytes.toString()).to.equal('hello');
    }),
  );

  it(
    'C02 data too early, before the 150',
    outlives({}, async (play) => {
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      const { port } = await play.request();
      const q = await play.dial(port);
      await q.end('hello');
      await play.p.quiet();
      expect(got.isOver).to.equal(false);
      // The 150 is about another file than the one that was asked for.
      await play.say('150 type=file;size=5; b.txt', DONE);
      await got.failure('protocol');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'C03 data twice',
    outlives({}, async (play) => {
      const { basin, got, q, port } = await begin(play);
      let refused = false;
      await play.dial(port).then(
        (second) => second.send('forged').catch(() => undefined),
        () => (refused = true),
      );
      expect(refused, 'the listener is gone once the one is there').to.equal(true);
      await q.end('hello');
      await play.say(DONE);
      expect((await got.value()).verified).to.equal(true);
      expect(basin.bytes.toString()).to.equal('hello');
    }),
  );

  it(
    'C04 data without the token',
    outlives({}, async (play) => {
      // The client asks for one where it has heard a native reply on this connection.
      await fetchesHonestly(play);
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      const { line, port } = await play.request();
      const token = tokenIn(line);
      expect(token.length).to.be.at.least(16);
      await play.say(BEGUN);
      for (const shown of [Buffer.alloc(token.length), token.subarray(1), Buffer.from('hello')]) {
        const forger = await play.dial(port);
        await forger.end(Buffer.concat([shown, Buffer.from('forged')])).catch(() => undefined);
        await forger.over();
      }
      const q = await play.dial(port);
      await q.send(token);
      await q.end('hello');
      await play.say(DONE);
      expect((await got.value()).verified).to.equal(true);
      expect(basin.bytes.toString()).to.equal('hello');
    }),
  );

  it(
    'C05 a greeting without end',
    withPlay({}, async (play) => {
      await flood(play, 'x'.repeat(65_536));
    }),
  );

  it(
    'C06 a reply without end',
    withPlay({}, async (play) => {
      await flood(play, '211-still more\r\n'.repeat(4096), '211-begin\r\n');
    }),
  );

  it(
    'C07 226 first, and nothing behind it',
    withPlay({ timeout: 20_000 }, async (play) => {
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      await play.request();
      await play.say(BEGUN, DONE);
      await fails(play, got, 'data-timeout', 'incomplete', 'timeout');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'C08 226 twice',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hello');
      await play.say(DONE, DONE);
      expect((await got.value()).verified).to.equal(true);
      expect(basin.bytes.toString()).to.equal('hello');
      const next = new Basin();
      const later = watch(play.client.get('b.txt', next));
      await fails(play, later, 'data-timeout');
      expect(next.writableFinished).to.equal(false);
    }),
  );

  it(
    'C09 226 never',
    outlives({ timeout: 30_000 }, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hello');
      await play.clock.advance(30_000);
      await givesUp(play);
      await got.failure('incomplete');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'C10 226 for another path',
    outlives({}, async (play) => {
      const { basin, got, q } = await begin(play, '150 type=file;size=5; b.txt');
      await q.end('hello');
      await play.say(DONE);
      await got.failure('protocol');
      expect(basin.writableFinished).to.equal(false);
    }),
  );
});

/** Says something without end at a client that waits for an answer; it must lose heart, and take little of it. */
async function flood(play: Play, words: string, first = ''): Promise<void> {
  const stat = watch(play.client.stat('a.txt'));
  expect((await play.p.line()).slice(0, 3)).to.equal('-s ');
  if (first !== '') await play.p.send(first);
  let taken = 0;
  for (let i = 0; i < 4096 && !stat.isOver; i += 1) {
    try {
      await play.p.send(words);
    } catch {
      break;
    }
    taken += words.length;
  }
  await fails(play, stat, 'protocol', 'not-understood', 'too-large');
  expect(taken).to.be.below(2 * 1024 * 1024);
  await play.onlyP('is gone');
}
