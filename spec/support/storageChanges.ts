import { expect } from 'chai';
import { HARD_NAMES, contentOf, namesOf, rejects, withStorage, written, type MakeHarness } from './storageHelpers';

/** Directories made, things removed, things renamed. */
export function changesSuite(make: MakeHarness): void {
  describe('making directories', () => {
    withStorage('makes one, empty, that files go into', make, async ({ storage, read }) => {
      await storage.makeDirectory('new');
      await storage.makeDirectory('new/below');
      expect((await storage.stat('new/below')).type).to.equal('dir');
      expect(await namesOf(storage, 'new')).to.deep.equal(['below']);
      await (await written(storage, 'new/below/file', 'text')).commit(4);
      expect((await read('new/below/file'))?.toString()).to.equal('text');
    });

    withStorage('refuses a name that is taken, the root itself too', make, async ({ storage, put, mkdir, read }) => {
      await put('file', 'text');
      await mkdir('dir');
      for (const path of ['', 'file', 'dir']) await rejects('exists', () => storage.makeDirectory(path));
      expect((await read('file'))?.toString()).to.equal('text');
    });

    withStorage('makes nothing above it, and nothing below a file', make, async ({ storage, put }) => {
      await put('file', 'text');
      await rejects('not-found', () => storage.makeDirectory('missing/new'));
      await rejects('not-a-directory', () => storage.makeDirectory('file/new'));
      expect(await namesOf(storage, '')).to.deep.equal(['file']);
    });

    withStorage('lets one of several have a name', make, async ({ storage }) => {
      const all = await Promise.allSettled([1, 2, 3, 4].map(() => storage.makeDirectory('new')));
      expect(all.filter(({ status }) => status === 'fulfilled').length).to.equal(1);
    });
  });

  describe('removing', () => {
    withStorage('takes away a file, and a directory with nothing in it', make, async ({ storage, put, mkdir }) => {
      await mkdir('dir');
      await put('dir/file', 'text');
      await put('beside', 'text');
      await storage.remove('dir/file');
      await rejects('not-found', () => storage.stat('dir/file'));
      await storage.remove('dir');
      expect(await namesOf(storage, '')).to.deep.equal(['beside']);
    });

    withStorage('takes no directory with anything in it', make, async ({ storage, put, mkdir }) => {
      await mkdir('dir');
      await mkdir('dir/sub');
      await rejects('not-empty', () => storage.remove('dir'));
      await put('dir/sub/file', 'text');
      await rejects('not-empty', () => storage.remove('dir/sub'));
      expect((await storage.stat('dir/sub/file')).size).to.equal(4);
    });

    withStorage('says what keeps a directory that looks empty', make, async ({ storage, mkdir }) => {
      await mkdir('dir');
      await (await written(storage, 'dir/file', 'text', { key: 'k' })).keep();
      expect(await namesOf(storage, 'dir')).to.deep.equal([]);
      const sentence = await rejects('not-empty', () => storage.remove('dir'));
      expect(sentence).to.equal(
        '"dir" is not empty: it holds what is kept of an interrupted upload, hidden, for a day',
      );
      expect(await storage.partLength('dir/file', 'k')).to.equal(4);
      const target = await storage.write('dir/file', { replace: false, key: 'k', offset: 4 });
      await rejects('not-empty', () => storage.remove('dir'));
      await target.discard();
      await storage.remove('dir');
    });

    withStorage('removes no root, nothing that is missing, and nothing below a file', make, async (house) => {
      const { storage, put } = house;
      await rejects('denied', () => storage.remove(''));
      await put('file', 'text');
      await rejects('denied', () => storage.remove(''));
      await rejects('not-found', () => storage.remove('missing'));
      await rejects('not-found', () => storage.remove('missing/below'));
      await rejects('not-a-directory', () => storage.remove('file/below'));
    });

    withStorage('leaves whole what somebody reads', make, async ({ storage, put }) => {
      await put('file', 'still there');
      const source = await storage.read('file');
      await storage.remove('file');
      const into = Buffer.alloc(20);
      expect(await source.read(into, 0)).to.equal(11);
      await source.close();
      await rejects('not-found', () => storage.read('file'));
    });

    withStorage('leaves what is kept of an upload of that name', make, async ({ storage, put }) => {
      await put('file', 'old');
      await (await written(storage, 'file', 'begun', { key: 'k', replace: true })).keep();
      await storage.remove('file');
      expect(await storage.partLength('file', 'k')).to.equal(5);
    });
  });

  describe('renaming', () => {
    withStorage('gives a file another name, here or elsewhere', make, async ({ storage, put, mkdir, read }) => {
      await put('file', 'text');
      await mkdir('dir');
      await storage.rename('file', 'other');
      await storage.rename('other', 'dir/third');
      await rejects('not-found', () => storage.stat('file'));
      expect(await namesOf(storage, '')).to.deep.equal(['dir']);
      expect((await read('dir/third'))?.toString()).to.equal('text');
    });

    withStorage('takes a directory with all that is in it', make, async ({ storage, put, mkdir }) => {
      for (const dir of ['old', 'old/sub', 'old/sub/empty', 'elsewhere', 'older']) await mkdir(dir);
      await put('old/sub/file', 'text');
      await put('older/file', 'not this one');
      await storage.rename('old', 'elsewhere/new');
      expect(await namesOf(storage, '')).to.deep.equal(['elsewhere', 'older']);
      expect(await namesOf(storage, 'elsewhere/new/sub')).to.deep.equal(['empty', 'file']);
      expect((await contentOf(storage, 'elsewhere/new/sub/file')).toString()).to.equal('text');
      await (await written(storage, 'elsewhere/new/sub/empty/more', 'more')).commit(4);
    });

    withStorage('takes a directory with what is being written into it', make, async ({ storage, mkdir }) => {
      await mkdir('old');
      await (await written(storage, 'old/kept', 'begun', { key: 'k' })).keep();
      const target = await written(storage, 'old/file', 'text', { key: 'k' });
      await storage.rename('old', 'new');
      expect(await storage.partLength('new/kept', 'k')).to.equal(5);
      expect(await storage.partLength('old/kept', 'k')).to.equal(0);
      await rejects('in-use', () => storage.write('new/file', { replace: false, key: 'k' }));
      await target.discard();
      await (await written(storage, 'new/file', 'again', { key: 'k' })).commit(5);
      expect(await namesOf(storage, 'new')).to.deep.equal(['file']);
    });

    withStorage('never replaces', make, async ({ storage, put, mkdir, read }) => {
      await put('file', 'one');
      await put('other', 'two');
      for (const dir of ['dir', 'empty', 'full']) await mkdir(dir);
      await put('full/file', 'three');
      for (const to of ['', 'file', 'other', 'dir', 'empty', 'full']) {
        await rejects('exists', () => storage.rename('file', to));
        await rejects('exists', () => storage.rename('dir', to));
      }
      expect(await namesOf(storage, '')).to.deep.equal(['dir', 'empty', 'file', 'full', 'other']);
      expect([(await read('file'))?.toString(), (await read('other'))?.toString()]).to.deep.equal(['one', 'two']);
      expect((await storage.stat('empty')).type).to.equal('dir');
    });

    withStorage('puts no directory into itself, and the root nowhere', make, async ({ storage, mkdir }) => {
      for (const dir of ['dir', 'dir/sub', 'dir2']) await mkdir(dir);
      await rejects('denied', () => storage.rename('dir', 'dir/new'));
      await rejects('denied', () => storage.rename('dir', 'dir/sub/new'));
      await rejects('denied', () => storage.rename('', 'new'));
      await rejects('denied', () => storage.rename('', 'dir/new'));
      expect(await namesOf(storage, 'dir')).to.deep.equal(['sub']);
      expect(await namesOf(storage, 'dir/sub')).to.deep.equal([]);
      await storage.rename('dir', 'dir2/new');
    });

    withStorage('needs the one to be there, and a directory for the other', make, async ({ storage, put }) => {
      await put('file', 'text');
      await rejects('not-found', () => storage.rename('missing', 'new'));
      await rejects('not-found', () => storage.rename('missing/file', 'new'));
      await rejects('not-found', () => storage.rename('file', 'missing/new'));
      await rejects('not-a-directory', () => storage.rename('file', 'file/new'));
      await rejects('not-a-directory', () => storage.rename('file/below', 'new'));
      expect(await namesOf(storage, '')).to.deep.equal(['file']);
    });

    withStorage('leaves one of two with a name, and both files', make, async ({ storage, put }) => {
      await put('a', 'a');
      await put('b', 'b');
      const all = await Promise.allSettled([storage.rename('a', 'new'), storage.rename('b', 'new')]);
      expect(all.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      const winner = all[0].status === 'fulfilled' ? 'a' : 'b';
      expect((await contentOf(storage, 'new')).toString()).to.equal(winner);
      expect(await namesOf(storage, '')).to.deep.equal([winner === 'a' ? 'b' : 'a', 'new']);
    });

    withStorage('leaves whole what somebody reads', make, async ({ storage, put }) => {
      await put('file', 'still there');
      const source = await storage.read('file');
      await storage.rename('file', 'new');
      const into = Buffer.alloc(20);
      expect(await source.read(into, 0)).to.equal(11);
      expect((await source.restat()).size).to.equal(11);
      await source.close();
    });
  });

  withStorage('names that hurt can be made, renamed and removed', make, async ({ storage, put }) => {
    for (const name of HARD_NAMES) {
      await storage.makeDirectory(name);
      await put(`${name}/plain`, 'text');
      await storage.rename(`${name}/plain`, `${name}/${name}`);
      expect(await namesOf(storage, name), name).to.deep.equal([name]);
      await storage.remove(`${name}/${name}`);
      await storage.remove(name);
    }
    expect(await namesOf(storage, '')).to.deep.equal([]);
  });
}
