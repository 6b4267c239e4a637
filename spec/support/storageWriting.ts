import { expect } from 'chai';
import {
  contentOf,
  HARD_NAMES,
  namesOf,
  pattern,
  rejects,
  withStorage,
  written,
  type MakeHarness,
} from './storageHelpers';

/** Write and commit. */
export function writingSuite(make: MakeHarness): void {
  describe('writing', () => {
    for (const length of [0, 1, 65537, 3 * 1024 * 1024 + 1]) {
      withStorage(`makes a file of ${length} bytes`, make, async ({ storage, read }) => {
        const bytes = pattern(length);
        const target = await written(storage, 'file', bytes);
        await target.commit(length);
        expect((await read('file'))?.equals(bytes)).to.equal(true);
        expect((await storage.stat('file')).size).to.equal(length);
      });
    }

    withStorage('takes many chunks of any size, empty ones too, in one call or many', make, async (house) => {
      const { storage, read } = house;
      const bytes = pattern(10_000);
      const target = await storage.write('file', { replace: false });
      const tiny = Array.from({ length: 3000 }, (_, index) => bytes.subarray(index, index + 1));
      await target.write(tiny, 0);
      await target.write([], 3000);
      await target.write(
        [Buffer.alloc(0), bytes.subarray(3000, 3001), Buffer.alloc(0), bytes.subarray(3001, 9000)],
        3000,
      );
      await target.write([new Uint8Array(bytes.buffer, bytes.byteOffset + 9000, 1000)], 9000);
      await target.commit(10_000);
      expect((await read('file'))?.equals(bytes)).to.equal(true);
    });

    withStorage('takes more chunks than one system call does', make, async ({ storage, read }) => {
      const bytes = pattern(5000);
      const target = await storage.write('file', { replace: false });
      await target.write(
        Array.from({ length: 5000 }, (_, index) => bytes.subarray(index, index + 1)),
        0,
      );
      await target.commit(5000);
      expect((await read('file'))?.equals(bytes)).to.equal(true);
    });

    withStorage('lets chunks be reused once they are written', make, async ({ storage, read }) => {
      const chunk = Buffer.alloc(4);
      const target = await storage.write('file', { replace: false });
      for (const [index, text] of ['aaaa', 'bbbb', 'cccc'].entries()) {
        chunk.write(text);
        await target.write([chunk], index * 4);
        chunk.fill('-');
      }
      await target.commit(12);
      expect((await read('file'))?.toString()).to.equal('aaaabbbbcccc');
    });

    withStorage('reads back what was written, to its end', make, async ({ storage }) => {
      const target = await written(storage, 'file', '0123456789');
      const into = Buffer.alloc(6);
      expect(await target.read(into, 4)).to.equal(6);
      expect(into.toString()).to.equal('456789');
      expect(await target.read(into, 10)).to.equal(0);
      await target.discard();
    });

    withStorage(
      'shows nothing before the commit, and the old file until then',
      make,
      async ({ storage, put, read }) => {
        const fresh = await written(storage, 'new', 'new text');
        await rejects('not-found', () => storage.stat('new'));
        await rejects('not-found', () => storage.read('new'));
        await put('old', 'old text');
        const other = await written(storage, 'old', 'replacement', { replace: true });
        expect((await contentOf(storage, 'old')).toString()).to.equal('old text');
        await fresh.commit(8);
        await other.commit(11);
        expect((await read('new'))?.toString()).to.equal('new text');
        expect((await read('old'))?.toString()).to.equal('replacement');
      },
    );

    withStorage('lets who reads the old file go on reading it', make, async ({ storage, put }) => {
      await put('file', 'old text');
      const source = await storage.read('file');
      await (await written(storage, 'file', 'new', { replace: true })).commit(3);
      const into = Buffer.alloc(8);
      expect(await source.read(into, 0)).to.equal(8);
      expect(into.toString()).to.equal('old text');
      await source.close();
    });

    withStorage('replaces no file unasked, and says so at once', make, async ({ storage, put, read, parts }) => {
      await put('file', 'text');
      await rejects('exists', () => storage.write('file', { replace: false }));
      expect((await read('file'))?.toString()).to.equal('text');
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage('of two writers without replace lets one win, whole', make, async ({ storage, read, parts }) => {
      const bytes = [pattern(200_000, 1), pattern(100_000, 2)];
      const targets = await Promise.all(bytes.map(async (each) => written(storage, 'file', each)));
      const ends = await Promise.allSettled(
        targets.map(async (target, index) => target.commit(bytes[index]?.length ?? 0)),
      );
      const winner = ends.findIndex((end) => end.status === 'fulfilled');
      const [loser] = ends.filter((end) => end.status === 'rejected');
      await rejects('exists', () => Promise.reject(loser?.reason as Error));
      expect((await read('file'))?.equals(bytes[winner] ?? Buffer.alloc(0))).to.equal(true);
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage(
      'finds at the commit that the name was taken meanwhile',
      make,
      async ({ storage, put, read, parts }) => {
        const target = await written(storage, 'file', 'mine');
        await put('file', 'theirs');
        await rejects('exists', () => target.commit(4));
        expect((await read('file'))?.toString()).to.equal('theirs');
        expect((await parts?.()) ?? 0).to.equal(0);
      },
    );

    withStorage('commits nothing of a wrong length', make, async ({ storage, put, read, parts }) => {
      for (const length of [3, 5, 0]) {
        const target = await written(storage, 'file', '1234');
        await rejects('io-error', () => target.commit(length));
      }
      expect(await read('file')).to.equal(undefined);
      await put('old', 'old text');
      const target = await written(storage, 'old', '1234', { replace: true });
      await rejects('io-error', () => target.commit(8));
      expect((await read('old'))?.toString()).to.equal('old text');
      expect((await parts?.()) ?? 0).to.equal(0);
    });

    withStorage(
      'leaves nothing of what is discarded, and the old file',
      make,
      async ({ storage, put, read, parts }) => {
        await put('old', 'old text');
        const fresh = await written(storage, 'new', 'text');
        const other = await written(storage, 'old', 'replacement', { replace: true });
        await fresh.discard();
        await other.discard();
        expect(await read('new')).to.equal(undefined);
        expect((await read('old'))?.toString()).to.equal('old text');
        expect(await namesOf(storage, '')).to.deep.equal(['old']);
        expect((await parts?.()) ?? 0).to.equal(0);
      },
    );

    withStorage('ends once: what comes later changes nothing', make, async ({ storage, read }) => {
      const committed = await written(storage, 'file', 'text');
      await committed.commit(4);
      await committed.discard();
      await committed.keep();
      await rejects('io-error', () => committed.commit(4));
      await rejects('io-error', () => committed.write([Buffer.from('more')], 4));
      await rejects('io-error', () => committed.read(Buffer.alloc(4), 0));
      expect((await read('file'))?.toString()).to.equal('text');
      const gone = await written(storage, 'other', 'text');
      await gone.discard();
      await rejects('io-error', () => gone.commit(4));
      expect(await read('other')).to.equal(undefined);
    });

    withStorage('sets the time of change it is given, to the millisecond', make, async ({ storage }) => {
      for (const modified of [-86_400_000, 0, 1_000_000_000_007, 1_763_600_000_123, 1_763_600_000_999]) {
        const target = await written(storage, `at ${modified}`, 'text');
        await target.commit(4, { modified });
        expect((await storage.stat(`at ${modified}`)).modified).to.equal(modified);
      }
    });

    for (const name of HARD_NAMES) {
      withStorage(`makes ${JSON.stringify(name.slice(0, 40))}`, make, async ({ storage, read, mkdir }) => {
        await mkdir('in');
        await (await written(storage, `in/${name}`, name, { key: 'k' })).commit(Buffer.byteLength(name));
        expect((await read(`in/${name}`))?.toString()).to.equal(Buffer.from(name).toString());
        expect(await namesOf(storage, 'in')).to.deep.equal([name]);
      });
    }

    withStorage('says what is wrong with the place', make, async ({ storage, put, mkdir, parts }) => {
      await mkdir('dir');
      await put('file', 'text');
      for (const replace of [false, true]) {
        await rejects('not-a-file', () => storage.write('dir', { replace }));
        await rejects('not-a-file', () => storage.write('', { replace }));
        await rejects('not-found', () => storage.write('missing/file', { replace }));
        await rejects('not-a-directory', () => storage.write('file/below', { replace }));
      }
      expect((await parts?.()) ?? 0).to.equal(0);
      expect(await namesOf(storage, '')).to.deep.equal(['dir', 'file']);
    });

    withStorage('writes many files side by side', make, async ({ storage, read }) => {
      const all = Array.from({ length: 40 }, (_, index) => pattern(20_000 + index, index));
      await Promise.all(
        all.map(async (bytes, index) => (await written(storage, `file ${index}`, bytes)).commit(bytes.length)),
      );
      for (const [index, bytes] of all.entries()) {
        expect((await read(`file ${index}`))?.equals(bytes), `file ${index}`).to.equal(true);
      }
    });
  });

  describe('versions', () => {
    withStorage('differ when the content does, and stay when it does not', make, async ({ storage, put }) => {
      // A storage may have none for what changed just now; where it has some, they must tell.
      await put('file', 'one');
      const first = await storage.stat('file');
      expect((await storage.stat('file')).version).to.equal(first.version);
      await (await written(storage, 'file', 'two', { replace: true })).commit(3, { modified: first.modified });
      const second = await storage.stat('file');
      if (first.version !== undefined) expect(second.version).to.not.equal(first.version);
    });
  });
}
