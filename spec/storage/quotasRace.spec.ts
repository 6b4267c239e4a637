import { expect } from 'chai';
import { isTwinportError } from '../../lib/errors';
import { memoryStorage, type MemoryStorage } from '../../lib/storage/memory';
import { Quotas } from '../../lib/storage/quotas';
import type { Storage, Target } from '../../lib/storage/storage';
import { measure } from '../../lib/storage/weight';
import { settle } from '../support/fakeClock';
import { localHarness } from '../support/localHarness';

/** A storage that says how many parts of it are open. */
function counted(inner: MemoryStorage): { storage: Storage; most: () => number } {
  let live = 0;
  let most = 0;
  const look = async (): Promise<void> => {
    most = Math.max(most, live + (await measure(inner, '', 1e6)).files);
  };
  const storage = new Proxy<Storage>(inner, {
    get: (target, name) => {
      if (name !== 'write') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return async (...args: Parameters<Storage['write']>): Promise<Target> => {
        const part = await inner.write(...args);
        live += 1;
        await look();
        const end =
          <T extends unknown[]>(ends: (...args: T) => Promise<void>) =>
          async (...how: T): Promise<void> => {
            await settle(1);
            try {
              await ends.apply(part, how);
            } finally {
              live -= 1;
              await look();
            }
          };
        const more = { commit: end(part.commit), keep: end(part.keep), discard: end(part.discard) };
        return Object.assign(Object.create(part) as Target, more, {
          offset: part.offset,
          write: async (...how: Parameters<Target['write']>) => {
            await settle(1);
            await part.write(...how);
          },
          read: part.read.bind(part),
        });
      };
    },
  });
  return { storage, most: () => most };
}

describe('a quota that many want at once', () => {
  it('lets ten of fifty puts through, by bytes, and never more bytes than that', async () => {
    // It has no room for one byte more: an overrun would be `no-space`.
    const inner = memoryStorage({}, { maxBytes: 1000 });
    const quotas = new Quotas(
      () => ({ quotaBytes: 1000 }),
      () => 0,
    );
    const storage = quotas.view(counted(inner).storage);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const target = await storage.write(`f${at}`, { replace: false });
        try {
          for (let sent = 0; sent < 100; sent += 10) await target.write([Buffer.alloc(10)], sent);
          await target.commit(100);
          return 'done';
        } catch (error) {
          await target.discard();
          return isTwinportError(error) ? error.code : String(error);
        }
      }),
    );
    // All fifty race for the last bytes, so that fewer may be whole; once the others have gone there is room again.
    expect(outcomes.filter((each) => each !== 'done' && each !== 'quota')).to.deep.equal([]);
    expect(outcomes.filter((each) => each === 'done').length).to.be.at.most(10);
    for (let at = 50; ; at += 1) {
      const target = await storage.write(`f${at}`, { replace: false });
      try {
        await target.write([Buffer.alloc(100)], 0);
      } catch {
        await target.discard();
        break;
      }
      await target.commit(100);
    }
    expect(quotas.known('')).to.deep.equal({ bytes: 1000, files: 10 });
    expect(await measure(inner, '', 100)).to.deep.equal({ bytes: 1000, files: 10 });
  });

  it('lets ten of fifty puts through, by files, and never an eleventh', async () => {
    const inner = memoryStorage();
    const { storage: watched, most } = counted(inner);
    const quotas = new Quotas(
      () => ({ quotaFiles: 10 }),
      () => 0,
    );
    const storage = quotas.view(watched);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        try {
          const target = await storage.write(`f${at}`, { replace: false });
          await target.write([Buffer.from('x')], 0);
          await target.commit(1);
          return 'done';
        } catch (error) {
          return isTwinportError(error) ? error.code : String(error);
        }
      }),
    );
    expect(outcomes.filter((each) => each === 'done').length).to.equal(10);
    expect(outcomes.filter((each) => each === 'quota').length).to.equal(40);
    expect(most()).to.equal(10);
  });

  /** Of several hundred histories each is another one, and all are the same in every run. */
  function random(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }

  /** Puts of every kind, deletes, renames, directories: whatever they come to, the books agree with what is there. */
  async function tumult(storage: Storage, seed: number): Promise<void> {
    const draw = random(seed);
    const path = (): string => `${['', 'd/', 'e/'][draw(3)] ?? ''}f${draw(4)}`;
    const one = async (): Promise<void> => {
      const [what, name, other, size, ending, resumes] = [draw(10), path(), path(), draw(60), draw(4), draw(2)];
      if (what === 0) return storage.remove(name);
      if (what === 1) return storage.rename(name, other);
      if (what === 2) return storage.rename(['d', 'e'][draw(2)] ?? 'd', ['d', 'e', 'g'][draw(3)] ?? 'e');
      if (what === 3) return storage.makeDirectory(['d', 'e', 'g'][draw(3)] ?? 'd');
      const key = `k${draw(2)}`;
      const kept = resumes === 1 ? await storage.partLength(name, key) : 0;
      const offset = Math.floor(kept / 2);
      const target = await storage.write(name, { replace: draw(2) === 1, key, offset });
      try {
        for (let at = offset; at < offset + size; at += 20) {
          await settle(1);
          await target.write([Buffer.alloc(Math.min(20, offset + size - at))], at);
        }
        if (ending === 0) await target.discard();
        else if (ending === 1) await target.keep();
        else await target.commit(ending === 2 ? offset + size : offset + size + 1);
      } catch (error) {
        await (draw(2) === 1 ? target.keep() : target.discard());
        throw error;
      }
    };
    const CODES = ['quota', 'exists', 'not-found', 'not-a-directory', 'not-a-file', 'not-empty', 'in-use', 'io-error'];
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let turn = 0; turn < 4; turn += 1) {
          try {
            await one();
          } catch (error) {
            const known = isTwinportError(error) && [...CODES, 'cannot-resume', 'denied'].includes(error.code);
            if (!known) throw error;
          }
        }
      }),
    );
  }

  it('is never overrun in memory, and its books agree with what is there, whatever is done at once', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const inner = memoryStorage({ 'd/f1': '123', 'e/f1': '12345' }, { maxBytes: 300 });
      const { storage: watched, most } = counted(inner);
      const quotas = new Quotas(
        () => ({ quotaBytes: 300, quotaFiles: 10 }),
        () => 0,
      );
      await tumult(quotas.view(watched), seed);
      await quotas.counted();
      expect(quotas.known(''), `seed ${seed}`).to.deep.equal(await measure(inner, '', 1000));
      expect(most(), `seed ${seed}`).to.be.at.most(10);
    }
  });

  it('is never overrun on a disk, and its books agree with what is there, whatever is done at once', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const house = await localHarness();
      try {
        await house.mkdir('d');
        await house.put('d/f1', '123');
        // As if it had just been counted, always: a count would hide what the books got wrong.
        const quotas = new Quotas(
          () => ({ quotaBytes: 300, quotaFiles: 10 }),
          () => -1,
        );
        await tumult(quotas.view(house.storage), seed);
        expect(quotas.known(''), `seed ${seed}`).to.deep.equal(await measure(house.storage, '', 1000));
      } finally {
        await house.cleanup();
      }
    }
  });
});
