import { expect } from 'chai';
import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { deferred } from '../../lib/data/scope';
import { blockingIo, pooledIo, type Io } from '../../lib/storage/io';
import { isPartName } from '../../lib/storage/partNames';
import { failingIo, hookedIo } from '../support/hookedIo';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { rejects, written } from '../support/storageHelpers';

/** What a power loss asks about, in the order it reached the kernel. */
const LASTING = ['write', 'futimes', 'fsync', 'rename', 'link', 'unlink', 'makeDirectory', 'close', 'closeNow'];

/** Calls with the names behind their paths and descriptors: `fsync part`, `rename part file`, `fsync .`. */
function recorded(io: Io, calls: string[]): Io {
  const names = new Map<number, string>();
  const nameOf = (place: unknown): string => {
    const name = nodePath.basename(String(place));
    return /^[0-9]+$/.test(name) ? '.' : isPartName(name) ? 'part' : name;
  };
  return new Proxy(io, {
    get(target, call: keyof Io) {
      const method = target[call];
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        const places = call === 'rename' || call === 'link' ? args.slice(0, 2) : args.slice(0, 1);
        const said = places.map((place) =>
          typeof place === 'number' ? (names.get(place) ?? '?') : nameOf(place as string),
        );
        if (LASTING.includes(call)) calls.push([call, ...said].join(' '));
        const result = (method as (...all: unknown[]) => unknown)(...args);
        if (call !== 'open') return result;
        const opened = (fd: number): number => {
          names.set(fd, nameOf(args[0]));
          return fd;
        };
        return typeof result === 'number' ? opened(result) : (result as Promise<number>).then(opened);
      };
    },
  });
}

/** From the first byte on, without what closes directories that were only walked through. */
const fromWrite = (calls: string[]): string[] => calls.slice(calls.findIndex((call) => call.startsWith('write')));

for (const io of [pooledIo, blockingIo]) {
  describe(`fsync on ${io.blocking ? 'this thread' : 'the pool'}`, () => {
    let house: LocalHarness;
    const calls: string[] = [];

    beforeEach(async () => {
      calls.length = 0;
      house = await localHarness({ fsync: true }, recorded(io, calls));
    });
    afterEach(() => house.cleanup());

    it('brings the bytes to disk before a name that must be new, and then the directory', async () => {
      const target = await written(house.storage, 'file', 'text');
      await target.commit(4, { modified: 1_600_000_000_000 });
      expect(fromWrite(calls).filter((call) => call !== 'closeNow .')).to.deep.equal([
        'write part',
        'futimes part',
        'fsync part',
        'close part',
        'link part file',
        'unlink part',
        'fsync .',
      ]);
      expect((await house.read('file'))?.toString()).to.equal('text');
    });

    it('and before a name that is replaced', async () => {
      await house.put('file', 'old');
      const target = await written(house.storage, 'file', 'text', { replace: true });
      await target.commit(4);
      const tail = fromWrite(calls).filter((call) => call !== 'closeNow .');
      expect(tail).to.deep.equal(['write part', 'fsync part', 'close part', 'rename part file', 'fsync .']);
    });

    it('brings a directory that was made to disk too', async () => {
      await house.storage.makeDirectory('new');
      const made = calls.indexOf('makeDirectory new');
      expect(calls.slice(made).filter((call) => call !== 'closeNow .')).to.deep.equal(['makeDirectory new', 'fsync .']);
    });

    it('leaves a part that is kept or discarded to the system', async () => {
      await (await written(house.storage, 'file', 'text', { key: 'k' })).keep();
      await (await written(house.storage, 'other', 'text')).discard();
      expect(calls.filter((call) => call.startsWith('fsync'))).to.deep.equal([]);
    });

    it('is not what happens unasked', async () => {
      const storage = await house.open({ fsync: false });
      await (await written(storage, 'file', 'text')).commit(4);
      await storage.makeDirectory('new');
      expect(calls.filter((call) => call.startsWith('fsync'))).to.deep.equal([]);
      expect(calls).to.include('link part file');
    });
  });
}

describe('fsync and a disk that fails', () => {
  const houses: LocalHarness[] = [];
  const houseWith = async (io: Io): Promise<LocalHarness> => {
    const house = await localHarness({ fsync: true }, io);
    houses.push(house);
    return house;
  };
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.cleanup();
  });

  /** Fails the n-th fsync of the storage: the first is the part's, the second the directory's. */
  const failing = (n: number, errno: string): Io => {
    let seen = 0;
    return failingIo(pooledIo, (call) => (call === 'fsync' && ++seen === n ? errno : undefined));
  };

  it('publishes nothing whose bytes are not there', async () => {
    for (const replace of [false, true]) {
      const house = await houseWith(failing(1, 'EIO'));
      if (replace) await house.put('file', 'old');
      const target = await written(house.storage, 'file', 'text', { replace });
      await rejects('io-error', () => target.commit(4));
      expect((await house.read('file'))?.toString()).to.equal(replace ? 'old' : undefined);
      expect(house.partNames()).to.deep.equal([]);
    }
  });

  it('does not confirm a name that is not there, though it cannot take it back', async () => {
    const house = await houseWith(failing(2, 'EIO'));
    const target = await written(house.storage, 'file', 'text');
    await rejects('io-error', () => target.commit(4));
    expect((await house.read('file'))?.toString()).to.equal('text');
    expect(house.partNames()).to.deep.equal([]);
  });

  it('takes a file system at its word that has no such thing for directories', async () => {
    for (const errno of ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']) {
      const house = await houseWith(failing(2, errno));
      await (await written(house.storage, 'file', 'text')).commit(4);
      expect((await house.read('file'))?.toString()).to.equal('text');
    }
  });

  it('publishes nothing in a directory that may not be read', async () => {
    let open = 0;
    const refusing = failingIo(pooledIo, (call, what) =>
      call === 'open' && what.endsWith('/.') && open ? 'EACCES' : undefined,
    );
    const house = await houseWith(refusing);
    const target = await written(house.storage, 'file', 'text');
    open = 1;
    await rejects('denied', () => target.commit(4));
    open = 0;
    expect(fs.readdirSync(house.root)).to.deep.equal([]);
  });

  it('is waited for: nothing is committed while the disk is at it', async () => {
    const [reached, gate] = [deferred<undefined>(), deferred<undefined>()];
    let syncs = 0;
    const slow = new Proxy(pooledIo, {
      get: (io, call: keyof Io) =>
        call !== 'fsync'
          ? io[call]
          : async (fd: number): Promise<void> => {
              if (++syncs === 2) reached.resolve(undefined);
              if (syncs === 2) await gate.promise;
              await io.fsync(fd);
            },
    });
    const house = await houseWith(hookedIo(slow, {}));
    const target = await written(house.storage, 'file', 'text');
    let committed = false;
    const commit = target.commit(4).then(() => (committed = true));
    await reached.promise;
    expect(committed).to.equal(false);
    gate.resolve(undefined);
    await commit;
    expect(syncs).to.equal(2);
  });
});
