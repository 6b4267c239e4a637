import { expect } from 'chai';
import {
  contentOf,
  entriesOf,
  HARD_NAMES,
  namesOf,
  rejects,
  withStorage,
  written,
  type MakeHarness,
} from './storageHelpers';

/** Listings. */
export function listingSuite(make: MakeHarness): void {
  describe('listing', () => {
    withStorage('gives nothing for an empty directory, not even . and ..', make, async ({ storage, mkdir }) => {
      await mkdir('empty');
      expect(await namesOf(storage, 'empty')).to.deep.equal([]);
      expect(await entriesOf(storage, 'empty', true)).to.deep.equal([]);
    });

    withStorage('gives what is in the directory and nothing deeper', make, async ({ storage, put, mkdir }) => {
      await mkdir('dir');
      await mkdir('dir/sub');
      await put('dir/file', 'text');
      await put('dir/sub/deeper', 'text');
      await put('dirt', 'text');
      expect(await namesOf(storage, '')).to.deep.equal(['dir', 'dirt']);
      expect(await namesOf(storage, 'dir')).to.deep.equal(['file', 'sub']);
      expect(await namesOf(storage, 'dir/sub')).to.deep.equal(['deeper']);
    });

    withStorage('gives facts when asked, and none when not', make, async ({ storage, put, mkdir }) => {
      await mkdir('dir');
      await put('dir/file', '12345');
      await mkdir('dir/sub');
      const plain = await entriesOf(storage, 'dir');
      expect(plain.every((entry) => entry.stat === undefined)).to.equal(true);
      expect(plain.map((entry) => entry.type).sort()).to.deep.equal(['dir', 'file']);
      for (const entry of await entriesOf(storage, 'dir', true)) {
        expect(entry.stat, entry.name).to.deep.equal(await storage.stat(`dir/${entry.name}`));
        expect(entry.type).to.equal(entry.stat?.type);
      }
    });

    withStorage('gives each name exactly as it is, and it can be read by it', make, async ({ storage, put }) => {
      for (const name of HARD_NAMES) await put(name, name);
      for (const facts of [false, true]) {
        const names = (await entriesOf(storage, '', facts)).map((entry) => entry.name);
        expect(names.sort()).to.deep.equal([...HARD_NAMES].sort());
      }
      for (const name of await namesOf(storage, '')) {
        expect((await contentOf(storage, name)).toString()).to.equal(Buffer.from(name).toString());
      }
    });

    withStorage(
      'gives three hundred entries once each, with facts and without',
      make,
      async ({ storage, put, mkdir }) => {
        await mkdir('many');
        const names = Array.from({ length: 300 }, (_, index) => `entry ${index}`).sort();
        for (const name of names) await put(`many/${name}`, name);
        expect(await namesOf(storage, 'many')).to.deep.equal(names);
        const facts = await entriesOf(storage, 'many', true);
        expect(facts.map((entry) => entry.name).sort()).to.deep.equal(names);
        expect(facts.every((entry) => entry.stat?.size === entry.name.length)).to.equal(true);
      },
    );

    withStorage('never shows a part, held or kept', make, async ({ storage }) => {
      const held = await written(storage, 'held', 'text');
      const kept = await written(storage, 'kept', 'text', { key: 'k' });
      expect(await namesOf(storage, '')).to.deep.equal([]);
      await kept.keep();
      expect(await entriesOf(storage, '', true)).to.deep.equal([]);
      await held.commit(4);
      expect(await namesOf(storage, '')).to.deep.equal(['held']);
    });

    withStorage('can be left early, or never begun', make, async ({ storage, put }) => {
      for (const name of ['a', 'b', 'c']) await put(name, name);
      let seen = 0;
      for await (const entry of await storage.list('', { facts: true })) {
        expect(['a', 'b', 'c']).to.include(entry.name);
        seen += 1;
        break;
      }
      expect(seen).to.equal(1);
      const never = (await storage.list('', { facts: false }))[Symbol.asyncIterator]();
      expect(await never.return?.()).to.deep.include({ done: true });
      expect((await never.next()).done).to.equal(true);
    });

    withStorage('rejects before the first entry when it cannot begin', make, async ({ storage, put }) => {
      await put('file', 'text');
      await rejects('not-found', () => storage.list('missing', { facts: false }));
      await rejects('not-a-directory', () => storage.list('file', { facts: false }));
      await rejects('not-a-directory', () => storage.list('file/below', { facts: false }));
      await rejects('aborted', () => storage.list('', { facts: false }, AbortSignal.abort()));
    });

    withStorage('stops in the middle when its signal is aborted', make, async ({ storage, put }) => {
      for (let index = 0; index < 100; index += 1) await put(`entry ${index}`, '');
      const controller = new AbortController();
      let seen = 0;
      await rejects('aborted', async () => {
        for await (const entry of await storage.list('', { facts: true }, controller.signal)) {
          expect(entry.type).to.equal('file');
          seen += 1;
          if (seen === 3) controller.abort();
        }
      });
      expect(seen).to.equal(3);
    });
  });
}
