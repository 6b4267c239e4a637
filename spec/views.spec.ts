import { expect } from 'chai';
import { memoryStorage } from '../lib/storage/memory';
import { RightfulStorage } from '../lib/storage/rights';
import type { Storage } from '../lib/storage/storage';
import { Views } from '../lib/views';
import { RIGHTS } from '../lib/wire/rights';

describe('the directories of accounts', () => {
  /** A storage that counts which of its directories are open. */
  function counting(): { readonly storage: Storage; readonly open: Map<string, number> } {
    const storage = memoryStorage({ file: 'text' });
    const open = new Map<string, number>();
    const more = (path: string, by: number): void => void open.set(path, (open.get(path) ?? 0) + by);
    const within = async (path: string): Promise<Storage & { close(): Promise<void> }> => {
      more(path, 1);
      const close = (): Promise<void> => Promise.resolve(more(path, -1));
      return Promise.resolve(Object.assign(new RightfulStorage(storage, RIGHTS), { close }));
    };
    return { storage: Object.assign(new RightfulStorage(storage, RIGHTS), { within }), open };
  }
  const openNow = (open: Map<string, number>): number => [...open.values()].reduce((sum, one) => sum + one, 0);

  it('are one however they are written', () => {
    const { storage } = counting();
    const views = new Views();
    const all = ['a', '/a', 'a/', './a//'].map((root) => views.of(storage, ['read'], { root }));
    expect(new Set(all).size).to.equal(1);
    expect(views.of(storage, ['read'], { root: '/' })).to.equal(views.of(storage, ['read']));
  });

  it('are never all open, however many there are, and are opened anew for who comes back', async () => {
    const { storage, open } = counting();
    const views = new Views();
    for (let user = 0; user < 600; user += 1) {
      expect((await views.of(storage, ['read'], { root: `user${user}` }).stat('file')).size).to.equal(4);
      // Whoever is there all the time keeps his.
      await views.of(storage, ['read'], { root: 'user0' }).stat('file');
    }
    expect(openNow(open)).to.be.at.most(256);
    expect(open.get('user0')).to.equal(1);
    expect(open.get('user1')).to.equal(0);
    const kept = views.of(storage, ['read'], { root: 'user1' });
    await kept.stat('file');
    expect(open.get('user1')).to.equal(1);
    // Also one that was let go while somebody still had it.
    for (let user = 600; user < 900; user += 1) await views.of(storage, ['read'], { root: `user${user}` }).stat('file');
    expect((await kept.stat('file')).size).to.equal(4);
    await views.close();
    expect(openNow(open)).to.equal(0);
  });
});
