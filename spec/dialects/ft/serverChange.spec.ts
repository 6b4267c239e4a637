import { expect } from 'chai';
import type { ChangeEvent } from '../../../lib/server';
import { memoryStorage, type MemoryStorage } from '../../../lib/storage/memory';
import { RIGHTS, type Right } from '../../../lib/wire/rights';
import { TwinportError } from '../../../lib/errors';
import { CLIENT, withBench, type Bench, type BenchOptions } from '../../support/ftBench';

const files = { 'hello.txt': 'hello', 'dir/x': 'x', 'dir/sub/y': 'y' };

/** What is answered to each line, and what the server's owner is told. */
async function asked(bench: Bench, ...lines: string[]): Promise<{ replies: string[]; told: string[] }> {
  const told: string[] = [];
  bench.server.on('change', ({ phase, kind, path, to, error }: ChangeEvent) =>
    told.push([kind, phase, path, ...(to === undefined ? [] : [to]), ...(error ? [error.code] : [])].join(' ')),
  );
  const p = await bench.dial();
  await p.send(lines.map((line) => `${line}\n`).join(''));
  return { replies: await p.lines(lines.length), told };
}

function answers(
  title: string,
  table: readonly [line: string, reply: string, told?: string][],
  after: (storage: MemoryStorage) => unknown = () => undefined,
  options: BenchOptions = {},
): void {
  it(
    title,
    withBench({ files, allow: RIGHTS, ...options }, async (bench) => {
      const { replies, told } = await asked(bench, ...table.map(([line]) => line));
      expect(replies).to.deep.equal(table.map(([, reply]) => reply));
      expect(told).to.deep.equal(table.flatMap(([, , told]) => (told === undefined ? [] : [told])));
      await after(bench.storage);
    }),
  );
}

describe('the native server: -m', () => {
  answers(
    'makes a directory where there is none',
    [
      ['-m new', '226 Directory made.', 'mkdir done new'],
      ['-m new/below', '226 Directory made.', 'mkdir done new/below'],
      ['-m --hex 6e6577096f6e65', '226 Directory made.', 'mkdir done new\tone'],
    ],
    async (storage) => expect((await storage.stat('new/below')).type).to.equal('dir'),
  );

  answers('refuses what is there, and where nothing is', [
    ['-m dir', '553 "dir" exists already', 'mkdir failed dir exists'],
    ['-m hello.txt', '553 "hello.txt" exists already', 'mkdir failed hello.txt exists'],
    ['-m .', '553 "." exists already', 'mkdir failed  exists'],
    ['-m none/new', '550 FILE NOT FOUND', 'mkdir failed none/new not-found'],
    ['-m hello.txt/new', '550 "hello.txt" is not a directory', 'mkdir failed hello.txt/new not-a-directory'],
  ]);

  answers(
    '--parents makes what is missing, and is content with what is there',
    [
      ['-m --parents a/b/c', '226 Directory made.', 'mkdir done a/b/c'],
      ['-m --parents a/b/c', '226 The directory is there already.'],
      ['-m --parents a/b', '226 The directory is there already.'],
      ['-m --parents dir/new', '226 Directory made.', 'mkdir done dir/new'],
      ['-m --parents /', '226 The directory is there already.'],
      ['-m --parents hello.txt', '553 "hello.txt" exists already', 'mkdir failed hello.txt exists'],
      ['-m --parents hello.txt/a', '550 "hello.txt" is not a directory', 'mkdir failed hello.txt/a not-a-directory'],
    ],
    async (storage) => expect((await storage.stat('a/b/c')).type).to.equal('dir'),
  );

  it(
    '--parents tells of what stays where it fails half way',
    // Five are there.
    withBench({ files, allow: RIGHTS, quotaFiles: 7 }, async (bench) => {
      const { replies, told } = await asked(bench, '-m --parents q/r/s/t', '-m --parents dir/u');
      expect(replies.map((reply) => reply.slice(0, 3))).to.deep.equal(['552', '552']);
      expect(told).to.deep.equal(['mkdir done q/r', 'mkdir failed q/r/s/t quota', 'mkdir failed dir/u quota']);
      expect((await bench.storage.stat('q/r')).type).to.equal('dir');
    }),
  );

  const deep = (depth: number): string => Array<string>(depth).fill('d').join('/');
  answers(
    '--parents goes as deep as a listing, and no deeper',
    [
      [`-m --parents ${deep(65)}`, '553 The path is too deep', `mkdir failed ${deep(65)} denied`],
      ['-s d', '550 FILE NOT FOUND'],
      [`-m --parents ${deep(64)}`, '226 Directory made.', `mkdir done ${deep(64)}`],
    ],
    async (storage) => expect((await storage.stat(deep(64))).type).to.equal('dir'),
  );
});

