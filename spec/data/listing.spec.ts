import { expect } from 'chai';
import { batches, plainLines, withListing, type Found, type ListingPlan } from '../../lib/data/listing';
import { ListingRoom } from '../../lib/data/listingRoom';
import { TwinportError } from '../../lib/errors';
import { LIMITS } from '../../lib/options';
import { memoryStorage } from '../../lib/storage/memory';
import type { Entry, Storage } from '../../lib/storage/storage';
import { encodeName } from '../../lib/wire/names';
import { failureOf } from '../support/bytes';
import { HARD_NAMES } from '../support/storageHelpers';

const never = new AbortController().signal;
const room = new ListingRoom();
const typed: ListingPlan['note'] = (name, { type, stat }) => `${name} ${type} ${stat?.size}`;

type How = Partial<Omit<ListingPlan, 'storage' | 'path'>>;

/** All of a listing, at once. */
function collect(storage: Storage, path: string, how: How = {}): Promise<readonly Found[]> {
  const plan = { storage, path, share: room.share('10.0.0.1'), signal: never, ...how };
  return withListing(plan, (entries) => Promise.resolve([...entries]));
}

/** A directory whose entries the spec makes up as they are asked for. */
function made(entries: (path: string) => Iterable<Entry>): Storage {
  const storage = memoryStorage();
  const list = (path: string): Promise<AsyncIterable<Entry>> =>
    Promise.resolve(
      (async function* () {
        yield* entries(path);
      })(),
    );
  return Object.assign(Object.create(storage) as Storage, { list });
}

