import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { localStorage, type LocalStorage } from '../../lib/storage/local';
import { memoryStorage } from '../../lib/storage/memory';
import type { Storage } from '../../lib/storage/storage';
import { WithinStorage } from '../../lib/storage/within';
import { contentOf, rejects } from '../support/storageHelpers';

async function names(storage: Storage, at = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of await storage.list(at, { facts: false })) found.push(name);
  return found.sort();
}

async function store(storage: Storage, at: string, text: string): Promise<void> {
  const target = await storage.write(at, { replace: false });
  await target.write([Buffer.from(text)], 0);
  await target.commit(text.length);
}

/** What each storage must do alike: `a` is the directory, `ab` its sibling. */
function alike(make: () => Promise<{ within: WithinStorage; all: Storage }>): void {
  it('sees its directory alone, by every verb', async () => {
    const { within, all } = await make();
    expect(await names(within)).to.deep.equal(['file', 'sub']);
    expect((await within.stat('')).type).to.equal('dir');
    expect((await contentOf(within, 'file')).toString()).to.equal('mine');
    await rejects('not-found', () => within.stat('b/file'));
    await store(within, 'new', 'text');
    expect((await contentOf(all, 'a/new')).toString()).to.equal('text');
    await within.makeDirectory('made');
    await within.rename('new', 'made/newer');
    expect(await names(all, 'a/made')).to.deep.equal(['newer']);
    await within.remove('made/newer');
    await within.remove('made');
    expect(await names(all, 'a')).to.deep.equal(['file', 'sub']);
    expect(await names(all, 'ab')).to.deep.equal(['file']);
    expect(await within.partLength('file', 'key')).to.equal(0);
    await within.close();
  });

  it('is not removed or renamed itself', async () => {
    const { within, all } = await make();
    await rejects('denied', () => within.remove(''));
    await rejects('denied', () => within.rename('', 'other'));
    await rejects('exists', () => within.makeDirectory(''));
    expect(await names(all)).to.include('a');
    await within.close();
  });
}

describe('storage/within: names alone', () => {
  alike(() => {
    const all = memoryStorage({ 'a/file': 'mine', 'a/sub/x': 'x', 'ab/file': 'theirs', file: 'root' });
    return Promise.resolve({ within: new WithinStorage(all, 'a'), all });
  });
});

describe('storage/within: directories', () => {
  let dir: string;
  let all: LocalStorage;
  beforeEach(async () => {
    dir = await fs.mkdtemp(path.join(os.tmpdir(), 'twinport-within-'));
    await fs.mkdir(path.join(dir, 'a/sub'), { recursive: true });
    await fs.mkdir(path.join(dir, 'ab'));
    await fs.writeFile(path.join(dir, 'a/file'), 'mine');
    await fs.writeFile(path.join(dir, 'ab/file'), 'theirs');
    all = await localStorage({ root: dir, writable: true });
  });
  afterEach(async () => {
    await all.close();
    await fs.rm(dir, { recursive: true });
  });

  alike(() => Promise.resolve({ within: new WithinStorage(all, 'a'), all }));

  for (const handles of [true, false]) {
    it(`no link leads out of it, to the sibling either (${handles ? 'by handle' : 'by path'})`, async () => {
      const base = await localStorage({ root: dir, writable: true, handles });
      const within = new WithinStorage(base, 'a');
      await fs.symlink('../ab', path.join(dir, 'a/out'));
      await fs.symlink('../ab/file', path.join(dir, 'a/leak'));
      await fs.symlink(path.join(dir, 'ab'), path.join(dir, 'a/absolute'));
      await fs.symlink('/', path.join(dir, 'a/root'));
      await fs.symlink('sub', path.join(dir, 'a/inside'));
      for (const link of ['out', 'leak', 'absolute', 'root']) {
        const beneath = link === 'leak' ? link : `${link}/file`;
        for (const verb of ['stat', 'read', 'list'] as const) {
          if (verb === 'list' && link === 'leak') continue;
          const ask = (): Promise<unknown> =>
            verb === 'list' ? within.list(link, { facts: true }) : within[verb](beneath);
          await rejects('denied', ask);
        }
        if (link !== 'leak') {
          await rejects('denied', () => within.write(beneath, { replace: true }));
          await rejects('denied', () => within.makeDirectory(`${link}/new`));
          await rejects('denied', () => within.remove(beneath));
          await rejects('denied', () => within.rename('file', `${link}/moved`));
          await rejects('denied', () => within.rename(beneath, 'taken'));
        }
      }
      expect((await within.stat('inside')).type).to.equal('dir');
      // From the whole of it the same links stay inside: it is this root that they leave.
      expect((await contentOf(base, 'a/leak')).toString()).to.equal('theirs');
      await within.close();
      await base.close();
    });
  }

  it('is not itself a link that leads out of the served directory', async () => {
    const base = await localStorage({ root: path.join(dir, 'a') });
    await fs.symlink('../ab', path.join(dir, 'a/out'));
    await rejects('denied', () => new WithinStorage(base, 'out').stat('file'));
    await base.close();
  });

  it('is looked for when it is asked for: not there at first, there later, and anew after a close', async () => {
    const within = new WithinStorage(all, 'later');
    await rejects('not-found', () => within.stat(''));
    await fs.writeFile(path.join(dir, 'later'), 'a file');
    await rejects('not-a-directory', () => within.stat(''));
    await fs.rm(path.join(dir, 'later'));
    await fs.mkdir(path.join(dir, 'later'));
    await store(within, 'one', '1');
    await fs.rename(path.join(dir, 'later'), path.join(dir, 'gone'));
    await fs.mkdir(path.join(dir, 'later'));
    await within.close();
    expect(await names(within)).to.deep.equal([]);
    await within.close();
  });

  it('lets a listing go on in the directory that it began in, when it is another one from now on', async () => {
    const within = new WithinStorage(all, 'a');
    const listing = await within.list('', { facts: false });
    const source = await within.read('file');
    await fs.rename(path.join(dir, 'a'), path.join(dir, 'old'));
    await fs.mkdir(path.join(dir, 'a'));
    await within.renew();
    expect(await names(within)).to.deep.equal([]);
    const found: string[] = [];
    for await (const { name } of listing) found.push(name);
    expect(found.sort()).to.deep.equal(['file', 'sub']);
    expect(await source.read(Buffer.alloc(4), 0)).to.equal(4);
    await source.close();
    await within.renew();
    await within.close();
  });
});
