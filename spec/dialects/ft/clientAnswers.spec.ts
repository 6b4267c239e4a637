import { expect } from 'chai';
import type { Client } from '../../../lib/client';
import { withPair } from '../../support/ftPair';
import { watch, withPlay } from '../../support/ftPlay';

const CRC32 = '3610a686';
const SHA256 = 'ab'.repeat(32);

type Asked = readonly [line: string, ask: (client: Client) => Promise<unknown>];

const STAT: Asked = ['-s x', (client) => client.stat('x')];
const DIGEST: Asked = ['-h x', (client) => client.digest('x')];
const FIRST: Asked = ['-h --length=5 x', (client) => client.digest('x', { length: 5 })];
const STRONG: Asked = ['-h --digest=sha256 x', (client) => client.digest('x', { digest: 'sha256' })];
const MAKE: Asked = ['-m x', (client) => client.makeDirectory('x')];
const REMOVE: Asked = ['-d x', (client) => client.remove('x')];
const RENAME: Asked = ['-r x\ty', (client) => client.rename('x', 'y')];
const PING: Asked = ['-f', (client) => client.ping()];

/** Not the answer at all: nothing after it can be told either. */
const STRAY: readonly [asked: Asked, reply: string, why: RegExp][] = [
  [STAT, '226 Deleted.', /-s with 226, not 213/],
  [STAT, '211 End', /-s with 211/],
  [STAT, '213 x', /without facts/],
  [STAT, '213', /without facts/],
  [STAT, '213 type=file;size=5; OTHER', /another path/],
  [STAT, '213 type=file;size=5;', /another path/],
  [STAT, '213 type=file;size=5; x ', /another path/],
  [DIGEST, `226 length=5;crc32=${CRC32}; x`, /-h with 226/],
  [DIGEST, `213 length=5;crc32=${CRC32}; OTHER`, /another path/],
  [DIGEST, `213 length=5;crc32=${CRC32} x`, /without facts/],
  [MAKE, '213 type=dir; x', /-m with 213, not 226/],
  [REMOVE, '221 Goodbye.', /-d with 221/],
  [RENAME, '200 OK', /-r with 200/],
  [PING, '226 Done.', /-f with 226, not 211/],
];

/** The answer, but not what it should say. */
const MALFORMED: readonly [asked: Asked, reply: string, why: RegExp][] = [
  [STAT, '213 size=5; x', /no type/],
  [STAT, '213 type=;size=5; x', /no type/],
  [STAT, '213 type=file; x', /without a size/],
  [STAT, '213 type=file;size=-1; x', /size that is no number/],
  [STAT, '213 type=file;size=9007199254740993; x', /size that is no number/],
  [STAT, '213 type=file;size=5;modify=20210230000000; x', /modify that is none/],
  [STAT, '213 type=file;size=5;version=\x1b[31m; x', /version that is none/],
  [DIGEST, '213 length=5; x', /no digest/],
  [DIGEST, `213 crc32=${CRC32}; x`, /no digest/],
  [DIGEST, `213 length=0x5;crc32=${CRC32}; x`, /length that is no number/],
  [DIGEST, '213 length=5;crc32=zzzz; x', /crc32 that is none/],
  [DIGEST, '213 length=5;crc32=3610A686; x', /crc32 that is none/],
  [DIGEST, `213 length=5;crc32=0${CRC32}; x`, /crc32 that is none/],
  [DIGEST, `213 length=5;crc32=${CRC32};sha256=\x1b[31m; x`, /sha256 that is none/],
  [DIGEST, `213 length=5;crc32=${CRC32};sha256=${SHA256.slice(1)}; x`, /sha256 that is none/],
  [DIGEST, `213 length=5;crc32=${CRC32};version=\u009b1m; x`, /version that is none/],
  [STRONG, `213 length=5;crc32=${CRC32}; x`, /no sha256/],
  [FIRST, `213 length=4;crc32=${CRC32}; x`, /digested 4 bytes, not 5/],
];

describe('the native client: answers that are none', () => {
  for (const [[line, ask], reply, why] of [...STRAY, ...MALFORMED]) {
    const stray = STRAY.some((row) => row[1] === reply && row[0][0] === line);
    it(
      `${line} answered ${JSON.stringify(reply)}`,
      withPlay({}, async (play) => {
        const asked = watch(ask(play.client));
        expect((await play.request()).line).to.equal(line);
        await play.say(reply);
        expect((await asked.failure('protocol')).message).to.match(why);
        if (stray) await play.onlyP('is gone');
        else expect(play.client.alive).to.equal(true);
      }),
    );
  }
});

