import { expect } from 'chai';
import { symlinkSync } from 'node:fs';
import { Quotas, type QuotaLimit } from '../../lib/storage/quotas';
import type { Storage } from '../../lib/storage/storage';
import { measure } from '../../lib/storage/weight';
import { WithinStorage } from '../../lib/storage/within';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { rejects, written } from '../support/storageHelpers';

interface House {
  readonly house: LocalHarness;
  readonly quotas: Quotas;
  /** All of it, for who has no quota of his own. */
  readonly admin: Storage;
  /** A user with that directory, and ten bytes in it. */
  user(root: string): WithinStorage;
}

async function inHouse(spec: (house: House) => Promise<void>): Promise<void> {
  const house = await localHarness();
  const mine: WithinStorage[] = [];
  try {
    await house.mkdir('data');
    await house.mkdir('data/ann');
    await house.mkdir('home');
    symlinkSync('../data/ann', house.at('home/ann'));
    symlinkSync('data', house.at('all'));
    const quotas = new Quotas(
      () => ({}),
      () => 0,
    );
    const user = (root: string): WithinStorage => {
      const limit: QuotaLimit = { dir: root, bytes: 10 };
      const view = new WithinStorage(quotas.view(house.storage, [limit]), root);
      mine.push(view);
      return view;
    };
    await spec({ house, quotas, user, admin: quotas.view(house.storage) });
  } finally {
    for (const view of mine) await view.close();
    await house.cleanup();
  }
}

const put = async (storage: Storage, path: string, text: string): Promise<void> =>
  (await written(storage, path, text)).commit(text.length);

describe('a quota of a directory that links lead to', () => {
  it('is one, whatever way somebody comes', () =>
    inHouse(async ({ house, quotas, user, admin }) => {
      const ways = ['home/ann', 'data/ann', 'all/ann'].map(user);
      for (const [at, way] of ways.entries()) await put(way, `file${at}`, '123');
      for (const way of ways) {
        await rejects('quota', () => put(way, 'more', '12'));
        await put(way, 'tiny', '1');
        await way.remove('tiny');
      }
      expect(quotas.known('data/ann')).to.deep.equal({ bytes: 9, files: 3 });
      expect(quotas.known('home/ann')).to.equal(undefined);
      // Who has all of it stores there by any name, too.
      await put(admin, 'all/ann/admins', '1');
      for (const way of ways) await rejects('quota', () => put(way, 'tiny', '1'));
      expect(quotas.known('data/ann')).to.deep.equal(await measure(house.storage, 'data/ann', 100));
    }));

  it('counts what is moved in and out by such a name, and what lies behind a link in it', () =>
    inHouse(async ({ house, quotas, user, admin }) => {
      const ann = user('home/ann');
      await ann.makeDirectory('sub');
      symlinkSync('sub', house.at('data/ann/short'));
      await put(ann, 'short/a', '12345');
      await put(admin, 'outside', '1234567');
      await rejects('quota', () => put(ann, 'b', '123456'));
      await admin.rename('home/ann/short/a', 'a');
      await admin.rename('outside', 'all/ann/inside');
      const known = quotas.known('data/ann');
      expect(known).to.deep.equal(await measure(house.storage, 'data/ann', 100));
      expect(known?.bytes).to.be.greaterThan(6);
      await rejects('quota', () => put(ann, 'b', '123456'));
    }));

  it('follows a link that is put elsewhere', () =>
    inHouse(async ({ house, quotas, user }) => {
      await put(user('home/ann'), 'a', '1234567890');
      await house.mkdir('data/new');
      const { rmSync } = await import('node:fs');
      rmSync(house.at('home/ann'));
      symlinkSync('../data/new', house.at('home/ann'));
      await put(user('home/ann'), 'a', '1234567890');
      expect(quotas.known('data/new')?.bytes).to.equal(10);
      await rejects('quota', () => put(user('home/ann'), 'b', '1'));
    }));
});
