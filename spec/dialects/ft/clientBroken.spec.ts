import { expect } from 'chai';
import type { GetOptions } from '../../../lib/transfers';
import { Basin, watch, withPlay, type Play } from '../../support/ftPlay';

const HELLO = '3610a686';
const BEGUN = '150 type=file;size=5;version=v1; a.txt';
const DONE = `226 length=5;crc32=${HELLO}; Transfer complete.`;

async function begin(play: Play, begun = BEGUN, options: GetOptions = {}) {
  const basin = new Basin();
  const got = watch(play.client.get('a.txt', basin, options));
  const { port } = await play.request();
  if (begun !== '') await play.say(begun);
  const q = await play.dial(port);
  await play.p.quiet();
  return { basin, got, q };
}

/** The client gives the request up with -x; the server answers both. */
async function answerAbort(play: Play): Promise<void> {
  expect(await play.p.line()).to.equal('-x');
  await play.say('426 Aborted', '226 Aborted');
}

/** The connection is as good as new. */
async function goesOn(play: Play): Promise<void> {
  const stat = watch(play.client.stat('b.txt'));
  expect((await play.request()).line).to.equal('-s b.txt');
  await play.say('213 type=dir; b.txt');
  expect((await stat.value()).type).to.equal('dir');
}

describe('the native client: a transfer the server does not vouch for', () => {
  it(
    'the 226 never comes: incomplete after the timeout, the stream is destroyed',
    withPlay({ timeout: 30_000 }, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hello');
      await play.clock.advance(29_999);
      expect(got.isOver).to.equal(false);
      await play.clock.advance(1);
      await answerAbort(play);
      await got.failure('incomplete');
      expect(basin.destroyed).to.equal(true);
      expect(basin.writableFinished).to.equal(false);
      await goesOn(play);
    }),
  );

  it(
    'P is closed when all bytes have come: incomplete',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await q.end('hello');
      await play.p.quiet();
      await play.p.end();
      expect((await got.failure('incomplete')).message).to.match(/never|before the server confirmed/);
      await play.client.close();
      await play.onlyP('is gone');
    }),
  );

  it(
    'P is reset when all bytes have come: incomplete',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await q.end('hello');
      await play.p.quiet();
      play.p.conn.reset();
      await got.failure('incomplete');
      await play.onlyP('is gone');
    }),
  );

  it(
    'the 226 is cut short: whatever it began to say, it has not been said',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await q.end('hello');
      await play.p.end(DONE);
      await got.failure('incomplete');
    }),
  );

  for (const [what, reply, code] of [
    ['another count', `226 length=6;crc32=${HELLO}; Done.`, 'incomplete'],
    ['another digest', '226 length=5;crc32=00000000; Done.', 'corrupt'],
    ['a count and no digest', '226 length=5; Done.', 'protocol'],
    ['a digest and no count', `226 crc32=${HELLO}; Done.`, 'protocol'],
    ['neither, behind a 150 that had facts', '226 Done.', 'protocol'],
    ['another sha256', `226 length=5;crc32=${HELLO};sha256=${'0'.repeat(64)}; Done.`, 'corrupt'],
  ] as const) {
    it(
      `the 226 gives ${what}: ${code}`,
      withPlay({}, async (play) => {
        const options: GetOptions = what === 'another sha256' ? { digest: 'sha256' } : {};
        const { basin, got, q } = await begin(play, BEGUN, options);
        await q.end('hello');
        await play.say(reply);
        await got.failure(code);
        expect(basin.writableFinished).to.equal(false);
        await goesOn(play);
      }),
    );
  }

  it(
    'a count that is no number: protocol',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await q.end('hello');
      await play.say('226 length=five;crc32=00000000; Done.');
      await got.failure('protocol');
    }),
  );

  it(
    'fewer bytes than announced: incomplete, even when the 226 says that they are all',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play, '150 type=file;size=6; a.txt');
      await q.end('hello');
      await play.say(DONE);
      expect((await got.failure('incomplete')).message).to.equal('only 5 of 6 bytes arrived');
    }),
  );

  it(
    'more bytes than announced: given up at once, and nothing is taken of the excess',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play, '150 type=file;size=4; a.txt');
      await q.send('hello');
      await answerAbort(play);
      await got.failure('protocol');
      expect(await q.over()).to.equal('lost');
      expect(basin.bytes.length).to.equal(0);
      await goesOn(play);
    }),
  );

  it(
    'more bytes than announced, and the 150 comes only afterwards: incomplete',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play, '');
      await q.end('hello');
      await play.p.quiet();
      await play.say('150 type=file;size=4; a.txt', DONE);
      await got.failure('incomplete');
    }),
  );

  it(
    'the 150 has no facts, and so does not say of which file count and digest are: protocol',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play, '150 opening a.txt');
      await q.end('hello');
      await play.say(DONE);
      await got.failure('protocol');
    }),
  );

  it(
    'the 150 is about another path: protocol',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play, '150 type=file;size=5; b.txt');
      await q.end('hello');
      await play.say(DONE);
      await got.failure('protocol');
      await goesOn(play);
    }),
  );

  it(
    'a native server that says a 226 without any fact: unverified, and said so',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play, '150 Here it comes', { onNote: (note) => play.notes.push(note) });
      await q.end('hello');
      await play.say('226 Done');
      expect((await got.value()).verified).to.equal(false);
      expect(play.notes).to.deep.equal(['unverified: the server sends no count and digest']);
    }),
  );

  it(
    'the same with requireVerified: a failure',
    withPlay({ requireVerified: true }, async (play) => {
      const { basin, got, q } = await begin(play, '150 Here it comes');
      await q.end('hello');
      await play.say('226 Done');
      await got.failure('unverified');
      expect(basin.destroyed).to.equal(true);
    }),
  );
});