describe('collecting a listing', () => {
  it('sorts by bytes, not by characters', async () => {
    const names = ['b', 'B', 'a', 'é', '\udcff', '\u{1f642}', '\uffff', '-', 'aa', 'a b'];
    const found = await collect(memoryStorage(Object.fromEntries(names.map((name) => [name, '']))), '');
    const sorted = found.map(({ name }) => encodeName(name).toString('hex'));
    expect(sorted).to.deep.equal([...sorted].sort());
    expect(found.map(({ name }) => name)).to.deep.equal([
      '-',
      'B',
      'a',
      'a b',
      'aa',
      'b',
      'é',
      '\uffff',
      '\u{1f642}',
      '\udcff',
    ]);
  });

  it('goes on where a directory has gone since its name was read, and fails where all of it has', async () => {
    const gone = (...paths: string[]): Storage => {
      const storage = memoryStorage({ 'd/a/x': '1', 'd/b/y': '2', 'd/c': '3' });
      const asked = new Set<string>();
      const list: Storage['list'] = (path, options, signal) => {
        const again = asked.has(path);
        asked.add(path);
        const is = paths.includes(path) || (again && paths.includes(`${path} later`));
        if (is) throw new TwinportError(path.endsWith('b') ? 'not-a-directory' : 'not-found', 'gone');
        return storage.list(path, options, signal);
      };
      return Object.assign(Object.create(storage) as Storage, {
        list: async (...how: Parameters<typeof list>) => list(...how),
      });
    };
    const names = async (storage: Storage): Promise<string[]> =>
      (await collect(storage, 'd', { recursive: true })).map(({ name }) => name);
    expect(await names(gone('d/a'))).to.deep.equal(['a', 'b', 'b/y', 'c']);
    expect(await names(gone('d/a', 'd/b'))).to.deep.equal(['a', 'b', 'c']);
    expect((await failureOf(names(gone('d')))).code).to.equal('not-found');
    expect((await failureOf(names(gone('d/a', 'd later')))).code).to.equal('not-found');
  });

  it('has what was renamed on the way under its new name, wherever that is', async () => {
    for (const to of ['b', 'z/a']) {
      const storage = memoryStorage({ 'd/a/deep/x': '1', 'd/a/deep/y': '2', 'd/z/w': '3' });
      let renamed = false;
      const list: Storage['list'] = async (path, options, signal) => {
        if (path === 'd/a' && !renamed) {
          renamed = true;
          await storage.rename('d/a', `d/${to}`);
        }
        return storage.list(path, options, signal);
      };
      const found = await collect(Object.assign(Object.create(storage) as Storage, { list }), 'd', { recursive: true });
      const all = [to, `${to}/deep`, `${to}/deep/x`, `${to}/deep/y`, 'z', 'z/w'].sort();
      expect(found.map(({ name }) => name)).to.deep.equal(all);
    }
  });

  it('reads a tree in which something goes each time no more than thrice, and holds the rows of one time', async () => {
    const storage = memoryStorage({ keep: '1' });
    const own = new ListingRoom(300 * 1024);
    let made = 0;
    const list: Storage['list'] = async (path, options, signal) => {
      if (path !== '') throw new TwinportError('not-found', 'gone');
      made += 1;
      const [number, kept] = [made, await storage.list('', options, signal)];
      return (async function* () {
        yield* kept;
        yield { name: `gone${number}`, type: 'dir' };
        // More than half of what one address may have, once they are sorted.
        for (let at = 0; at < 1000; at += 1) yield { name: `${number} ${at}`.padEnd(250), type: 'file' };
      })();
    };
    const changing = Object.assign(Object.create(storage) as Storage, { list });
    const found = await collect(changing, '', { recursive: true, share: own.share('10.0.0.1') });
    // The look at the directory itself at the end is the fourth.
    expect(made).to.equal(4);
    expect(found.map(({ name }) => name).filter((name) => /^(gone|keep)/.test(name))).to.deep.equal(['gone3', 'keep']);
    expect(found).to.have.length(1002);
  });

  it('is the directory alone, with names relative to it, or the whole tree', async () => {
    const storage = memoryStorage({ 'd/b': '1', 'd/a/c': '22', 'd/a/b/x': '333', other: '' });
    expect((await collect(storage, 'd')).map(({ name }) => name)).to.deep.equal(['a', 'b']);
    const all = await collect(storage, 'd', { recursive: true, note: typed });
    expect(all.map(({ note }) => note)).to.deep.equal([
      'a dir 0',
      'a/b dir 0',
      'a/b/x file 3',
      'a/c file 2',
      'b file 1',
    ]);
  });

  it('is refused for what is none', async () => {
    const storage = memoryStorage({ file: '' });
    expect((await failureOf(collect(storage, 'nothing'))).code).to.equal('not-found');
    expect((await failureOf(collect(storage, 'file'))).code).to.equal('not-a-directory');
  });

  it('ends where a tree has no end: too deep, or too many', async () => {
    const loop = made(() => [{ name: 'again', type: 'dir' }]);
    const tooDeep = await failureOf(collect(loop, '', { recursive: true }));
    expect(tooDeep).to.include({ code: 'too-large', reply: 451 });
    let asked = 0;
    const endless = made(function* () {
      for (;;) yield { name: String((asked += 1)), type: 'file' };
    });
    const tooMany = await failureOf(collect(endless, ''));
    expect(tooMany).to.include({ code: 'too-large', reply: 451 });
    expect(asked).to.equal(LIMITS.listEntries + 1);
  });

  it('enters no directory by a link: one to its own would be a maze', async () => {
    const names = (path: string): Entry[] =>
      path === ''
        ? [...'abcdefghij'].map((name) => ({ name, type: 'dir', link: true }))
        : [{ name: 'x', type: 'file' }];
    const maze = made((path) => [...names(path), { name: 'real', type: path === '' ? 'dir' : 'file' }]);
    const found = await collect(maze, '', { recursive: true });
    expect(found.map(({ name }) => name)).to.deep.equal([...'abcdefghij', 'real', 'real/real', 'real/x']);
  });

  it('takes its room from its first large run to its end, however it ends', async () => {
    const taken: number[] = [];
    let back = 0;
    const share = { take: (bytes: number) => void taken.push(bytes), giveBack: () => void (back += 1) };
    const many = made(function* () {
      for (let i = 0; i < 20_000; i += 1) yield { name: String(i), type: 'file' };
    });
    await collect(
      made(() => [{ name: 'one', type: 'file' }]),
      '',
      { share },
    );
    expect([taken.length, back]).to.deep.equal([0, 1]);
    await withListing({ storage: many, path: '', share, signal: never }, () => {
      expect([taken.length, back]).to.deep.equal([4, 1]);
      return Promise.resolve();
    });
    expect(back).to.equal(2);
    const full = new TwinportError('in-use', 'full');
    const refuse = (): never => {
      throw full;
    };
    expect(await failureOf(collect(many, '', { share: { ...share, take: refuse } }))).to.equal(full);
    expect(back).to.equal(3);
  });

  it('ends between two entries when it is aborted', async () => {
    const abort = new AbortController();
    let asked = 0;
    const endless = made(function* () {
      for (;;) {
        if ((asked += 1) === 100) abort.abort(new TwinportError('aborted', 'enough'));
        yield { name: String(asked), type: 'file' };
      }
    });
    expect((await failureOf(collect(endless, '', { signal: abort.signal }))).message).to.equal('enough');
    expect(asked).to.equal(100);
  });
});

describe('the lines of a listing', () => {
  it('are one a name, whatever it holds, behind . and ..', async () => {
    const storage = memoryStorage(Object.fromEntries(HARD_NAMES.map((name) => [name, ''])));
    const found = await collect(storage, '');
    const lines = Buffer.concat([...plainLines(found)])
      .toString('latin1')
      .split('\n');
    expect(lines.slice(0, 2)).to.deep.equal(['.', '..']);
    expect(lines.at(-1)).to.equal('');
    expect(lines).to.have.length(HARD_NAMES.length + 3);
    expect(lines).to.include('new?line').and.include('escape?[31m').and.include('not utf-8: \xff\x80');
  });

  it('come in few pieces, none empty, and nothing is lost between them', () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => Buffer.from(`name ${i}\n`));
    const pieces = [...batches(lines)];
    expect(Buffer.concat(pieces).equals(Buffer.concat(lines))).to.equal(true);
    for (const piece of pieces.slice(0, -1)) expect(piece.length).to.be.within(64 * 1024, 65 * 1024);
    expect(pieces.at(-1)?.length).to.be.at.least(1);
    expect([...batches([])]).to.deep.equal([]);
    expect([...batches([Buffer.alloc(64 * 1024)])]).to.have.length(1);
  });
});