describe('the native server: -d', () => {
  answers(
    'deletes a file, and a directory with nothing in it',
    [
      ['-d dir/sub', '550 "dir/sub" is not empty', 'delete failed dir/sub not-empty'],
      ['-d dir/sub/y', '226 Deleted.', 'delete done dir/sub/y'],
      ['-d dir/sub', '226 Deleted.', 'delete done dir/sub'],
      ['-d dir/sub', '550 FILE NOT FOUND', 'delete failed dir/sub not-found'],
      ['-d .', '553 The served directory itself cannot be removed', 'delete failed  denied'],
      ['-d ../..', '553 The served directory itself cannot be removed', 'delete failed  denied'],
    ],
    (storage) => expect(storage.bytes('hello.txt')?.toString()).to.equal('hello'),
  );
});

describe('the native server: -r', () => {
  answers(
    'renames, and never replaces',
    [
      ['-r hello.txt\tdir/hi there', '226 Renamed.', 'rename done hello.txt dir/hi there'],
      ['-r hello.txt\tnew', '550 FILE NOT FOUND', 'rename failed hello.txt new not-found'],
      ['-r dir/x\tdir/hi there', '553 "dir/hi there" exists already', 'rename failed dir/x dir/hi there exists'],
      ['-r dir/x\t.', '553 "." exists already', 'rename failed dir/x  exists'],
      ['-r dir\tdir/sub/z', '553 "dir" cannot be moved into itself', 'rename failed dir dir/sub/z denied'],
      ['-r .\tnew', '553 The served directory itself cannot be renamed', 'rename failed  new denied'],
      ['-r dir\tother', '226 Renamed.', 'rename done dir other'],
      ['-r other/x\tnone/x', '550 FILE NOT FOUND', 'rename failed other/x none/x not-found'],
    ],
    (storage) => {
      expect(storage.bytes('other/hi there')?.toString()).to.equal('hello');
      expect(storage.bytes('other/sub/y')?.toString()).to.equal('y');
    },
  );
});

