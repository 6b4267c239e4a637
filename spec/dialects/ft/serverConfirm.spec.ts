import { expect } from 'chai';
import { memoryStorage, type MemoryStorage } from '../../../lib/storage/memory';
import { THEN, THEN_FACT, withBench, type Bench } from '../../support/ftBench';
import type { Talker } from '../../support/talker';

const HELLO = '3610a686';
const NAMED = `--confirm --size=5 --modify=${THEN_FACT}`;
const files = { 'old.txt': 'the old one' };
const writable = true;

async function begin(bench: Bench, request: string): Promise<{ p: Talker; q: Talker; begun: string }> {
  const p = await bench.dial();
  const door = await bench.door();
  await p.send(`${request} ${door.port}\n`);
  const begun = await p.line();
  expect(begun).to.match(/^150 /);
  return { p, q: await door.next(), begun };
}

/** A put that is cut off after these bytes: Q is reset. */
async function cutOff(bench: Bench, bytes: string, request = `-p ${NAMED} new.txt`): Promise<void> {
  const { p, q } = await begin(bench, request);
  await q.send(bytes);
  // Gathered bytes reach the part when Q ends; a FIN too early is as broken a put as a reset.
  await q.end();
  expect(await p.line()).to.match(/^426 /);
}

describe('the native server: -c', () => {
  it(
    'count and digest agree: the file is there, 226 with both, and no word more',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm new.txt');
      await q.end('hello');
      expect(await p.quiet()).to.equal('');
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.equal(`226 length=5;crc32=${HELLO}; Transfer complete.`);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
      expect(await p.quiet()).to.equal('');
      expect(bench.events.at(-1)).to.include({ phase: 'done', unverified: false });
    }),
  );

  it(
    'may come before Q has ended, and in capitals',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm new.txt');
      await p.send(`-c 5 ${HELLO.toUpperCase()}\n`);
      await q.send('hello');
      expect(await p.quiet()).to.equal('');
      await q.end();
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'with --size nobody waits for the FIN',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, `-p ${NAMED} new.txt`);
      await q.send('hello');
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.match(/^226 length=5;/);
      expect((await bench.storage.stat('new.txt')).modified).to.equal(THEN);
    }),
  );

  for (const [what, line] of [
    ['another digest', '-c 5 00000000'],
    ['another count', `-c 6 ${HELLO}`],
  ] as const) {
    it(
      `${what}: 451 with what arrived, no file, and no part to continue`,
      withBench({ files, writable }, async (bench) => {
        const { p, q } = await begin(bench, `-p ${NAMED} new.txt`);
        await q.send('hello');
        await p.send(`${line}\n`);
        const reply = await p.line();
        expect(reply).to.match(/^451 /);
        expect(reply).to.include(`length=5;crc32=${HELLO};`);
        expect(bench.storage.bytes('new.txt')).to.equal(undefined);
        expect(await bench.partLength('new.txt', 5)).to.match(/^213 part=0; /);
      }),
    );
  }

  it(
    'none, and FIN on P instead: 426, no file',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm new.txt');
      await q.end('hello');
      await p.end();
      expect(await p.line()).to.match(/^426 /);
      expect(await p.over()).to.equal('ended');
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );

  it(
    'another request in its place: 426 for the put, and that request is served',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm new.txt');
      await q.end('hello');
      await p.send('-s old.txt\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '213']);
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );

  it(
    'stray: 503',
    withBench({ files, writable }, async (bench) => {
      const p = await bench.dial();
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.match(/^503 /);
      await p.send('-c 5\n-c x 00000000\n-c 5 123\n');
      for (const line of await p.lines(3)) expect(line).to.match(/^501 /);
    }),
  );

  it(
    'stray after a put that was confirmed, and after one that needed none: 503',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm new.txt');
      await q.end('hello');
      await p.send(`-c 5 ${HELLO}\n-c 5 ${HELLO}\n`);
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '503']);
      const plain = await begin(bench, '-p plain.txt');
      await plain.q.end('hello');
      await plain.p.send(`-c 5 ${HELLO}\n`);
      expect((await plain.p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '503']);
    }),
  );

  it(
    'too late, for a put that has failed already: swallowed, so that replies still match requests',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm --size=6 new.txt');
      await q.end('hello');
      expect(await p.line()).to.match(/^426 /);
      await p.send(`-c 6 00000000\n-s old.txt\n-c 6 00000000\n`);
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['213', '503']);
    }),
  );

  it(
    'of a put that was refused, sent along with it: swallowed',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send(`-p --confirm new.txt 5001\n-c 5 ${HELLO}\n-s old.txt\n`);
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['553', '213']);
    }),
  );

  it(
    'of a put that -x aborts, waiting beside it: no reply of its own',
    withBench({ files, writable }, async (bench) => {
      const { p } = await begin(bench, '-p --confirm new.txt');
      await p.send(`-c 5 ${HELLO}\n`);
      await p.quiet();
      await p.send('-x\n-s old.txt\n');
      expect((await p.lines(3)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226', '213']);
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );

  it(
    '-x while it is awaited: 426, 226, no file, the part is kept',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, `-p ${NAMED} new.txt`);
      await q.send('hello');
      await p.quiet();
      await p.send('-x\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226']);
      expect(await bench.partLength('new.txt', 5)).to.match(/^213 part=5; /);
    }),
  );
});

