import { expect } from 'chai';
import { Basin, watch, withPlay, type Play } from '../../support/ftPlay';

/** The connection is as good as new. */
async function goesOn(play: Play): Promise<void> {
  const stat = watch(play.client.stat('b.txt'));
  expect((await play.request()).line).to.equal('-s b.txt');
  await play.say('213 type=dir; b.txt');
  expect((await stat.value()).type).to.equal('dir');
}

describe('the native client: odd replies', () => {
  it(
    '421 instead of a reply: its words are the error, for this request and the next',
    withPlay({}, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin()));
      await play.request();
      await play.p.end('421 The server stops, closing.\r\n');
      const error = await got.failure('refused');
      expect(error.reply).to.equal(421);
      expect(error.message).to.equal('The server stops, closing.');
      const next = watch(play.client.stat('b.txt'));
      expect((await next.failure('connection-lost')).message).to.equal('The server stops, closing.');
    }),
  );

  it(
    '421 while nothing is asked: the next request says so',
    withPlay({}, async (play) => {
      await play.p.end('421 Nothing asked for 300 s, closing.\r\n');
      await play.p.quiet();
      const next = watch(play.client.stat('b.txt'));
      expect((await next.failure('connection-lost')).message).to.match(/^Nothing asked for/);
    }),
  );

  it(
    'multi-line replies, middle lines that look like replies included',
    withPlay({}, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin()));
      await play.request();
      await play.say('550-FILE NOT FOUND', ' 226 length=5;crc32=0; no', '226 nor this', '550 really');
      const error = await got.failure('refused');
      expect(error.message).to.equal('FILE NOT FOUND');
      await goesOn(play);
    }),
  );

  it(
    'a reply without end: protocol, and P is closed',
    withPlay({}, async (play) => {
      const first = watch(play.client.stat('x'));
      await play.request();
      await play.say('550 no');
      await first.failure('refused');
      const got = watch(play.client.stat('a.txt'));
      await play.request();
      await play.p.send(`213 ${'x'.repeat(20_000)}`);
      await got.failure('protocol');
      expect(await play.p.over()).to.not.equal('open');
    }),
  );

  it(
    'a multi-line reply of more than 1024 lines: the same',
    withPlay({}, async (play) => {
      const got = watch(play.client.stat('x'));
      await play.request();
      await play.p.send(`213-a\r\n${' line\r\n'.repeat(1100)}`);
      await got.failure('not-understood');
    }),
  );

  it(
    'replies nobody asked for do not end up with the next request',
    withPlay({}, async (play) => {
      await play.say('550 out of nowhere', '226 length=0;crc32=00000000; me too');
      await play.p.quiet();
      await goesOn(play);
    }),
  );

  it(
    'a stat that is never answered: timeout, and P is given up',
    withPlay({ timeout: 20_000 }, async (play) => {
      const stat = watch(play.client.stat('a.txt'));
      await play.request();
      await play.clock.advance(20_000);
      await stat.failure('timeout');
      await play.p.over();
    }),
  );
});
