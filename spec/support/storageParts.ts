import { expect } from 'chai';
import { namesOf, pattern, rejects, withStorage, written, type MakeHarness } from './storageHelpers';

/** Parts that are kept and continued. */
export function partsSuite(make: MakeHarness): void {
  describe('kept parts', () => {
    withStorage('are continued where they ended', make, async ({ storage, read, parts }) => {
      const bytes = pattern(300_000);
      await (await written(storage, 'file', bytes.subarray(0, 100_000), { key: 'k' })).keep();
      expect(await read('file')).to.equal(undefined);
      expect(await storage.partLength('file', 'k')).to.equal(100_000);
      const target = await storage.write('file', { replace: false, key: 'k', offset: 100_000 });
      expect(target.offset).to.equal(100_000);
      const back = Buffer.alloc(100_001);
      expect(await target.read(back, 0)).to.equal(100_000);
      expect(back.subarray(0, 100_000).equals(bytes.subarray(0, 100_000))).to.equal(true);
      await target.write([bytes.subarray(100_000)], 100_000);
      await target.commit(300_000);
      expect((await read('file'))?.equals(bytes)).to.equal(true);
      expect(await storage.partLength('file', 'k')).to.equal(0);
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage('are cut off where they are continued', make, async ({ storage, read }) => {
      await (await written(storage, 'file', '0123456789', { key: 'k' })).keep();
      const target = await storage.write('file', { replace: false, key: 'k', offset: 4 });
      const back = Buffer.alloc(10);
      expect(await target.read(back, 0)).to.equal(4);
      await target.write([Buffer.from('xy')], 4);
      await target.commit(6);
      expect((await read('file'))?.toString()).to.equal('0123xy');
    });

    withStorage('can be kept and continued again and again', make, async ({ storage, read, parts }) => {
      const bytes = pattern(5000);
      for (let offset = 0; offset < 5000; offset += 1000) {
        expect(await storage.partLength('file', 'k')).to.equal(offset);
        const target = await storage.write('file', { replace: false, key: 'k', offset });
        await target.write([bytes.subarray(offset, offset + 1000)], offset);
        if (offset < 4000) await target.keep();
        else await target.commit(5000);
      }
      expect((await read('file'))?.equals(bytes)).to.equal(true);
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage('are not continued beyond their end, and are still there then', make, async ({ storage }) => {
      await (await written(storage, 'file', '0123456789', { key: 'k' })).keep();
      await rejects('cannot-resume', () => storage.write('file', { replace: false, key: 'k', offset: 11 }));
      await rejects('cannot-resume', () => storage.write('file', { replace: false, key: 'other', offset: 1 }));
      await rejects('cannot-resume', () => storage.write('none', { replace: false, key: 'k', offset: 1 }));
      await rejects('cannot-resume', () => storage.write('file', { replace: false, offset: 1 }));
      expect(await storage.partLength('file', 'k')).to.equal(10);
      await (await storage.write('file', { replace: false, key: 'k', offset: 10 })).discard();
    });

    withStorage('are thrown away by a fresh start', make, async ({ storage, read, parts }) => {
      await (await written(storage, 'file', 'the old beginning', { key: 'k' })).keep();
      const target = await written(storage, 'file', 'new', { key: 'k' });
      expect(target.offset).to.equal(0);
      expect(await target.read(Buffer.alloc(20), 0)).to.equal(3);
      await target.commit(3);
      expect((await read('file'))?.toString()).to.equal('new');
      expect(await storage.partLength('file', 'k')).to.equal(0);
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage('belong to a file and a key', make, async ({ storage, mkdir }) => {
      await mkdir('dir');
      await (await written(storage, 'file', '1', { key: 'k' })).keep();
      await (await written(storage, 'file', '22', { key: 'l' })).keep();
      await (await written(storage, 'file2', '333', { key: 'k' })).keep();
      await (await written(storage, 'dir/file', '4444', { key: 'k' })).keep();
      expect(await storage.partLength('file', 'k')).to.equal(1);
      expect(await storage.partLength('file', 'l')).to.equal(2);
      expect(await storage.partLength('file2', 'k')).to.equal(3);
      expect(await storage.partLength('dir/file', 'k')).to.equal(4);
      expect(await storage.partLength('dir/file', 'l')).to.equal(0);
    });

    withStorage('have one writer', make, async ({ storage, read }) => {
      const first = await written(storage, 'file', 'first', { key: 'k' });
      await rejects('in-use', () => storage.write('file', { replace: false, key: 'k' }));
      await rejects('in-use', () => storage.write('file', { replace: false, key: 'k', offset: 2 }));
      const other = await written(storage, 'file', 'other', { key: 'another' });
      await other.discard();
      await first.keep();
      const second = await storage.write('file', { replace: false, key: 'k', offset: 5 });
      await rejects('in-use', () => storage.write('file', { replace: false, key: 'k', offset: 5 }));
      await second.commit(5);
      expect((await read('file'))?.toString()).to.equal('first');
      await (await storage.write('file', { replace: true, key: 'k' })).discard();
    });

    withStorage('go to one of several that ask at once', make, async ({ storage }) => {
      await (await written(storage, 'file', '0123456789', { key: 'k' })).keep();
      const all = await Promise.allSettled(
        [10, 10, 5, 10].map((offset) => storage.write('file', { replace: false, key: 'k', offset })),
      );
      const won = all.filter((each) => each.status === 'fulfilled');
      expect(won.length).to.equal(1);
      for (const each of all) {
        if (each.status === 'rejected') await rejects('in-use', () => Promise.reject(each.reason as Error));
      }
      await won[0]?.value.discard();
      expect(await storage.partLength('file', 'k')).to.equal(0);
    });

    withStorage('are not made of nothing, nor without a key', make, async ({ storage, parts }) => {
      await (await storage.write('empty', { replace: false, key: 'k' })).keep();
      await (await written(storage, 'unnamed', 'text')).keep();
      expect(await storage.partLength('empty', 'k')).to.equal(0);
      expect(await storage.partLength('unnamed', '')).to.equal(0);
      expect(await namesOf(storage, '')).to.deep.equal([]);
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage('are removed by a discard and by a failed commit', make, async ({ storage, parts }) => {
      await (await written(storage, 'file', 'text', { key: 'k' })).keep();
      await (await storage.write('file', { replace: false, key: 'k', offset: 4 })).discard();
      expect(await storage.partLength('file', 'k')).to.equal(0);
      await (await written(storage, 'file', 'text', { key: 'k' })).keep();
      const target = await storage.write('file', { replace: false, key: 'k', offset: 4 });
      await rejects('io-error', () => target.commit(5));
      expect(await storage.partLength('file', 'k')).to.equal(0);
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage('of a file that exists are continued only to replace it', make, async ({ storage, put, read }) => {
      await (await written(storage, 'file', 'begun, ', { key: 'k' })).keep();
      await put('file', 'old text');
      await rejects('exists', () => storage.write('file', { replace: false, key: 'k', offset: 7 }));
      const target = await storage.write('file', { replace: true, key: 'k', offset: 7 });
      await target.write([Buffer.from('ended')], 7);
      await target.commit(12);
      expect((await read('file'))?.toString()).to.equal('begun, ended');
    });

    withStorage('are none where there is no directory', make, async ({ storage, put }) => {
      await put('file', 'text');
      expect(await storage.partLength('missing/file', 'k')).to.equal(0);
      expect(await storage.partLength('file/below', 'k')).to.equal(0);
    });
  });
}
