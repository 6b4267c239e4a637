import { expect } from 'chai';
import { LIMITS } from '../../lib/options';
import { pooledIo } from '../../lib/storage/io';
import { memoryStorage, type MemoryStorage } from '../../lib/storage/memory';
import { Quotas, type QuotaOptions } from '../../lib/storage/quotas';
import { RightfulStorage } from '../../lib/storage/rights';
import type { Storage } from '../../lib/storage/storage';
import { measure } from '../../lib/storage/weight';
import { WithinStorage } from '../../lib/storage/within';
import { failingIo } from '../support/hookedIo';
import { localHarness } from '../support/localHarness';
import { rejects, written } from '../support/storageHelpers';
import { storageSuite } from '../support/storageSuite';

const PLENTY = { quotaBytes: 1e9, quotaFiles: 1e6 };

/** Every promise of a storage is kept through quotas, with an account's directory of its own in between, too. */
storageSuite('memory with quotas', async () => {
  const inner = memoryStorage();
  return {
    storage: new Quotas(
      () => PLENTY,
      () => 0,
    ).view(inner),
    put: async (path, bytes) => inner.put(path, bytes),
    mkdir: async (path) => inner.mkdir(path),
    read: async (path) => inner.bytes(path),
    cleanup: async () => {},
  };
});
storageSuite('local with quotas', async () => {
  const house = await localHarness();
  return {
    ...house,
    storage: new Quotas(
      () => PLENTY,
      () => 0,
    ).view(house.storage),
  };
});
storageSuite('a directory of its own with quotas', async () => {
  const house = await localHarness();
  await house.mkdir('own');
  const storage = new WithinStorage(
    new Quotas(
      () => ({}),
      () => 0,
    ).view(house.storage, [{ dir: 'own', bytes: 1e9, files: 1e6 }]),
    'own',
  );
  return {
    storage,
    put: (path, bytes) => house.put(`own/${path}`, bytes),
    mkdir: (path) => house.mkdir(`own/${path}`),
    read: (path) => house.read(`own/${path}`),
    cleanup: async () => {
      await storage.close();
      await house.cleanup();
    },
  };
});

interface Held {
  readonly inner: MemoryStorage;
  readonly storage: Storage;
  readonly quotas: Quotas;
}

function held(limit: QuotaOptions, files: Record<string, string> = {}): Held {
  const inner = memoryStorage(files);
  const quotas = new Quotas(
    () => limit,
    () => 0,
  );
  return { inner, quotas, storage: quotas.view(inner) };
}

