import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import { contentOf, HARD_NAMES, pattern, rejects, withStorage, type MakeHarness } from './storageHelpers';

/** Stat and read. */
export function readingSuite(make: MakeHarness): void {
  describe('reading', () => {
    for (const length of [0, 1, 65535, 65536, 65537, 3 * 1024 * 1024 + 1]) {
      withStorage(`gives the ${length} bytes of a file, and their number`, make, async ({ storage, put }) => {
        const bytes = pattern(length);
        await put('file', bytes);
        expect((await storage.stat('file')).size).to.equal(length);
        expect((await contentOf(storage, 'file')).equals(bytes)).to.equal(true);
      });
    }

    withStorage('gives every byte value', make, async ({ storage, put }) => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
      await put('bytes', bytes);
      expect((await contentOf(storage, 'bytes', 7)).equals(bytes)).to.equal(true);
    });

    withStorage('reads from any position, as far as there is something', make, async ({ storage, put }) => {
      await put('digits', '0123456789');
      const source = await storage.read('digits');
      const into = Buffer.alloc(4, 'x');
      expect(await source.read(into, 8)).to.equal(2);
      expect(into.toString()).to.equal('89xx');
      expect(await source.read(into, 3)).to.equal(4);
      expect(into.toString()).to.equal('3456');
      expect(await source.read(into, 10)).to.equal(0);
      expect(await source.read(into, 1e12)).to.equal(0);
      expect(await source.read(Buffer.alloc(0), 0)).to.equal(0);
      await source.close();
    });

    withStorage('fills only the view it is given', make, async ({ storage, put }) => {
      await put('digits', '0123456789');
      const all = Buffer.alloc(8, '-');
      const source = await storage.read('digits');
      expect(await source.read(new Uint8Array(all.buffer, all.byteOffset + 2, 3), 5)).to.equal(3);
      expect(all.toString()).to.equal('--567---');
      await source.close();
    });

    withStorage('answers several reads of one source at once', make, async ({ storage, put }) => {
      await put('digits', '0123456789');
      const source = await storage.read('digits');
      const views = [0, 2, 4, 6, 8].map((position) => ({ position, into: Buffer.alloc(2) }));
      await Promise.all(views.map(async ({ into, position }) => source.read(into, position)));
      expect(Buffer.concat(views.map(({ into }) => into)).toString()).to.equal('0123456789');
      await source.close();
    });

    withStorage('knows files and directories apart, and when a file changed', make, async (house) => {
      const { storage, put, mkdir } = house;
      await mkdir('dir');
      await put('dir/file', 'text');
      expect((await storage.stat('')).type).to.equal('dir');
      expect((await storage.stat('dir')).type).to.equal('dir');
      const stat = await storage.stat('dir/file');
      expect(stat.type).to.equal('file');
      expect(Number.isInteger(stat.modified)).to.equal(true);
      const source = await storage.read('dir/file');
      expect(source.stat).to.deep.equal(stat);
      await source.close();
    });

    withStorage('notices a file that grew or shrank while it was read', make, async ({ storage, put }) => {
      await put('file', 'before');
      const source = await storage.read('file');
      expect(source.stat.size).to.equal(6);
      expect((await source.restat()).size).to.equal(6);
      await source.close();
      await put('file', 'afterwards');
      const again = await storage.read('file');
      expect((await again.restat()).size).to.equal(10);
      await again.close();
    });

    withStorage('can be closed twice, and gives nothing afterwards', make, async ({ storage, put }) => {
      await put('file', 'text');
      const source = await storage.read('file');
      await source.close();
      await source.close();
      await rejects('io-error', () => source.read(Buffer.alloc(4), 0));
      await rejects('io-error', () => source.restat());
    });

    withStorage('says what is wrong, and names the file as it was asked for', make, async (house) => {
      const { storage, put, mkdir } = house;
      await mkdir('dir');
      await put('file', 'text');
      for (const ask of [(path: string) => storage.stat(path), (path: string) => storage.read(path)]) {
        expect(await rejects('not-found', () => ask('dir/missing\n'))).to.include('"dir/missing\\x0a"');
        await rejects('not-found', () => ask('missing/file'));
        await rejects('not-a-directory', () => ask('file/below'));
      }
      await rejects('not-a-file', () => storage.read('dir'));
      await rejects('not-a-file', () => storage.read(''));
    });

    for (const name of HARD_NAMES) {
      withStorage(`finds ${JSON.stringify(name.slice(0, 40))} by its name`, make, async ({ storage, put, mkdir }) => {
        await mkdir('in');
        await put(`in/${name}`, name);
        expect((await storage.stat(`in/${name}`)).type).to.equal('file');
        expect((await contentOf(storage, `in/${name}`)).toString()).to.equal(Buffer.from(name).toString());
      });
    }

    withStorage('finds what lies in a directory with a hard name', make, async ({ storage, put, mkdir }) => {
      await mkdir('文\n dir');
      await put('文\n dir/file', 'deep');
      expect((await contentOf(storage, '文\n dir/file')).toString()).to.equal('deep');
    });

    withStorage('does nothing for a signal that is aborted already', make, async ({ storage, put }) => {
      await put('file', 'text');
      await rejects('aborted', () => storage.stat('file', AbortSignal.abort()));
      const reason = new TwinportError('timeout', 'too late');
      expect(await rejects('timeout', () => storage.stat('file', AbortSignal.abort(reason)))).to.equal('too late');
      expect((await storage.stat('file', new AbortController().signal)).size).to.equal(4);
    });
  });
}