describe('the native server: changes', () => {
  const lines = ['-m new', '-m --parents a/b', '-d hello.txt', '-r hello.txt\tnew'] as const;
  for (const [allow, allowed] of [
    [['list', 'read'], []],
    [
      ['write', 'overwrite'],
      ['Directory made.', 'Directory made.'],
    ],
    [['delete'], ['Deleted.']],
    [
      ['list', 'read', 'write', 'delete'],
      ['Directory made.', 'Directory made.', 'Deleted.'],
    ],
  ] as const) {
    it(
      `are those that ${allow.join(', ')} allow`,
      withBench({ files, allow }, async (bench) => {
        const { replies } = await asked(bench, ...lines);
        const done = replies.filter((reply) => reply.startsWith('226 ')).map((reply) => reply.slice(4));
        expect(done).to.deep.equal(allowed);
        for (const reply of replies.filter((each) => !each.startsWith('226 '))) {
          expect(reply).to.match(/^553 (Writing|Deleting|Renaming) is not allowed here$|^550 FILE NOT FOUND$/);
        }
        const has = (right: Right): boolean => (allow as readonly Right[]).includes(right);
        expect(bench.storage.bytes('hello.txt')?.toString()).to.equal(has('delete') ? undefined : 'hello');
      }),
    );

    it(
      `are listed where ${allow.join(', ')} allow them`,
      withBench({ files, allow }, async (bench) => {
        const p = await bench.dial();
        await p.send('-f\n-q\n');
        const features = (await p.whole()).toString().split('\r\n');
        const has = (...rights: Right[]): boolean => rights.every((each) => (allow as readonly Right[]).includes(each));
        expect(features.includes(' LIST facts;recursive;digest;token;hex')).to.equal(has('list'));
        expect(features.includes(' GET offset;length;version-is;digest;token;hex')).to.equal(has('read'));
        expect(features.includes(' DIGEST crc32;sha256;length;hex')).to.equal(has('read'));
        expect(features.includes(' PUT size;confirm;modify;offset;if-exists;token;hex')).to.equal(has('write'));
        expect(features.includes(' MKDIR parents;hex')).to.equal(has('write'));
        expect(features.includes(' DELETE hex')).to.equal(has('delete'));
        expect(features.includes(' RENAME hex')).to.equal(has('delete', 'write'));
      }),
    );
  }

  it(
    'are told with who asked, and in which language',
    withBench({ files, allow: RIGHTS }, async (bench) => {
      const events: ChangeEvent[] = [];
      bench.server.on('change', (event) => events.push(event));
      const p = await bench.dial();
      await p.send('-r hello.txt\tnew\n');
      await p.line();
      const [{ session, ...event }] = events as [ChangeEvent];
      expect(event).to.deep.equal({ kind: 'rename', phase: 'done', dialect: 'ft', path: 'hello.txt', to: 'new' });
      expect(session.remote.address).to.equal(CLIENT);
      expect(bench.events).to.deep.equal([]);
    }),
  );

  it(
    'a listener that throws keeps nobody from the answer',
    withBench({ files, allow: RIGHTS }, async (bench) => {
      bench.server.on('change', () => {
        throw new Error('change listener');
      });
      const p = await bench.dial();
      await p.send('-d hello.txt\n-d hello.txt\n');
      expect(await p.lines(2)).to.deep.equal(['226 Deleted.', '550 FILE NOT FOUND']);
    }),
  );

  it(
    'wait for their turn, and those that -x finds waiting are not made',
    withBench({ files, allow: RIGHTS }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door({ reads: false });
      await p.send(`-g hello.txt ${door.port}\n-d dir/x\n-m new\n`);
      await door.next();
      expect(await p.line()).to.match(/^150 /);
      await p.quiet();
      expect(bench.storage.bytes('dir/x')?.toString()).to.equal('x');
      await p.send('-x\n-d dir/sub/y\n');
      const replies = (await p.lines(5)).map((reply) => reply.slice(0, 3));
      expect(replies).to.deep.equal(['426', '426', '426', '226', '226']);
      expect(bench.storage.bytes('dir/x')?.toString()).to.equal('x');
      expect(bench.storage.bytes('dir/sub/y')).to.equal(undefined);
    }),
  );

  it('what the storage cannot do is 502, what fails there 451, and what is in use 450', async () => {
    for (const [error, reply] of [
      [new TwinportError('unsupported', 'this storage cannot do this'), '502 This storage cannot do this'],
      [new TypeError('a defect'), '451 A defect'],
      [new TwinportError('in-use', '"a" is in use'), '450 "a" is in use'],
      [new TwinportError('denied', '"a": permission denied'), '553 "a": permission denied'],
    ] as const) {
      const storage = memoryStorage(files);
      storage.remove = () => Promise.reject(error);
      await withBench({ storage, allow: RIGHTS }, async (bench) => {
        expect((await asked(bench, '-d a')).replies).to.deep.equal([reply]);
      })();
    }
  });

  it(
    'a line that the end cuts short changes nothing',
    withBench({ files, allow: RIGHTS }, async (bench) => {
      const p = await bench.dial();
      await p.end('-d hello.txt');
      expect((await p.whole()).toString()).to.equal('501 -d needs its newline.\r\n');
      expect(bench.storage.bytes('hello.txt')?.toString()).to.equal('hello');
    }),
  );
});
