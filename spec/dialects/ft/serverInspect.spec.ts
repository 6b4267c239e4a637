import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { memoryStorage, type MemoryStorage } from '../../../lib/storage/memory';
import type { Source } from '../../../lib/storage/storage';
import { SERVER, THEN_FACT, withBench } from '../../support/ftBench';

const HELLO = '3610a686';
const files = { 'hello.txt': 'hello', 'dir/x': 'x' };

/** A storage whose files can be held up: each read of a file waits until `go` was called. */
function gated(): { storage: MemoryStorage; go: () => void; reads: string[] } {
  const storage = memoryStorage(files);
  const read = storage.read.bind(storage);
  const reads: string[] = [];
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  storage.read = async (path) => {
    const source = await read(path);
    reads.push(path);
    return {
      stat: source.stat,
      read: async (into, position) => {
        await gate;
        return source.read(into, position);
      },
      restat: () => source.restat(),
      close: () => source.close(),
    } satisfies Source;
  };
  return { storage, go: () => go(), reads };
}

describe('the native server: -s', () => {
  it(
    'a file, a directory, nothing, and the root',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-s hello.txt\n-s dir\n-s nothing\n-s .\n-s hello.txt/x\n-s\n-s  \n');
      const [file, dir, nothing, root, below, none, space] = await p.lines(7);
      expect(file).to.match(new RegExp(`^213 type=file;size=5;modify=${THEN_FACT};version=[^;]+; hello\\.txt$`));
      expect(dir).to.match(/^213 type=dir;(modify=[\d.]+;)? dir$/);
      expect(nothing).to.equal('550 FILE NOT FOUND');
      expect(root).to.match(/^213 type=dir;/);
      expect(below).to.match(/^550 /);
      expect(none).to.match(/^501 /);
      expect(space).to.match(/^550 /);
    }),
  );

  it(
    'answers with the path as it was sent',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send(`-s ./dir/../hello.txt\n-s --hex ${Buffer.from('hello.txt').toString('hex')}\n`);
      const [plain, hex] = await p.lines(2);
      expect(plain).to.match(/; \.\/dir\/\.\.\/hello\.txt$/);
      expect(hex).to.match(/; 68656c6c6f2e747874$/);
    }),
  );
});

describe('the native server: -h', () => {
  it(
    'count and digest of a file, or of its beginning',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-h hello.txt\n-h --length=0 hello.txt\n-h --length=4 --digest=sha256 hello.txt\n');
      const [whole, none, four] = await p.lines(3);
      expect(whole).to.match(new RegExp(`^213 length=5;crc32=${HELLO};version=[^;]+; hello\\.txt$`));
      expect(none).to.match(/^213 length=0;crc32=00000000;/);
      expect(four).to.include(`sha256=${createHash('sha256').update('hell').digest('hex')};`);
    }),
  );

  it(
    'more than the file has is 554; no file is 550; another digest is 501',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-h --length=6 hello.txt\n-h nothing\n-h dir\n-h --digest=md5 hello.txt\n');
      const codes = (await p.lines(4)).map((line) => line.slice(0, 3));
      expect(codes).to.deep.equal(['554', '550', '550', '501']);
    }),
  );

  it('is one at a time per address, and does not hold up another address', async () => {
    const { storage, go, reads } = gated();
    await withBench({ storage }, async (bench) => {
      const first = await bench.dial();
      const second = await bench.dial();
      const other = await bench.dial('10.0.0.3');
      await first.send('-h hello.txt\n');
      await first.quiet();
      await second.send('-h hello.txt\n');
      await second.quiet();
      expect(reads).to.have.length(1);
      await other.send('-h hello.txt\n');
      await other.quiet();
      expect(reads).to.have.length(2);
      // What is no digest goes on meanwhile.
      const third = await bench.dial();
      await third.send('-s hello.txt\n');
      expect(await third.line()).to.match(/^213 /);
      go();
      for (const p of [first, second, other]) expect(await p.line()).to.match(/^213 /);
      expect(reads).to.have.length(3);
    })();
  });

  it('that waits for its turn hears -x, and then reads nothing', async () => {
    const { storage, go, reads } = gated();
    await withBench({ storage }, async (bench) => {
      const first = await bench.dial();
      const second = await bench.dial();
      await first.send('-h hello.txt\n');
      await first.quiet();
      await second.send('-h hello.txt\n');
      await second.quiet();
      await second.send('-x\n');
      expect((await second.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226']);
      go();
      expect(await first.line()).to.match(/^213 /);
      await first.quiet();
      expect(reads).to.have.length(1);
    })();
  });
});

describe('the native server: -f', () => {
  it(
    'lists what it can do in the layout of RFC 2389',
    withBench({ files, writable: true }, async (bench) => {
      const p = await bench.dial();
      await p.send('-f\n-q\n');
      const lines = (await p.whole()).toString().split('\r\n');
      expect(lines[0]).to.equal('211-Features:');
      const end = lines.indexOf('211 End');
      for (const line of lines.slice(1, end)) expect(line).to.match(/^ [A-Za-z]+( \S.*)?$/);
      expect(lines.slice(1, end).map((line) => line.trim().split(' ')[0])).to.include.members([
        'LIST',
        'GET',
        'PUT',
        'STAT',
        'DIGEST',
        'ACTIVE',
        'PASSIVE',
      ]);
      expect(lines.slice(end + 1)).to.deep.equal(['221 Goodbye.', '']);
    }),
  );

  it(
    'takes no argument; nor do -q and -x',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-f x\n-q x\n-x x\n');
      for (const line of await p.lines(3)) expect(line).to.match(/^501 /);
      expect(await p.quiet()).to.equal('');
    }),
  );
});

describe('the native server with --plain-replies', () => {
  it(
    'a list or get that goes well leaves P without a word',
    withBench({ files, plainReplies: true }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g hello.txt ${door.port}\n`);
      expect((await (await door.next()).whole()).toString()).to.equal('hello');
      await p.send(`-l ${door.port}\n`);
      await (await door.next()).whole();
      expect(await p.quiet()).to.equal('');
      await p.end();
      expect(await p.over()).to.equal('ended');
      expect(p.received.length).to.equal(0);
    }),
  );

  it(
    'errors are said',
    withBench({ files, plainReplies: true }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g nothing 5001\n-g hello.txt 5001\n');
      expect(await p.line()).to.equal('550 FILE NOT FOUND');
      await bench.clock.advance(8_000);
      expect(await p.line()).to.match(/^425 /);
    }),
  );

  it(
    'passive requests and puts cannot do without their 150',
    withBench({ files, plainReplies: true, writable: true }, async (bench) => {
      const p = await bench.dial(SERVER);
      await p.send('-g hello.txt 0\n');
      const port = Number(/^150 .*port=(\d+);/.exec(await p.line())?.[1]);
      const q = await bench.dialData(port, SERVER);
      expect((await q.whole()).toString()).to.equal('hello');
      expect(await p.line()).to.match(/^226 /);
    }),
  );
});
