import { expect } from 'chai';
import { isTwinportError } from '../../lib/errors';
import { memoryStorage } from '../../lib/storage/memory';
import { RightfulStorage } from '../../lib/storage/rights';
import { RIGHTS, type Right } from '../../lib/wire/rights';
import type { Storage } from '../../lib/storage/storage';
import { contentOf, rejects, written } from '../support/storageHelpers';

/** What can be asked of a storage, any of which rights it takes (each a set), and what is said without them. */
const ASKED: readonly [title: string, sets: readonly Right[][], doing: string, ask: (storage: Storage) => unknown][] = [
  ['stat', [['list'], ['read'], ['write']], 'asking about files', (storage) => storage.stat('file')],
  ['list', [['list']], 'listing', (storage) => storage.list('', { facts: false })],
  ['read', [['read']], 'reading', async (storage) => (await storage.read('file')).close()],
  ['write', [['write']], 'writing', async (storage) => (await storage.write('new', { replace: false })).discard()],
  ['makeDirectory', [['write']], 'writing', (storage) => storage.makeDirectory('new')],
  ['remove', [['delete']], 'deleting', (storage) => storage.remove('file')],
  ['rename', [['delete', 'write']], 'renaming', (storage) => storage.rename('file', 'new')],
];

/** Every set of rights there is. */
const SETS: readonly Right[][] = Array.from({ length: 2 ** RIGHTS.length }, (_, bits) =>
  RIGHTS.filter((_right, at) => (bits & (1 << at)) !== 0),
);

describe('rights', () => {
  for (const [title, sets, doing, ask] of ASKED) {
    it(`${title} takes ${sets.map((set) => set.join(' and ')).join(', or ')}`, async () => {
      for (const rights of SETS) {
        const inside = memoryStorage({ file: 'text' });
        const storage = new RightfulStorage(inside, rights);
        if (sets.some((set) => set.every((right) => rights.includes(right)))) {
          await ask(storage);
          continue;
        }
        let error: unknown;
        try {
          await ask(storage);
        } catch (caught) {
          error = caught;
        }
        expect(isTwinportError(error, 'denied') && [error.message, error.reply], rights.join()).to.deep.equal([
          `${doing} is not allowed here`,
          553,
        ]);
        expect(inside.bytes('file')?.toString()).to.equal('text');
        await rejects('not-found', () => inside.stat('new'));
      }
    });
  }

  it('what is there is in the way of who may not overwrite, at once and at the end', async () => {
    const inside = memoryStorage({ file: 'old' });
    const careful = new RightfulStorage(inside, ['write']);
    const why = await rejects('exists', () => careful.write('file', { replace: true }));
    expect(why).to.equal('"file" exists already, and overwriting is not allowed here');
    const target = await written(careful, 'late', 'mine', { replace: true });
    inside.put('late', 'theirs');
    await rejects('exists', () => target.commit(4));
    expect([inside.bytes('file')?.toString(), inside.bytes('late')?.toString()]).to.deep.equal(['old', 'theirs']);
    const free = new RightfulStorage(inside, ['write', 'overwrite']);
    await (await written(free, 'file', 'new', { replace: true })).commit(3);
    await rejects('exists', () => free.write('file', { replace: false }));
    expect(inside.bytes('file')?.toString()).to.equal('new');
  });

  it('kept parts are nothing to who may not write', async () => {
    const inside = memoryStorage();
    await (await written(inside, 'file', 'begun', { key: 'k' })).keep();
    expect(await new RightfulStorage(inside, ['list', 'read', 'delete']).partLength('file', 'k')).to.equal(0);
    expect(await new RightfulStorage(inside, ['write']).partLength('file', 'k')).to.equal(5);
  });

  it('reads through, and claims no more than both can', async () => {
    const inside = memoryStorage({ file: 'text' }, { writable: false });
    const storage = new RightfulStorage(inside, RIGHTS);
    expect(storage.features).to.deep.equal({ write: false, resume: true });
    expect((await contentOf(storage, 'file')).toString()).to.equal('text');
    await rejects('denied', () => storage.makeDirectory('new'));
    expect(new RightfulStorage(memoryStorage(), ['list']).features.write).to.equal(false);
    expect(new RightfulStorage(memoryStorage(), ['write']).features.write).to.equal(true);
  });
});