describe('the native server: an existing file and a confirmed put', () => {
  it(
    '553 at once, and by --if-exists=fail',
    withBench({ files, writable }, async (bench) => {
      const p = await bench.dial();
      await p.send('-p --confirm old.txt 5001\n-p --confirm --if-exists=fail old.txt 5001\n');
      for (const line of await p.lines(2)) expect(line).to.match(/^553 /);
    }),
  );

  it(
    '--if-exists=overwrite replaces it whole, and only at the end',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm --if-exists=overwrite old.txt');
      await q.end('hello');
      await p.quiet();
      expect(bench.storage.bytes('old.txt')?.toString()).to.equal('the old one');
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.match(/^226 /);
      expect(bench.storage.bytes('old.txt')?.toString()).to.equal('hello');
    }),
  );

  it(
    'survives an overwrite that fails',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, '-p --confirm --if-exists=overwrite old.txt');
      await q.end('hello');
      await p.send('-c 5 00000000\n');
      expect(await p.line()).to.match(/^451 /);
      expect(bench.storage.bytes('old.txt')?.toString()).to.equal('the old one');
    }),
  );
});

describe('the native server: a put that is continued', () => {
  it(
    '-s --part tells what is kept, for this very file only',
    withBench({ files, writable }, async (bench) => {
      await cutOff(bench, 'hel');
      expect(await bench.partLength('new.txt', 5)).to.equal('213 part=3; new.txt');
      expect(await bench.partLength('new.txt', 6)).to.match(/^213 part=0; /);
      expect(await bench.partLength('other.txt', 5)).to.match(/^213 part=0; /);
      const p = await bench.dial();
      await p.send(`-s --part --size=5 --modify=20200102030406 new.txt\n-s --part new.txt\n`);
      expect(await p.line()).to.match(/^213 part=0; /);
      expect(await p.line()).to.match(/^501 /);
    }),
  );

  it(
    'goes on at the offset; the digest confirmed is the whole file’s',
    withBench({ files, writable }, async (bench) => {
      await cutOff(bench, 'hel');
      const { p, q, begun } = await begin(bench, `-p ${NAMED} --offset=3 new.txt`);
      expect(begun).to.include('offset=3;');
      await q.end('lo');
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.equal(`226 length=5;crc32=${HELLO}; Transfer complete.`);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
      expect(bench.events.at(-1)).to.include({ phase: 'done', length: 2 });
    }),
  );

  it('reads the part back only once the client has its data connection', async () => {
    const storage: MemoryStorage = memoryStorage({}, { now: () => THEN });
    const write = storage.write.bind(storage);
    let letGo = (): void => undefined;
    const slow = new Promise<void>((resolve) => (letGo = resolve));
    storage.write = async (path, options) => {
      const target = await write(path, options);
      const read = target.read.bind(target);
      target.read = async (into, position) => {
        await slow;
        return read(into, position);
      };
      return target;
    };
    await withBench({ storage, writable }, async (bench) => {
      await cutOff(bench, 'hel');
      // The client waits fifteen seconds for Q: a large part on a slow disk must not use them up.
      const { p, q } = await begin(bench, `-p ${NAMED} --offset=3 new.txt`);
      await q.end('lo');
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.quiet()).to.equal('');
      letGo();
      expect(await p.line()).to.match(/^226 length=5;/);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
    })();
  });

  it(
    'what lies beyond the offset is cut off',
    withBench({ files, writable }, async (bench) => {
      await cutOff(bench, 'heXX');
      const { p, q } = await begin(bench, `-p ${NAMED} --offset=2 new.txt`);
      await q.end('llo');
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.match(/^226 /);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
    }),
  );

  it(
    'a wrong prefix shows: 451, and the part is gone',
    withBench({ files, writable }, async (bench) => {
      await cutOff(bench, 'HEL');
      const { p, q } = await begin(bench, `-p ${NAMED} --offset=3 new.txt`);
      await q.end('lo');
      await p.send(`-c 5 ${HELLO}\n`);
      expect(await p.line()).to.match(/^451 /);
      expect(await bench.partLength('new.txt', 5)).to.match(/^213 part=0; /);
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );

  it(
    'an offset beyond the part is 554; beyond the size as well, whatever the part',
    withBench({ files, writable }, async (bench) => {
      await cutOff(bench, 'hel');
      const p = await bench.dial();
      await p.send(`-p ${NAMED} --offset=4 new.txt 5001\n`);
      expect(await p.line()).to.match(/^554 /);
      await p.send(`-p ${NAMED} --offset=6 new.txt 5001\n`);
      expect(await p.line()).to.match(/^554 /);
      expect(await bench.partLength('new.txt', 5)).to.match(/^213 part=3; /);
    }),
  );

  it(
    'one writer at a time: 450',
    withBench({ files, writable }, async (bench) => {
      const first = await begin(bench, `-p ${NAMED} new.txt`);
      const p = await bench.dial();
      await p.send(`-p ${NAMED} new.txt 5001\n`);
      expect(await p.line()).to.match(/^450 /);
      await first.q.send('hello');
      await first.p.send(`-c 5 ${HELLO}\n`);
      expect(await first.p.line()).to.match(/^226 /);
    }),
  );

  it(
    'RST on P keeps what came of it',
    withBench({ files, writable }, async (bench) => {
      const { p, q } = await begin(bench, `-p ${NAMED} new.txt`);
      await q.send('hello');
      await p.quiet();
      p.conn.reset();
      await p.quiet();
      expect(await bench.partLength('new.txt', 5)).to.match(/^213 part=5; /);
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
    }),
  );

  it('a part that is being put away keeps the server from being over', async () => {
    const storage: MemoryStorage = memoryStorage({}, { now: () => THEN });
    const write = storage.write.bind(storage);
    let letGo = (): void => undefined;
    const slow = new Promise<void>((resolve) => (letGo = resolve));
    storage.write = async (path, options) => {
      const target = await write(path, options);
      const keep = target.keep.bind(target);
      target.keep = () => slow.then(keep);
      return target;
    };
    await withBench({ storage, writable }, async (bench) => {
      const { p, q } = await begin(bench, `-p ${NAMED} new.txt`);
      await q.send('hello');
      await p.quiet();
      p.conn.reset();
      let over = false;
      const closed = bench.server.close(0).then(() => (over = true));
      await bench.clock.advance(20_000);
      expect(over).to.equal(false);
      letGo();
      await closed;
      expect(await storage.partLength('new.txt', ['anonymous', 'new.txt', 5, THEN].join('\0'))).to.equal(5);
    })();
  });
});
