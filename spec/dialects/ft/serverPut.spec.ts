import { expect } from 'chai';
import { memoryStorage } from '../../../lib/storage/memory';
import { THEN, THEN_FACT, withBench, type Bench } from '../../support/ftBench';
import type { Talker } from '../../support/talker';

const HELLO = '3610a686';
const files = { 'old.txt': 'the old one', 'dir/x': 'x' };
const writable = true;

/** Sends a put and waits for its 150 and its data connection. */
async function begin(bench: Bench, request: string): Promise<{ p: Talker; q: Talker; port: number }> {
  const p = await bench.dial();
  const door = await bench.door();
  await p.send(`${request} ${door.port}\n`);
  expect(await p.line()).to.match(/^150 /);
  return { p, q: await door.next(), port: door.port };
}

/** What is refused at once: its reply, and nothing dials. */
async function refused(bench: Bench, request: string): Promise<string> {
  const p = await bench.dial();
  const door = await bench.door();
  await p.send(`${request} ${door.port}\n`);
  const reply = await p.line();
  await bench.clock.advance(10_000);
  expect(door.conns).to.have.length(0);
  return reply;
}

describe('the native server: a put nobody confirms', () => {
  it(
    'the end of Q makes the file, and the 226 says unverified',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p new.txt');
      await q.end('hello');
      expect(await p.line()).to.equal(`226 length=5;crc32=${HELLO}; Transfer complete, unverified.`);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
      expect(bench.events.at(-1)).to.include({ phase: 'done', kind: 'put', length: 5, unverified: true });
      await q.whole();
    }),
  );

  it(
    'nothing is there under the name before the end',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p new.txt');
      await q.send('hello');
      await p.quiet();
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
      const other = await bench.dial();
      await other.send('-s new.txt\n');
      expect(await other.line()).to.match(/^550 /);
    }),
  );

  it(
    'makes an empty file of an empty Q',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p new.txt');
      await q.end();
      expect(await p.line()).to.match(/^226 length=0;crc32=00000000;/);
      expect(bench.storage.bytes('new.txt')?.length).to.equal(0);
    }),
  );

  it(
    '--size bytes are the body, no FIN is awaited, and what follows them is not stored',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --size=5 new.txt');
      await q.send('hello, and more');
      expect(await p.line()).to.match(/^226 length=5;/);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
      expect(await q.over()).to.equal('ended');
    }),
  );

  it(
    'fewer than --size bytes are 426, and no file',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --size=6 new.txt');
      await q.end('hello');
      expect(await p.line()).to.match(/^426 /);
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );

  it(
    'never replaces, whatever it asks for',
    withBench({ files, writable }, async (bench) => {
      expect(await refused(bench, '-p old.txt')).to.match(/^553 /);
      expect(await refused(bench, '-p --if-exists=overwrite old.txt')).to.match(/^553 /);
      expect(bench.storage.bytes('old.txt')?.toString()).to.equal('the old one');
    }),
  );

  it(
    'a name that is taken meanwhile is 553, and stays what it became',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p new.txt');
      await q.send('hello');
      await p.quiet();
      bench.storage.put('new.txt', 'first come');
      await q.end();
      expect(await p.line()).to.match(/^553 /);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('first come');
    }),
  );

  it(
    'a reset of Q is 426, and no file',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p new.txt');
      await q.send('hello');
      await p.quiet();
      q.conn.reset();
      expect(await p.line()).to.match(/^426 /);
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );

  it(
    '--modify sets the time of the file',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --modify=19991231235959.250 new.txt');
      await q.end('hello');
      expect(await p.line()).to.match(/^226 /);
      expect((await bench.storage.stat('new.txt')).modified).to.equal(Date.UTC(1999, 11, 31, 23, 59, 59, 250));
    }),
  );
});

describe('the native server: what it will not store', () => {
  it(
    'anything, unless it was started writable',
    withBench({ files }, async (bench) => {
      expect(await refused(bench, '-p new.txt')).to.match(/^553 /);
      expect(await refused(bench, '-p --confirm new.txt')).to.match(/^553 /);
      const p = await bench.dial();
      await p.send('-f\n-q\n');
      await p.whole();
      expect(p.unread).to.not.include('PUT');
    }),
  );

  it(
    'anything unconfirmed with --strict-put',
    withBench({ files, writable, strictPut: true }, async (bench) => {
      expect(await refused(bench, '-p new.txt')).to.match(/^553 /);
      const { p, q } = await begin(bench, '-p --confirm new.txt');
      await q.end('hello');
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'a file where a directory is, or below what is none, or in none',
    withBench({ files, writable }, async (bench) => {
      expect(await refused(bench, '-p dir')).to.match(/^553 /);
      expect(await refused(bench, '-p nowhere/new')).to.match(/^553 /);
      expect(await refused(bench, '-p old.txt/new')).to.match(/^5\d\d /);
      expect(await refused(bench, '-p .')).to.match(/^55\d /);
      expect(await refused(bench, '-p ..')).to.match(/^55\d /);
    }),
  );

  it(
    'an offset without what names its part',
    withBench({ files, writable }, async (bench) => {
      expect(await refused(bench, '-p --offset=1 new.txt')).to.match(/^501 /);
      expect(await refused(bench, '-p --confirm --offset=1 --size=5 new.txt')).to.match(/^501 /);
      const named = `--confirm --size=5 --modify=${THEN_FACT}`;
      expect(await refused(bench, `-p ${named} --offset=1 new.txt`)).to.match(/^554 /);
    }),
  );

  it('more than there is room for: 452, and nothing left of it', async () => {
    const storage = memoryStorage({}, { maxBytes: 8, now: () => THEN });
    await withBench({ storage, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p new.txt');
      await q.end('more than eight bytes');
      expect(await p.line()).to.match(/^452 /);
      expect(await q.over()).to.equal('lost');
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
      const again = await begin(bench, '-p small.txt');
      await again.q.end('eight by');
      expect(await again.p.line()).to.match(/^226 length=8;/);
    })();
  });

  it(
    'a declared size reserves nothing and is believed of nobody',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, `-p --size=${Number.MAX_SAFE_INTEGER} new.txt`);
      await q.end('hello');
      expect(await p.line()).to.match(/^426 /);
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );
});

describe('the native server: a put by name, in the dark', () => {
  it(
    'stores under a hexadecimal name',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, `-p --hex ${Buffer.from('new\nline').toString('hex')}`);
      await q.end('hello');
      expect(await p.line()).to.match(/^226 /);
      expect(bench.storage.bytes('new\nline')?.toString()).to.equal('hello');
    }),
  );

  it(
    'stays under the root',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p ../../up.txt');
      await q.end('hello');
      expect(await p.line()).to.match(/^226 /);
      expect(bench.storage.bytes('up.txt')?.toString()).to.equal('hello');
    }),
  );
});
