import { expect } from 'chai';
import { memoryStorage } from '../../../lib/storage/memory';
import type { Entry } from '../../../lib/storage/storage';
import { THEN, THEN_FACT, withBench, type Bench } from '../../support/ftBench';

const files = { 'b.txt': 'bb', 'a.txt': 'a', 'dir/deep/leaf': 'leaf', 'dir/x': 'x', Z: '', é: 'accent' };

/** One list: the text on Q and both replies. */
async function list(bench: Bench, request: string): Promise<{ text: string; begun: string; done: string }> {
  const p = await bench.dial();
  const door = await bench.door();
  await p.send(`${request} ${door.port}\n`);
  const text = (await (await door.next()).whole()).toString('latin1');
  const [begun = '', done = ''] = await p.lines(2);
  await p.end();
  await p.over();
  return { text: Buffer.from(text, 'latin1').toString('utf8'), begun, done };
}

describe('the native server: list', () => {
  it(
    'names, one a line: . and .. first, then in the order of their bytes',
    withBench({ files }, async (bench) => {
      const { text, begun, done } = await list(bench, '-l');
      expect(text).to.equal('.\n..\nZ\na.txt\nb.txt\ndir\né\n');
      expect(begun).to.match(/^150 type=dir;(modify=[\d.]+;)? $/);
      expect(done).to.match(/^226 length=26;crc32=[0-9a-f]{8}; Transfer complete\.$/);
    }),
  );

  it(
    'a path, and a path with spaces, and an empty directory',
    withBench({ files }, async (bench) => {
      bench.storage.mkdir('my own dir');
      expect((await list(bench, '-l dir')).text).to.equal('.\n..\ndeep\nx\n');
      const { text, begun } = await list(bench, '-l my own dir');
      expect(text).to.equal('.\n..\n');
      expect(begun).to.match(/ my own dir$/);
      expect((await list(bench, '-l /')).text).to.match(/^\.\n\.\.\nZ\n/);
    }),
  );

  it(
    'fails without a data connection when there is nothing to list',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-l nowhere 5001\n-l a.txt 5001\n-l a.txt/x 5001\n');
      const [missing, file, below] = await p.lines(3);
      expect(missing).to.equal('550 FILE NOT FOUND');
      expect(file).to.match(/^550 /);
      expect(below).to.match(/^550 /);
      expect(await p.quiet()).to.equal('');
    }),
  );

  it(
    '--facts gives RFC 3659 lines, . and .. as cdir and pdir',
    withBench({ files: { 'a.txt': 'a', 'two words': '22' } }, async (bench) => {
      bench.storage.mkdir('dir');
      const { text } = await list(bench, '-l --facts');
      const lines = text.split('\n');
      expect(lines[0]).to.match(/^type=cdir;([^ ]*;)? \.$/);
      expect(lines[1]).to.match(/^type=pdir;([^ ]*;)? \.\.$/);
      expect(lines[2]).to.match(new RegExp(`^type=file;size=1;modify=${THEN_FACT};([^ ]*;)? a\\.txt$`));
      expect(lines[3]).to.match(/^type=dir;([^ ]*;)? dir$/);
      expect(lines[3]).to.not.include('size=');
      expect(lines[4]).to.match(/^type=file;size=2;[^ ]* two words$/);
      expect(lines[5]).to.equal('');
    }),
  );

  it(
    '--recursive names everything below by its path',
    withBench({ files }, async (bench) => {
      const { text } = await list(bench, '-l --recursive');
      expect(text).to.equal('.\n..\nZ\na.txt\nb.txt\ndir\ndir/deep\ndir/deep/leaf\ndir/x\né\n');
      expect((await list(bench, '-l --recursive dir')).text).to.equal('.\n..\ndeep\ndeep/leaf\nx\n');
      expect((await list(bench, '-l --recursive --facts dir')).text).to.match(
        /type=dir;[^ ]* deep\ntype=file;[^ ]* deep\/leaf\ntype=file;/,
      );
    }),
  );

  it(
    'a control byte in a name shows as ? and can never be a line of its own',
    withBench(
      { files: { 'new\nline': '', 'esc\x1b[31m': '', 'tab\t': '', 'del\x7f': '', plain: '' } },
      async (bench) => {
        const { text } = await list(bench, '-l');
        expect(text).to.equal('.\n..\ndel?\nesc?[31m\nnew?line\nplain\ntab?\n');
        for (const line of (await list(bench, '-l --facts')).text.split('\n').slice(2, -1))
          expect(line).to.match(/^type=file;[^ ]* /);
      },
    ),
  );

  it(
    'names that are not UTF-8 go out as their bytes',
    withBench({ files: { 'bad\udcff': '' } }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-l ${door.port}\n`);
      expect((await (await door.next()).whole()).toString('latin1')).to.equal('.\n..\nbad\xff\n');
      await p.lines(2);
    }),
  );

  it('a tree without end is refused before the 150', async () => {
    const storage = memoryStorage({ x: '' }, { now: () => THEN });
    // Every directory holds a directory: a loop of links would look like this.
    const endless: Entry[] = [{ name: 'again', type: 'dir' }];
    storage.list = () =>
      Promise.resolve(
        (async function* () {
          yield* endless;
        })(),
      );
    storage.stat = () => Promise.resolve({ type: 'dir', size: 0, modified: THEN });
    await withBench({ storage }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-l --recursive ${door.port}\n`);
      expect(await p.line()).to.match(/^451 /);
      expect(door.conns).to.have.length(0);
    })();
  });

  it('-x reaches a list that is still being made', async () => {
    const storage = memoryStorage({ x: '' });
    let waiting = (): void => undefined;
    const reached = new Promise<void>((resolve) => (waiting = resolve));
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    storage.list = () =>
      Promise.resolve(
        (async function* () {
          for (let n = 0; ; n += 1) {
            if (n === 3) {
              waiting();
              await gate;
            }
            yield { name: `f${n}`, type: 'file' } satisfies Entry;
          }
        })(),
      );
    await withBench({ storage }, async (bench) => {
      const p = await bench.dial();
      await p.send('-l 5001\n');
      await reached;
      await p.send('-x\n');
      await p.quiet();
      go();
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226']);
    })();
  });
});
