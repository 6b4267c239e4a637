import { expect } from 'chai';
import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { localStorage } from '../../lib/storage/local';
import { placeOf } from '../../lib/storage/root';
import { localHarness, openUnder, type LocalHarness } from '../support/localHarness';
import { contentOf, entriesOf, rejects, written } from '../support/storageHelpers';
import { storageSuite } from '../support/storageSuite';

storageSuite('local, on the thread pool', () => localHarness());
storageSuite('local, blocking', () => localHarness({ blocking: true }));
storageSuite('local, without directory handles', () => localHarness({ handles: false }));

describe('local storage', () => {
  let house: LocalHarness;
  beforeEach(async () => {
    house = await localHarness();
  });
  afterEach(() => house.cleanup());

  it('serves a directory and nothing else', async () => {
    await house.put('file', 'text');
    const before = openUnder(house.root).length;
    for (const handles of [true, false]) {
      await rejects('not-found', () => localStorage({ root: `${house.root}/missing`, handles }));
      await rejects('not-a-directory', () => localStorage({ root: `${house.root}/file`, handles }));
    }
    expect(openUnder(house.root).length).to.equal(before);
  });

  it('follows links in the path of its root, once', async () => {
    const link = `${house.root}-link`;
    fs.symlinkSync(house.root, link);
    await house.put('file', 'text');
    const storage = await house.open({ root: `${link}/.` });
    fs.unlinkSync(link);
    fs.symlinkSync('/', link);
    expect((await contentOf(storage, 'file')).toString()).to.equal('text');
  });

  it('goes on serving a root that is renamed', async function () {
    if (process.platform !== 'linux') this.skip();
    await house.put('file', 'text');
    fs.renameSync(house.root, `${house.root}-elsewhere`);
    expect((await contentOf(house.storage, 'file')).toString()).to.equal('text');
    await (await written(house.storage, 'new', 'new')).commit(3);
    expect(fs.readdirSync(`${house.root}-elsewhere`).sort()).to.deep.equal(['file', 'new']);
  });

  it('writes nothing unless it may', async () => {
    const storage = await house.open({ writable: false });
    expect(storage.features.write).to.equal(false);
    await rejects('denied', () => storage.write('file', { replace: false }));
    expect(await storage.partLength('file', 'k')).to.equal(0);
    expect(
      (await localStorage({ root: house.root }).then((other) => other.close().then(() => other))).features,
    ).to.deep.equal({ write: false, resume: true });
  });

  it('takes no path that is not normalised', async () => {
    await house.mkdir('dir');
    await house.put('file', 'text');
    fs.writeFileSync(`${house.root}/../secret`, 'secret');
    for (const handles of [true, false]) {
      const storage = await house.open({ handles });
      for (const path of [
        '..',
        '../secret',
        'dir/../../secret',
        'dir/..',
        './file',
        '/file',
        '/etc/passwd',
        'dir//x',
        'file/',
      ]) {
        await rejects('denied', () => storage.stat(path));
        await rejects('denied', () => storage.read(path));
        await rejects('denied', () => storage.list(path, { facts: true }));
        await rejects('denied', () => storage.write(path, { replace: true, key: 'k' }));
        await rejects('denied', () => storage.partLength(path, 'k'));
      }
    }
    expect(fs.readFileSync(`${house.root}/../secret`, 'utf8')).to.equal('secret');
    expect(fs.readdirSync(`${house.root}/..`).sort()).to.deep.equal(['root', 'secret']);
  });

  it('says that a name no file system takes is not there, or not to be made', async () => {
    const long = 'x'.repeat(256);
    await rejects('not-found', () => house.storage.stat(long));
    await rejects('not-found', () => house.storage.read(`dir/${'x'.repeat(5000)}`));
    await rejects('denied', () => house.storage.write(long, { replace: false }));
    await rejects('not-found', () => house.storage.read('nul\0byte'));
    await rejects('denied', () => house.storage.write('nul\0byte', { replace: false }));
  });

  it('gives a version once a file has settled, and another for every change', async () => {
    let now = Date.now();
    const storage = await house.open({ now: () => now });
    await house.put('file', 'one');
    fs.utimesSync(house.at('file'), 1_000_000_000, 1_000_000_000);
    expect(await storage.stat('file')).to.not.have.property('version');
    now += 10_000;
    const first = await storage.stat('file');
    expect(first.version).to.match(/^[0-9a-f]{16}$/);
    const source = await storage.read('file');
    expect(source.stat.version).to.equal(first.version);
    expect({ ...(await source.restat()) }.version).to.equal(first.version);
    await source.close();
    expect((await entriesOf(storage, '', true))[0]?.stat?.version).to.equal(first.version);
    // Same length, same time of change as far as the owner can set it: only ctime and inode tell.
    fs.writeFileSync(house.at('file'), 'two');
    fs.utimesSync(house.at('file'), 1_000_000_000, 1_000_000_000);
    const second = await storage.stat('file');
    expect(second.version).to.not.equal(first.version);
    await (await written(storage, 'file', 'two', { replace: true })).commit(3, { modified: 1e12 });
    expect((await storage.stat('file')).version).to.not.equal(second.version);
    expect(await storage.stat('')).to.not.have.property('version');
  });

  it('sees through the same handle that an open file shrank, grew or was replaced', async () => {
    await house.put('file', '12345678');
    const source = await house.storage.read('file');
    fs.truncateSync(house.at('file'), 3);
    expect((await source.restat()).size).to.equal(3);
    expect(await source.read(Buffer.alloc(8), 0)).to.equal(3);
    fs.appendFileSync(house.at('file'), 'more and more');
    expect((await source.restat()).size).to.equal(16);
    fs.unlinkSync(house.at('file'));
    await house.put('file', 'another');
    expect((await source.restat()).size).to.equal(16);
    await source.close();
  });

  it('takes no more requests once closed, and ends what is under way', async () => {
    await house.put('file', 'text');
    const storage = await house.open();
    const source = await storage.read('file');
    const target = await written(storage, 'new', 'new');
    const listing = (await storage.list('', { facts: true }))[Symbol.asyncIterator]();
    await storage.close();
    await storage.close();
    expect(await source.read(Buffer.alloc(8), 0)).to.equal(4);
    expect((await listing.next()).done).to.equal(false);
    await listing.return?.();
    await target.commit(3);
    await source.close();
    expect((await house.read('new'))?.toString()).to.equal('new');
    for (const ask of [
      () => storage.stat('file'),
      () => storage.read('file'),
      () => storage.list('', { facts: false }),
      () => storage.write('other', { replace: false }),
      () => storage.partLength('file', 'k'),
    ]) {
      await rejects('io-error', ask);
    }
  });

  it('closes what a listing holds when its signal is aborted, even if nobody asks again', async () => {
    await house.put('file', 'text');
    const before = openUnder(house.root).length;
    const controller = new AbortController();
    await house.storage.list('', { facts: true }, controller.signal);
    controller.abort();
    expect(openUnder(house.root).length).to.equal(before);
  });

  it('is back to the descriptors it had, however requests end', async () => {
    await house.mkdir('dir');
    await house.put('dir/file', 'text');
    fs.symlinkSync('dir/file', house.at('link'));
    fs.symlinkSync('/', house.at('out'));
    const before = openUnder(house.root).length;
    for (const path of ['dir/file', 'link', 'dir', 'missing', 'dir/missing', 'dir/file/x', 'out/etc', 'x/../y', '']) {
      for (const ask of [
        async () => (await house.storage.read(path)).close(),
        async () => house.storage.stat(path),
        async () => (await house.storage.list(path, { facts: false }))[Symbol.asyncIterator]().return?.(),
        async () => (await house.storage.write(path, { replace: true })).discard(),
        async () => (await house.storage.write(path, { replace: true, key: 'k' })).keep(),
        async () => (await written(house.storage, path, 'text', { replace: true })).commit(5),
        async () => (await house.storage.write(path, { replace: true, key: 'k', offset: 9 })).discard(),
        async () => house.storage.partLength(path, 'k'),
      ]) {
        await ask().then(
          () => undefined,
          () => undefined,
        );
        expect(openUnder(house.root).length, path).to.equal(before);
      }
    }
    expect(house.partNames()).to.deep.equal([]);
  });
});

