import { expect } from 'chai';
import { crc32 } from 'node:zlib';
import type { DialectName } from '../../lib/dialects/registry';
import { begin, BEGUN, DONE, endsIn, fails, outlives, tokenIn } from '../support/attacked';
import { withClient, type Errands } from '../support/errandBench';
import { Place } from '../support/ftPair';
import { watch, withPlay, type Play, type Watched } from '../support/ftPlay';
import { settle } from '../support/fakeClock';
import { eventually } from '../support/talker';

const sum = (text: string): string => crc32(text).toString(16).padStart(8, '0');
const done = (text: string): string => `226 length=${text.length};crc32=${sum(text)}; Transfer complete.`;

/** A play with a directory for the client. */
const inPlace = (spec: (play: Play, place: Place) => Promise<void>): (() => Promise<void>) =>
  withPlay({}, async (play) => {
    const place = new Place();
    try {
      await spec(play, place);
    } finally {
      place.remove();
    }
  });

/** A get whose data connection ended behind `hello`, of ten bytes: what came is kept. Now it is asked for again. */
async function resuming(play: Play, place: Place): Promise<Watched<unknown>> {
  const first = watch(play.client.get('a.txt', place.path('a.txt')));
  const { port } = await play.request();
  await play.say('150 type=file;size=10; a.txt');
  const q = await play.dial(port);
  await q.end('hello');
  await play.p.quiet();
  await play.say('451 Cannot read.');
  await endsIn(first, 'refused', 'incomplete');
  expect([place.names, place.parts]).to.deep.equal([[], [5]]);
  const again = watch(play.client.get('a.txt', place.path('a.txt'), { onExists: 'resume' }));
  expect(await play.p.line()).to.equal('-h --length=5 a.txt');
  await play.say(`213 length=5;crc32=${sum('hello')}; a.txt`);
  return again;
}

describe('hostile: servers that list for ever, end badly or begin anew', () => {
  it('C26 a listing without end', async () => {
    const letters = Buffer.from('a\n'.repeat(1_000_003));
    await outlives({}, async (play) => {
      for (const [chunk, times, code] of [
        [Buffer.alloc(1024 * 1024, 'a file\n'), 300, 'too-large'],
        [letters, 1, 'too-large'],
        [Buffer.alloc(20_000, 'x'), 1, 'protocol'],
      ] as const) {
        const listed = watch(play.client.list());
        const { line, port } = await play.request();
        await play.say('150 type=dir; ');
        const q = await play.dial(port);
        await q.send(tokenIn(line));
        let taken = 0;
        for (; taken < times && q.state === 'open'; taken += 1) await q.send(chunk).catch(() => undefined);
        expect(taken * chunk.length).to.be.below(260 * 1024 * 1024);
        await q.end().catch(() => undefined);
        const all = Buffer.concat(Array<Buffer>(times === 1 ? 1 : 0).fill(chunk));
        if (times === 1) await play.say(`226 length=${all.length};crc32=${crc32(all).toString(16).padStart(8, '0')};`);
        else if ((await play.p.line()) === '-x') await play.say('426 Aborted', '226 Aborted');
        const error = await fails(play, listed, code);
        expect(error.message).to.match(
          /^(the listing has no end: more than (256 MiB|1000002 lines) came|line 1 of the .*)$/,
        );
      }
    })();
    const others: readonly [DialectName, (errands: Errands) => Promise<void>][] = [
      ['privateshare', async (it) => (await it.caller()).end(Buffer.from('a, '.repeat(1_000_003)))],
    ];
    for (const [dialect, serve] of others) {
      await withClient(dialect, {}, async (errands) => {
        const listed = watch(errands.client.list());
        await serve(errands);
        await settle();
        await listed.failure('too-large');
      })();
    }
  }).timeout(60_000);

  it(
    'C29 a reset at the end of Q',
    inPlace(async (play, place) => {
      for (const said of [[DONE], []]) {
        const got = watch(play.client.get('a.txt', place.path('a.txt')));
        const { line, port } = await play.request();
        await play.say(BEGUN);
        const q = await play.dial(port);
        await q.send(tokenIn(line));
        await q.send('hello');
        await play.p.quiet();
        q.conn.reset();
        if (said.length > 0) await play.say(...said);
        else await play.say('451 Cannot read.');
        await endsIn(got, 'incomplete', 'refused');
        expect(place.names).to.deep.equal([]);
      }
      await play.onlyP();
    }),
  );

  it('C32 a reset at the end of P', async () => {
    for (const [said, code] of [
      ['', 'incomplete'],
      ['226 length=5;crc32=36', 'incomplete'],
      [DONE, 'incomplete'],
      ['226-\r\n length=5;crc32=3610a686;\r\n', 'incomplete'],
    ] as const) {
      await withPlay({}, async (play) => {
        const { basin, got, q } = await begin(play);
        await q.end('hello');
        await play.p.send(said);
        play.p.conn.reset();
        await fails(play, got, code);
        expect(basin.writableFinished).to.equal(false);
        await play.onlyP('is gone');
      })();
    }
  });

  it('C33 an offset that the server ignores', async () => {
    const whole = 'helloworld';
    // What the 150 says, what comes, and what is said of that.
    for (const [begun, came, code] of [
      ['size=10', whole, 'cannot-resume'],
      ['size=10;offset=0;length=10', whole, 'cannot-resume'],
      ['size=10;offset=5;length=5', whole, 'protocol'],
      ['size=10;offset=5;length=10', whole, 'protocol'],
      ['size=10;offset=5', whole, 'protocol'],
      ['size=10;offset=5', 'hello', 'corrupt'],
      ['size=4;offset=5', '', 'protocol'],
      ['offset=5', whole, 'corrupt'],
    ] as const) {
      await inPlace(async (play, place) => {
        const again = await resuming(play, place);
        const { line, port } = await play.request();
        expect(line).to.match(/^-g --offset=5 /);
        const q = await play.dial(port);
        await q.send(tokenIn(line));
        await play.say(`150 type=file;${begun}; a.txt`);
        await q.end(came).catch(() => undefined);
        await play.say(done(came));
        await eventually('a word of the client', () => play.p.unread.includes('\n') || again.isOver);
        // Where nothing else is wrong both ends digest all of it, and this server is honest about what it has.
        if (/^-h --length=/.test(play.p.unread)) await play.say(`213 length=10;crc32=${sum(whole)}; a.txt`);
        else await play.say('226 Aborted');
        await endsIn(again, code);
        expect(place.names, begun).to.deep.equal([]);
      })();
    }
  });
});