describe('the native client: a server that fails in the middle', () => {
  it(
    'killed: Q ends politely and too early, P too',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await q.end('hel');
      await play.p.end();
      await got.failure('incomplete');
      await play.client.close();
      await play.onlyP('is gone');
    }),
  );

  it(
    'killed: P ends first, then Q',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await play.p.end();
      await q.end('hel');
      await got.failure('incomplete');
    }),
  );

  it(
    'an error reply after the 150, Q reset: refused, with its words',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await q.send('hel');
      await play.p.quiet();
      q.conn.reset();
      await play.say('451 The file was changed while it was sent');
      const error = await got.failure('refused');
      expect(error.reply).to.equal(451);
      expect(error.message).to.equal('The file was changed while it was sent');
      await goesOn(play);
    }),
  );

  it(
    'an error reply while Q stays open: refused at once, Q is given up',
    withPlay({}, async (play) => {
      const { got, q } = await begin(play);
      await q.send('hel');
      await play.say('426 Transfer aborted');
      expect((await got.failure('refused')).reply).to.equal(426);
      expect(await q.over()).to.equal('lost');
      await goesOn(play);
    }),
  );

  it(
    'an error reply after every byte and a polite end',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hello');
      await play.say('451 The file was changed while it was sent');
      expect((await got.failure('refused')).reply).to.equal(451);
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'a 425 after a data connection was open is no reason to ask again: the stream has its bytes',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.send('hel');
      await play.p.quiet();
      await play.say('425 Cannot open the data connection');
      expect((await got.failure('refused')).reply).to.equal(425);
      expect(basin.destroyed).to.equal(true);
      expect(await play.p.quiet()).to.equal('');
    }),
  );

  it(
    'Q is reset and nobody says why: incomplete when the wait is over',
    withPlay({ timeout: 20_000 }, async (play) => {
      const { got, q } = await begin(play);
      await q.send('hel');
      await play.p.quiet();
      q.conn.reset();
      await play.clock.advance(20_000);
      await answerAbort(play);
      await got.failure('incomplete');
      await goesOn(play);
    }),
  );

  it(
    'nothing moves on either connection: timeout',
    withPlay({ timeout: 20_000 }, async (play) => {
      const { got, q } = await begin(play);
      await q.send('hel');
      await play.clock.advance(40_000);
      await answerAbort(play);
      await got.failure('timeout');
      expect(await q.over()).to.equal('lost');
      await goesOn(play);
    }),
  );

  for (const [what, dribble, ends] of [
    ['half a line', 'x', true],
    ['beginnings', '150 wait\r\n', true],
    ['signs of life, which it is given time for', '120 Still reading.\r\n', false],
  ] as const) {
    it(
      `no data, and on P ${what}`,
      withPlay({ timeout: 20_000 }, async (play) => {
        const { got, q } = await begin(play);
        await q.send('hel');
        for (let i = 0; i < 9; i += 1) {
          await play.p.send(dribble);
          await play.clock.advance(5_000);
        }
        if (ends) await play.clock.advance(2_000);
        expect(got.isOver).to.equal(ends);
        play.p.conn.reset();
        await play.clock.advance(40_000);
        await got.failure('timeout');
      }),
    );
  }

  it(
    'accepts the request and never dials: data-timeout after fifteen seconds',
    withPlay({}, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin()));
      const { port } = await play.request();
      await play.say(BEGUN);
      await play.clock.advance(14_999);
      expect(got.isOver).to.equal(false);
      await play.clock.advance(1);
      await answerAbort(play);
      await got.failure('data-timeout');
      let refused = false;
      await play.dial(port).catch(() => (refused = true));
      expect(refused).to.equal(true);
      await goesOn(play);
    }),
  );

  it(
    'does not dial within the time that was asked for: data-timeout, sooner than by default',
    withPlay({ timeout: 3000 }, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin()));
      await play.request();
      await play.say(BEGUN);
      await play.clock.advance(2_999);
      expect(got.isOver).to.equal(false);
      await play.clock.advance(1);
      expect(await play.p.line()).to.equal('-x');
      await play.clock.advance(2_000);
      await got.failure('data-timeout');
      await play.p.over();
    }),
  );

  it(
    'does not even answer the -x: P is given up after two seconds',
    withPlay({}, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin()));
      await play.request();
      await play.say(BEGUN);
      await play.clock.advance(15_000);
      expect(await play.p.line()).to.equal('-x');
      await play.clock.advance(1_999);
      expect(got.isOver).to.equal(false);
      await play.clock.advance(1);
      await got.failure('data-timeout');
      await play.p.over();
      const next = watch(play.client.stat('b.txt'));
      await next.failure('connection-lost');
    }),
  );
});