describe('a quota', () => {
  it('counts what is there: files, directories, kept parts', async () => {
    const { inner, storage, quotas } = held({ quotaBytes: 100 }, { 'dir/a': '12345', b: '678' });
    await (await written(inner, 'c', 'part', { replace: false, key: 'k' })).keep();
    await storage.makeDirectory('more');
    expect(quotas.known('')).to.deep.equal({ bytes: 12, files: 5 });
  });

  it('counts the same on a disk, links without what they lead to', async () => {
    const house = await localHarness();
    try {
      await house.mkdir('dir');
      await house.put('dir/a', '12345');
      await (await written(house.storage, 'dir/c', 'part', { replace: false, key: 'k' })).keep();
      const { symlinkSync } = await import('node:fs');
      symlinkSync('a', house.at('dir/link'));
      symlinkSync('..', house.at('dir/loop'));
      const quotas = new Quotas(
        () => ({ quotaBytes: 10_000 }),
        () => 0,
      );
      const storage = quotas.view(house.storage);
      await storage.makeDirectory('more');
      expect(quotas.known('')).to.deep.equal({ bytes: 9, files: 6 });
      // The link goes, not the five bytes; a file takes its place and none of theirs.
      await storage.remove('dir/loop');
      await (await written(storage, 'dir/link', 'xy', { replace: true })).commit(2);
      expect(quotas.known('')).to.deep.equal({ bytes: 11, files: 5 });
      expect(await measure(house.storage, '', 100)).to.deep.equal({ bytes: 11, files: 5 });
    } finally {
      await house.cleanup();
    }
  });

  it('is told at the moment it is known: in the middle, with nothing written beyond', async () => {
    const { inner, storage, quotas } = held({ quotaBytes: 10 }, { old: '1234' });
    const target = await written(storage, 'new', '123456');
    const sentence = await rejects('quota', () => target.write([Buffer.from('7')], 6));
    expect(sentence).to.equal('that would be over the quota: 10 bytes may be stored here');
    await target.write([Buffer.from('x')], 0);
    await target.discard();
    expect([inner.bytes('new'), quotas.known('')]).to.deep.equal([undefined, { bytes: 4, files: 1 }]);
  });

  it('is told before anything is sent where the size is declared, and takes no declaration on trust', async () => {
    const { storage } = held({ quotaBytes: 10 }, { old: '1234' });
    await rejects('quota', () => storage.write('new', { replace: false, size: 7 }));
    const target = await storage.write('new', { replace: false, size: 1 });
    await target.write([Buffer.from('123456')], 0);
    await rejects('quota', () => target.write([Buffer.from('7')], 6));
    await target.discard();
  });

  it('knows what is there of a commit that failed, and leaves nothing else of it', async () => {
    for (const [call, at] of [
      ['fsync', 1],
      ['fsync', 2],
      ['link', 1],
      ['lstat', 1],
    ] as const) {
      let [calls, armed] = [0, false];
      const io = failingIo(pooledIo, (each) => (armed && each === call && (calls += 1) === at ? 'EIO' : undefined));
      const house = await localHarness({ fsync: true }, io);
      const quotas = new Quotas(
        () => PLENTY,
        () => 0,
      );
      const target = await written(quotas.view(house.storage), 'file', 'text');
      armed = true;
      await rejects('io-error', () => target.commit(4));
      armed = false;
      expect(quotas.known(''), `${call} ${at}`).to.deep.equal(await measure(house.storage, '', 10));
      expect(house.partNames(), `${call} ${at}`).to.deep.equal([]);
      await house.cleanup();
    }
  });

  it('of bytes alone lets nobody make more files than could be counted again', async () => {
    const { inner, storage: full } = held({ quotaBytes: 1000 });
    Object.assign(inner, { measure: async () => ({ bytes: 0, files: LIMITS.quotaEntries - 1 }) });
    await full.makeDirectory('last');
    await rejects('quota', () => full.makeDirectory('more'));
    await full.remove('last');
    await full.makeDirectory('more');
  });

  it('is of files too, directories among them', async () => {
    const { storage } = held({ quotaFiles: 3 }, { old: '' });
    await storage.makeDirectory('dir');
    const target = await storage.write('dir/new', { replace: false });
    expect(await rejects('quota', () => storage.makeDirectory('other'))).to.contain('3 files may');
    await rejects('quota', () => storage.write('other', { replace: false }));
    await target.discard();
    await storage.makeDirectory('other');
  });

  it('keeps both while a file is replaced, and gives the old one back with the commit', async () => {
    const { storage, quotas } = held({ quotaBytes: 10 }, { file: '12345' });
    const target = await written(storage, 'file', '54321', { replace: true });
    await rejects('quota', () => target.write([Buffer.from('6')], 5));
    await target.commit(5);
    expect(quotas.known('')).to.deep.equal({ bytes: 5, files: 1 });
  });

  it('gives back what is deleted, and moves nothing with a name', async () => {
    const { storage, quotas } = held({ quotaBytes: 10 }, { 'dir/file': '12345', other: '1' });
    await storage.rename('dir', 'elsewhere');
    expect(quotas.known('')).to.deep.equal({ bytes: 6, files: 3 });
    await rejects('not-empty', () => storage.remove('elsewhere'));
    await storage.remove('elsewhere/file');
    await storage.remove('elsewhere');
    await rejects('not-found', () => storage.remove('elsewhere'));
    expect(quotas.known('')).to.deep.equal({ bytes: 1, files: 1 });
  });

  it('counts a kept part, what is continued of it, and not what is cut off', async () => {
    const { storage, quotas } = held({ quotaBytes: 10, quotaFiles: 1 });
    await (await written(storage, 'file', '123456', { replace: false, key: 'k' })).keep();
    expect(quotas.known('')).to.deep.equal({ bytes: 6, files: 1 });
    await rejects('cannot-resume', () => storage.write('file', { replace: false, key: 'k', offset: 7 }));
    expect(quotas.known('')).to.deep.equal({ bytes: 6, files: 1 });
    const target = await storage.write('file', { replace: false, key: 'k', offset: 4, size: 10 });
    expect(quotas.known('')).to.deep.equal({ bytes: 4, files: 1 });
    await target.write([Buffer.from('567890')], 4);
    await rejects('quota', () => target.write([Buffer.from('1')], 10));
    await target.keep();
    expect(quotas.known('')).to.deep.equal({ bytes: 10, files: 1 });
    await (await storage.write('file', { replace: false, key: 'k' })).keep();
    expect(quotas.known('')).to.deep.equal({ bytes: 0, files: 0 });
  });

  it('cannot be had twice by moving the directory under a part that replaces', async () => {
    const { storage, quotas } = held({ quotaBytes: 100 }, { 'dir/file': '1' });
    const target = await written(storage, 'dir/file', '12345', { replace: true });
    await storage.rename('dir', 'away');
    await storage.makeDirectory('dir');
    await (await written(storage, 'dir/file', '0123456789'.repeat(5))).commit(50);
    await target.commit(5);
    expect(quotas.known('')).to.deep.equal({ bytes: 55, files: 4 });
  });

  it('can be lowered below what is there: what frees is still allowed', async () => {
    const limit = { quotaBytes: 100, quotaFiles: 100 };
    const { storage } = held(limit, { a: '12345', b: '12345' });
    const target = await written(storage, 'a', '1', { replace: true });
    limit.quotaBytes = 3;
    limit.quotaFiles = 1;
    await rejects('quota', () => target.write([Buffer.from('2')], 1));
    await target.commit(1);
    await rejects('quota', () => storage.makeDirectory('dir'));
    await storage.remove('b');
  });

  it('is counted again, after a refusal, for what was deleted by others', async () => {
    let now = 0;
    const inner = memoryStorage({ a: '1234567890' });
    const quotas = new Quotas(
      () => ({ quotaBytes: 10 }),
      () => now,
    );
    const storage = quotas.view(inner);
    const more = async (): Promise<void> => (await written(storage, `f${now}`, '1')).commit(1);
    await rejects('quota', more);
    await quotas.counted();
    await inner.remove('a');
    await rejects('quota', more);
    await quotas.counted();
    // Not for every refusal: a count is a walk.
    await rejects('quota', more);
    now = 60_000;
    await rejects('quota', more);
    await quotas.counted();
    await more();
    expect(quotas.known('')).to.deep.equal({ bytes: 1, files: 1 });
  });

  it('of a directory is charged by whoever writes there, and refused to whom it is given', async () => {
    const inner = memoryStorage({ 'home/ann/a': '12345', 'home/bob/b': '1' });
    const quotas = new Quotas(
      () => ({}),
      () => 0,
    );
    const ann = new RightfulStorage(
      new WithinStorage(quotas.view(inner, [{ dir: 'home/ann', bytes: 8 }]), 'home/ann'),
      ['write', 'overwrite', 'delete'],
    );
    const admin = quotas.view(inner);
    await (await written(ann, 'x', '12')).commit(2);
    await (await written(admin, 'home/ann/y', '1234567')).commit(7);
    expect(quotas.known('home/ann')).to.deep.equal({ bytes: 14, files: 3 });
    await rejects('quota', async () => written(ann, 'z', '1'));
    await admin.rename('home/ann/y', 'home/bob/y');
    expect(quotas.known('home/ann')).to.deep.equal({ bytes: 7, files: 2 });
    await (await written(ann, 'z', '1')).commit(1);
    // Her own directory may be moved, or another put in its place: it is counted again.
    await admin.rename('home/ann', 'home/old');
    await admin.rename('home/bob', 'home/ann');
    await rejects('quota', async () => written(ann, 'more', '1'));
    expect(quotas.known('home/ann')).to.deep.equal({ bytes: 8, files: 2 });
  });

  it('of a directory counts the parts that were begun before anybody asked', async () => {
    const inner = memoryStorage({ 'ann/a': '1' });
    const quotas = new Quotas(
      () => ({}),
      () => 0,
    );
    const [admin, ann] = [quotas.view(inner), quotas.view(inner, [{ dir: 'ann', bytes: 10 }])];
    const early = await written(admin, 'ann/b', '1234');
    const mine = await written(ann, 'ann/c', '12345');
    await rejects('quota', () => mine.write([Buffer.from('6')], 5));
    await early.write([Buffer.from('5')], 4);
    expect(quotas.known('ann')).to.deep.equal({ bytes: 11, files: 3 });
    await early.discard();
    await mine.commit(5);
    expect(quotas.known('ann')).to.deep.equal(await measure(inner, 'ann', 10));
  });
});
