import { expect } from 'chai';
import * as fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { isTwinportError } from '../../lib/errors';
import { pooledIo, type Io } from '../../lib/storage/io';
import type { LocalStorage } from '../../lib/storage/local';
import { hookedIo } from '../support/hookedIo';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { contentOf, entriesOf, rejects, written } from '../support/storageHelpers';

/** Whoever may write in the served tree swaps names for links to the outside, at the worst moment. */
describe('local storage, swapped under its hands', () => {
  let house: LocalHarness;
  let evil: string;

  beforeEach(async () => {
    house = await localHarness();
    evil = `${house.root}-evil`;
    fs.mkdirSync(evil);
    fs.writeFileSync(`${evil}/file`, 'SECRET');
    await house.mkdir('dir');
    await house.put('dir/file', 'inside');
  });

  afterEach(() => house.cleanup());

  /** dir becomes a link to the outside; the real one is at `was`. */
  function swap(): void {
    fs.renameSync(house.at('dir'), house.at('was'));
    fs.symlinkSync(evil, house.at('dir'));
  }

  function swapBack(): void {
    fs.unlinkSync(house.at('dir'));
    fs.renameSync(house.at('was'), house.at('dir'));
  }

  /** A storage in which `act` happens once, before (or after) the first such call. */
  async function whenFirst(
    moment: 'before' | 'after',
    calls: (call: keyof Io, what: string) => boolean,
    act: () => void,
    handles = true,
  ): Promise<LocalStorage & { acted(): boolean }> {
    let acted = false;
    let armed = false;
    const hook = (call: keyof Io, what: string): void => {
      if (!armed || acted || !calls(call, what)) return;
      acted = true;
      act();
    };
    const storage = await house.open({ handles }, hookedIo(pooledIo, { [moment]: hook }));
    armed = true;
    return Object.assign(storage, { acted: () => acted });
  }

  const opensFile = (call: keyof Io, what: string): boolean => call === 'open' && what.endsWith('/file');

  describe('by handle', function () {
    before(function () {
      if (process.platform !== 'linux') this.skip();
    });

    it('reads from the directory it entered', async () => {
      const storage = await whenFirst('before', opensFile, swap);
      expect((await contentOf(storage, 'dir/file')).toString()).to.equal('inside');
      expect(storage.acted()).to.equal(true);
      await rejects('denied', () => storage.read('dir/file'));
    });

    it('asks about the file in the directory it entered', async () => {
      const storage = await whenFirst('before', (call, what) => call === 'lstat' && what.endsWith('/file'), swap);
      const { size } = await storage.stat('dir/file');
      expect([size, storage.acted()]).to.deep.equal([6, true]);
    });

    it('enters no directory that became a link', async () => {
      const storage = await whenFirst('before', (call, what) => call === 'open' && what.endsWith('/dir'), swap);
      await rejects('denied', () => storage.read('dir/file'));
      expect(storage.acted()).to.equal(true);
    });

    it('opens no file that became a link', async () => {
      const storage = await whenFirst('before', opensFile, () => {
        fs.unlinkSync(house.at('dir/file'));
        fs.symlinkSync(`${evil}/file`, house.at('dir/file'));
      });
      await rejects('denied', () => storage.read('dir/file'));
      expect(storage.acted()).to.equal(true);
    });

    it('copes with a link that became a file before it was read', async () => {
      fs.symlinkSync(`${evil}/file`, house.at('link'));
      const storage = await whenFirst(
        'before',
        (call) => call === 'readlink',
        () => {
          fs.unlinkSync(house.at('link'));
          fs.writeFileSync(house.at('link'), 'a file now');
        },
      );
      expect((await contentOf(storage, 'link')).toString()).to.equal('a file now');
      expect(storage.acted()).to.equal(true);
    });

    it('does not climb out of a directory that was moved out', async () => {
      await house.mkdir('dir/sub');
      fs.symlinkSync('../file', house.at('dir/sub/up'));
      await house.put('file', 'wrong');
      const storage = await whenFirst(
        'before',
        (call) => call === 'readlink',
        () => {
          // `sub/..` is now the evil directory; the trail still says dir.
          fs.renameSync(house.at('dir/sub'), `${evil}/sub`);
        },
      );
      expect((await contentOf(storage, 'dir/sub/up')).toString()).to.equal('inside');
      expect(storage.acted()).to.equal(true);
    });

    it('lists the directory it entered', async () => {
      fs.writeFileSync(`${evil}/another`, '');
      const storage = await whenFirst('before', (call) => call === 'opendir', swap);
      expect(await entriesOf(storage, 'dir', true)).to.have.length(1);
      expect(storage.acted()).to.equal(true);
    });

    it('makes parts in the directory it entered, and commits there', async () => {
      for (const replace of [false, true]) {
        const storage = await whenFirst('before', (call, what) => call === 'open' && what.endsWith('.part'), swap);
        const target = await written(storage, 'dir/new', 'new', { replace });
        expect(storage.acted()).to.equal(true);
        await target.commit(3);
        expect(fs.readdirSync(house.at('was')).sort()).to.deep.equal(['file', 'new']);
        expect(fs.readdirSync(evil)).to.deep.equal(['file']);
        swapBack();
      }
    });

    it('commits, keeps and discards where it began, wherever that was moved', async () => {
      const committed = await written(house.storage, 'dir/new', 'new');
      const replacing = await written(house.storage, 'dir/file', 'replacement', { replace: true });
      const kept = await written(house.storage, 'dir/kept', 'kept', { key: 'k' });
      const discarded = await written(house.storage, 'dir/discarded', 'discarded');
      swap();
      await committed.commit(3);
      await replacing.commit(11);
      await kept.keep();
      await discarded.discard();
      swapBack();
      expect((await house.read('dir/file'))?.toString()).to.equal('replacement');
      expect(await house.storage.partLength('dir/kept', 'k')).to.equal(4);
      expect(fs.readdirSync(house.at('dir'))).to.have.length(3);
      expect(fs.readFileSync(`${evil}/file`, 'utf8')).to.equal('SECRET');
    });

    it('gives no secret to 400 requests while another thread swaps as fast as it can', async () => {
      const worker = new Worker(
        `const { parentPort, workerData: { root, evil } } = require('node:worker_threads');
         const fs = require('node:fs');
         const flag = new Int32Array(require('node:worker_threads').workerData.flag);
         parentPort.postMessage('ready');
         for (let swaps = 0; Atomics.load(flag, 0) === 0 && swaps < 1e6; swaps += 1) {
           fs.renameSync(root + '/dir', root + '/was');
           fs.symlinkSync(evil, root + '/dir');
           fs.unlinkSync(root + '/dir');
           fs.renameSync(root + '/was', root + '/dir');
           Atomics.add(flag, 1, 1);
         }`,
        { eval: true, workerData: { root: house.root, evil, flag: shared.buffer } },
      );
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      await new Promise((resolve) => worker.once('message', resolve));
      const seen = new Set<string>();
      try {
        for (let round = 0; round < 200; round += 1) {
          seen.add(await contentOf(house.storage, 'dir/file').then(String, codeOf));
          await written(house.storage, 'dir/new', 'new', { replace: true }).then((target) => target.commit(3), codeOf);
        }
      } finally {
        Atomics.store(shared, 0, 1);
        await ended;
      }
      expect(Atomics.load(shared, 1)).to.be.greaterThan(0);
      for (const outcome of seen) expect(['inside', 'denied', 'not-found', 'not-a-directory']).to.include(outcome);
      expect(fs.readdirSync(evil)).to.deep.equal(['file']);
    });
  });

  describe('by path', () => {
    it('notices that a directory became a link', async () => {
      const storage = await whenFirst('before', opensFile, swap, false);
      await rejects('denied', () => storage.read('dir/file'));
      expect(storage.acted()).to.equal(true);
    });

    it('notices it even when all is back in its place', async () => {
      let opened = false;
      const hooks = {
        before: (call: keyof Io, what: string): void => {
          if (opensFile(call, what)) swap();
        },
        after: (call: keyof Io, what: string): void => {
          if (!opensFile(call, what)) return;
          opened = true;
          swapBack();
        },
      };
      const storage = await house.open({ handles: false }, hookedIo(pooledIo, hooks));
      await rejects('denied', () => storage.read('dir/file'));
      expect(opened).to.equal(true);
    });

    it('lists no directory that became a link', async () => {
      const storage = await whenFirst('before', (call) => call === 'opendir', swap, false);
      await rejects('denied', () => storage.list('dir', { facts: true }));
      expect(storage.acted()).to.equal(true);
    });

    it('makes no part that stays in one', async () => {
      const isPart = (call: keyof Io, what: string): boolean => call === 'open' && what.endsWith('.part');
      const storage = await whenFirst('before', isPart, swap, false);
      await rejects('denied', () => storage.write('dir/new', { replace: false }));
      expect(storage.acted()).to.equal(true);
      expect(fs.readdirSync(evil)).to.deep.equal(['file']);
    });
  });

  const shared = new Int32Array(new SharedArrayBuffer(8));
});

function codeOf(error: unknown): string {
  if (isTwinportError(error)) return error.code;
  throw error;
}