describe('a root that was removed while it was served', () => {
  it('is not found, where it is listed too, nor what has its name by now; nothing can be made in it', async () => {
    const house = await localHarness();
    try {
      await house.put('file', 'text');
      fs.rmSync(house.root, { recursive: true });
      for (const again of [false, true]) {
        if (again) {
          // Another directory: perhaps a disk that is mounted there now.
          fs.mkdirSync(house.root);
          fs.writeFileSync(house.at('file'), 'another');
          // By name it would be found again.
          if (process.platform !== 'linux') break;
        }
        for (const facts of [false, true]) await rejects('not-found', () => house.storage.list('', { facts }));
        await rejects('not-found', () => house.storage.read('file'));
        await rejects('not-found', () => house.storage.stat('file'));
        await rejects('not-found', () => house.storage.write('file', { replace: true }));
        await rejects('not-found', () => house.storage.makeDirectory('dir'));
        await rejects('not-found', () => house.storage.remove('file'));
        await rejects('not-found', () => house.storage.rename('file', 'new'));
      }
    } finally {
      await house.cleanup();
    }
  });
});

describe('the place of a path on this machine', () => {
  it('follows links to read and not to write', async () => {
    const house = await localHarness();
    try {
      await house.mkdir('dir');
      await house.put('dir/file', 'text');
      fs.symlinkSync('dir/file', house.at('link'));
      const link = nodePath.join(house.root, 'link');
      expect(await placeOf(link, 'read')).to.deep.equal({ root: `${house.root}/dir`, path: 'file' });
      expect(await placeOf(link, 'write')).to.deep.equal({ root: house.root, path: 'link' });
      expect(await placeOf(`${house.root}/new`, 'write')).to.deep.equal({ root: house.root, path: 'new' });
      expect(await placeOf('some/new', 'write')).to.deep.equal({ root: nodePath.resolve('some'), path: 'new' });
      await rejects('not-found', () => placeOf(`${house.root}/new`, 'read'));
    } finally {
      await house.cleanup();
    }
  });
});
