import { expect } from 'chai';
import { memoryStorage } from '../../lib/storage/memory';
import { storageSuite } from '../support/storageSuite';
import { contentOf, rejects, written } from '../support/storageHelpers';

storageSuite('memory', async () => {
  const storage = memoryStorage();
  return {
    storage,
    put: async (path, bytes) => storage.put(path, bytes),
    mkdir: async (path) => storage.mkdir(path),
    read: async (path) => storage.bytes(path),
    cleanup: async () => {},
  };
});

describe('memory storage', () => {
  it('begins with the files it is given, and the directories they need', async () => {
    const storage = memoryStorage({ 'a/b/c.txt': 'text', 'd.bin': Uint8Array.of(0, 255) });
    expect((await storage.stat('a/b')).type).to.equal('dir');
    expect((await contentOf(storage, 'a/b/c.txt')).toString()).to.equal('text');
    expect(storage.bytes('d.bin')).to.deep.equal(Buffer.of(0, 255));
    expect(storage.bytes('a')).to.equal(undefined);
  });

  it('holds no more bytes than it may, parts included, and has room again when they are gone', async () => {
    const storage = memoryStorage({ old: '1234' }, { maxBytes: 10 });
    const target = await written(storage, 'new', '123456');
    await rejects('no-space', () => target.write([Buffer.from('7')], 6));
    await target.write([Buffer.from('x')], 5);
    await target.discard();
    await (await written(storage, 'new', '123456', { key: 'k' })).keep();
    await rejects('no-space', () => written(storage, 'more', '1'));
    const cut = await storage.write('new', { replace: false, key: 'k', offset: 2 });
    await (await written(storage, 'more', '1234')).commit(4);
    await cut.commit(2);
    const replacing = await storage.write('old', { replace: true });
    await replacing.commit(0);
    await (await written(storage, 'last', '1234')).commit(4);
    expect(() => storage.put('one more', '1')).to.throw('no space left for "one more"');
  });

  it('gives every content its own version, and the same one as long as it stays', async () => {
    const storage = memoryStorage({ file: 'same' });
    const { version } = await storage.stat('file');
    expect(version).to.be.a('string');
    expect((await storage.stat('file')).version).to.equal(version);
    storage.put('file', 'same');
    expect((await storage.stat('file')).version).to.not.equal(version);
  });

  it('tells the time of the clock it is given', async () => {
    let now = 1000;
    const storage = memoryStorage({ file: 'text' }, { now: () => now });
    expect((await storage.stat('file')).modified).to.equal(1000);
    now = 5000;
    await (await written(storage, 'file', 'new', { replace: true })).commit(3);
    expect((await storage.stat('file')).modified).to.equal(5000);
  });

  it('takes no writes when it is not writable', async () => {
    const storage = memoryStorage({ file: 'text' }, { writable: false });
    expect(storage.features.write).to.equal(false);
    await rejects('denied', () => storage.write('new', { replace: false }));
    expect(storage.bytes('file')?.toString()).to.equal('text');
  });

  it('refuses to put a file where a directory is, or below a file', () => {
    const storage = memoryStorage({ 'dir/file': 'text' });
    expect(() => storage.put('dir', 'text')).to.throw('"dir" is a directory');
    expect(() => storage.put('dir/file/below', 'text')).to.throw('"dir/file" is a file');
  });
});