describe('the native client: what it makes of answers', () => {
  it(
    'says what the server said, and of anything but a file no size',
    withPlay({}, async (play) => {
      const told: [reply: string, stat: object][] = [
        ['type=file;size=5;modify=20200102030405.500;version=v-1;', { size: 5, version: 'v-1' }],
        ['Type=FILE;Size=0;modify=20200102030405.500;unknown=?;', { size: 0 }],
        ['type=dir;modify=20200102030405.500;', { type: 'dir', size: 0 }],
        ['type=OS.unix=other;modify=20200102030405.500;', { type: 'other', size: 0 }],
        ['type=dir;', { type: 'dir', size: 0, modified: 0 }],
      ];
      for (const [facts, stat] of told) {
        const asked = watch(play.client.stat('x'));
        await play.request();
        await play.say(`213 ${facts} x`);
        const modified = Date.UTC(2020, 0, 2, 3, 4, 5, 500);
        expect(await asked.value()).to.deep.equal({ type: 'file', modified, ...stat });
      }
      const asked = watch(play.client.digest('x', { digest: 'sha256' }));
      await play.request();
      await play.say(`213 length=5;crc32=${CRC32};sha256=${SHA256};version=v-1; x`);
      expect(await asked.value()).to.deep.equal({ length: 5, crc32: CRC32, sha256: SHA256, version: 'v-1' });
    }),
  );

  const names = ['', '.', '/', '--odd', ' spaces ', 'é', 'new\nline', 'esc\x1b', 'c1\u0085', 'bytes\udcff', 'a;b=c; d'];
  it(
    'knows its paths again in what the real server says, whatever they hold',
    withPair({ files: Object.fromEntries(names.slice(3).map((name) => [name, 'hello'])) }, async ({ client }) => {
      for (const name of names) {
        const isFile = names.indexOf(name) > 2;
        expect((await client.stat(name)).type, name).to.equal(isFile ? 'file' : 'dir');
        if (!isFile) continue;
        const { crc32, sha256 } = await client.digest(name, { digest: 'sha256', length: 5 });
        expect([crc32, sha256?.length], name).to.deep.equal([CRC32, 64]);
      }
    }),
  );
});

describe('the native client: a server that never comes to its answer', () => {
  const dribbles: readonly [what: string, dribble: string][] = [
    ['signs of life', '120 wait\r\n'],
    ['beginnings', '150 wait\r\n'],
    ['half a line', 'x'],
    ['half a reply', '211-x\r\n'],
  ];
  for (const [line, ask] of [STAT, MAKE, REMOVE, RENAME, PING]) {
    for (const [what, dribble] of dribbles) {
      it(
        `${line}: ${what}, and no more, for as long as the timeout`,
        withPlay({ timeout: 2000 }, async (play) => {
          const asked = watch(ask(play.client));
          await play.request();
          for (let i = 0; i < 19; i += 1) {
            await play.p.send(dribble);
            await play.clock.advance(100);
          }
          await play.clock.advance(99);
          expect(asked.isOver).to.equal(false);
          await play.clock.advance(1);
          expect((await asked.failure('timeout')).message).to.equal('the server does not answer');
          await play.onlyP('is gone');
        }),
      );
    }
  }

  for (const [what, dribble] of dribbles.slice(1)) {
    it(
      `a digest is not kept waiting by ${what}`,
      withPlay({ timeout: 2000 }, async (play) => {
        const asked = watch(play.client.digest('x'));
        await play.request();
        for (let i = 0; i < 40 && !asked.isOver; i += 1) {
          await play.p.send(dribble);
          await play.clock.advance(100);
        }
        await asked.failure('timeout');
        expect(play.clock.now()).to.be.at.most(1000 + 4000);
        await play.onlyP('is gone');
      }),
    );
  }

  it(
    'a digest that is only ever at it is given up after a day',
    withPlay({ timeout: 60 * 60_000 }, async (play) => {
      const asked = watch(play.client.digest('x'));
      await play.request();
      for (let half = 0; half < 48; half += 1) {
        expect(asked.isOver).to.equal(false);
        await play.say('120 Still reading.');
        await play.clock.advance(30 * 60_000);
      }
      expect((await asked.failure('timeout')).message).to.equal('the server does not answer');
      await play.onlyP('is gone');
    }),
  );
});
