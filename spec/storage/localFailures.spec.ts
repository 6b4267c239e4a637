import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { isTwinportError } from '../../lib/errors';
import { blockingIo, pooledIo } from '../../lib/storage/io';
import type { Storage, WriteOptions } from '../../lib/storage/storage';
import { localHarness, openUnder, type LocalHarness } from '../support/localHarness';
import { failingIo, hookedIo } from '../support/hookedIo';
import { contentOf, namesOf, pattern, rejects, withStorage, written } from '../support/storageHelpers';

const MODES = [{}, { blocking: true }];

/** May this process mount? Only root may, and not in every container. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const at = fs.mkdtempSync('/tmp/twinport-mount-');
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at]).status === 0;
  if (mounted) execFileSync('umount', [at]);
  fs.rmdirSync(at);
  return mounted;
}

for (const options of MODES) {
  describe(`a disk that is full, ${JSON.stringify(options)}`, function () {
    let house: LocalHarness;

    before(function () {
      if (!canMount()) this.skip();
    });

    beforeEach(async () => {
      house = await localHarness(options);
      await house.mkdir('small');
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', `${house.root}/small`]);
    });

    afterEach(async () => {
      await house.storage.close();
      execFileSync('umount', [`${house.root}/small`]);
      await house.cleanup();
    });

    it('says so, and what was written can still be kept, continued or discarded', async () => {
      const bytes = pattern(100_000);
      const target = await house.storage.write('small/file', { replace: false, key: 'k' });
      await target.write([bytes.subarray(0, 30_000), bytes.subarray(30_000, 40_000)], 0);
      const rest = [bytes.subarray(40_000, 50_000), bytes.subarray(50_000)];
      expect(await rejects('no-space', () => target.write(rest, 40_000))).to.equal('no space left for "small/file"');
      await target.keep();
      // The call before the one that failed was a short one: all that fits is there.
      const length = await house.storage.partLength('small/file', 'k');
      expect(length).to.equal(65536);
      const again = await house.storage.write('small/file', { replace: false, key: 'k', offset: 40_000 });
      const into = Buffer.alloc(50_000);
      expect(await again.read(into, 0)).to.equal(40_000);
      expect(into.subarray(0, 40_000).equals(bytes.subarray(0, 40_000))).to.equal(true);
      await again.write([bytes.subarray(40_000, 60_000)], 40_000);
      await again.commit(60_000);
      expect((await house.read('small/file'))?.equals(bytes.subarray(0, 60_000))).to.equal(true);
      const more = await house.storage.write('small/more', { replace: false });
      await rejects('no-space', () => more.write([bytes], 0));
      await rejects('io-error', () => more.commit(100_000));
      expect(await namesOf(house.storage, 'small')).to.deep.equal(['file']);
      expect(fs.readdirSync(`${house.root}/small`)).to.deep.equal(['file']);
    });
  });
}

describe('a file system without hard links', () => {
  const NO_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

  for (const errno of NO_LINK) {
    for (const io of [pooledIo, blockingIo]) {
      it(`that answers ${errno} still gets files, and replaces none (${io.blocking ? 'blocking' : 'pooled'})`, async () => {
        const house = await localHarness(
          {},
          failingIo(io, (call) => (call === 'link' ? errno : undefined)),
        );
        try {
          await (await written(house.storage, 'file', 'text')).commit(4);
          expect((await house.read('file'))?.toString()).to.equal('text');
          const late = await written(house.storage, 'taken', 'mine');
          await house.put('taken', 'theirs');
          await rejects('exists', () => late.commit(4));
          expect((await house.read('taken'))?.toString()).to.equal('theirs');
          expect(house.partNames()).to.deep.equal([]);
        } finally {
          await house.cleanup();
        }
      });
    }
  }

  it('keeps no empty file when the rename fails too', async () => {
    const io = failingIo(pooledIo, (call) => (call === 'link' ? 'EPERM' : call === 'rename' ? 'EIO' : undefined));
    const house = await localHarness({}, io);
    try {
      const target = await written(house.storage, 'file', 'text');
      await rejects('io-error', () => target.commit(4));
      expect(fs.readdirSync(house.root)).to.deep.equal([]);
    } finally {
      await house.cleanup();
    }
  });
});

describe('a file system that fails', () => {
  /** What a put does to an old file and to none, fresh and continued. */
  const PUTS: readonly [title: string, name: string, put: (storage: Storage) => Promise<void>][] = [
    ['replacing', 'old', (storage) => put(storage, 'old', { replace: true, key: 'k' })],
    ['new', 'new', (storage) => put(storage, 'new', { replace: false, key: 'k' })],
    ['unkeyed', 'new', (storage) => put(storage, 'new', { replace: false })],
    ['continued', 'begun', (storage) => put(storage, 'begun', { replace: false, key: 'k', offset: 4 })],
    ['kept', 'new', async (storage) => (await written(storage, 'new', 'text', { key: 'k' })).keep()],
    ['discarded', 'new', async (storage) => (await written(storage, 'new', 'text', { key: 'k' })).discard()],
  ];

  async function put(storage: Storage, name: string, options: WriteOptions): Promise<void> {
    const target = await written(storage, name, 'text', options);
    await target.commit(target.offset + 4, { modified: 1000 });
  }

  for (const [title, name, run] of PUTS) {
    it(`at any one call of a put (${title}) shows the old file or the whole new one, and leaks nothing`, async () => {
      const calls: string[] = [];
      for (let failing = 1; ; failing += 1) {
        let count = Infinity;
        let failed: string | undefined;
        const io = failingIo(pooledIo, (call, what) => {
          count += 1;
          if (count !== failing) return undefined;
          failed = `${call} ${what}`;
          return 'EIO';
        });
        const house = await localHarness({}, io);
        try {
          await house.put('old', 'old text');
          await (await written(house.storage, 'begun', 'part', { key: 'k' })).keep();
          const before = openUnder(house.root).length;
          count = 0;
          const outcome = await run(house.storage).then(() => 'done', codeOf);
          count = Infinity;
          expect(openUnder(house.root).length, failed).to.equal(before);
          const content = (await house.read(name))?.toString();
          const [old, whole] = [name === 'old' ? 'old text' : undefined, name === 'begun' ? 'parttext' : 'text'];
          if (outcome === 'done')
            expect(content, failed).to.equal(['kept', 'discarded'].includes(title) ? undefined : whole);
          else expect([outcome, content], failed).to.deep.equal(['io-error', old]);
          // What is left over, because removing it was what failed, is in nobody's way.
          await (await written(house.storage, 'begun', 'fresh', { key: 'k', replace: true })).commit(5);
          await (await written(house.storage, 'new', 'fresh', { key: 'k', replace: true })).commit(5);
          expect((await house.read('new'))?.toString()).to.equal('fresh');
          if (failed === undefined) break;
          calls.push(failed.replace(/ .*/, ''));
        } finally {
          await house.cleanup();
        }
      }
      expect(calls.length).to.be.greaterThan(5);
      expect(calls).to.include.members(['lstat', 'open', 'write', 'close']);
    });
  }

  it('while a file is read says so, and the source can be closed', async () => {
    for (const io of [pooledIo, blockingIo]) {
      const house = await localHarness(
        {},
        failingIo(io, (call) => (call === 'read' ? 'EIO' : undefined)),
      );
      try {
        await house.put('file', 'text');
        const source = await house.storage.read('file');
        const sentence = await rejects('io-error', () => source.read(Buffer.alloc(4), 0));
        expect(sentence).to.equal('input/output error on "file" (EIO)');
        await source.close();
      } finally {
        await house.cleanup();
      }
    }
  });

  it('to remove the part after the link does not make a second copy of the file writable', async () => {
    let fails = true;
    const io = failingIo(pooledIo, (call, what) =>
      fails && call === 'unlink' && what.endsWith('.part') && !what.includes('-00000000-') ? 'EIO' : undefined,
    );
    const house = await localHarness({}, io);
    try {
      await (await written(house.storage, 'file', '0123456789', { key: 'k' })).commit(10);
      expect(house.partNames()).to.have.length(1);
      fails = false;
      await rejects('cannot-resume', () => house.storage.write('file', { replace: true, key: 'k', offset: 2 }));
      expect((await house.read('file'))?.toString()).to.equal('0123456789');
    } finally {
      await house.cleanup();
    }
  });
});

describe('closing under a call', () => {
  withStorage(
    'waits for reads and writes under way: the number may be another file by then',
    () => localHarness(),
    async (house) => {
      await house.put('file', pattern(500_000));
      const source = await house.storage.read('file');
      const into = Array.from({ length: 20 }, () => Buffer.alloc(25_000));
      const reads = into.map((each, index) => source.read(each, index * 25_000));
      const closed = source.close();
      await rejects('io-error', () => source.read(Buffer.alloc(1), 0));
      expect(await Promise.all(reads.map(async (read) => read))).to.deep.equal(into.map((each) => each.length));
      await closed;
      expect(Buffer.concat(into).equals(pattern(500_000))).to.equal(true);

      const target = await house.storage.write('new', { replace: false, key: 'k' });
      const write = target.write([pattern(500_000)], 0);
      await target.keep();
      await write;
      expect(await house.storage.partLength('new', 'k')).to.equal(500_000);
    },
  );

  withStorage(
    'of the storage leaves its directory to those who are in it',
    () => localHarness(),
    async (house) => {
      await house.put('file', 'text');
      const local = house as LocalHarness;
      let storage = await local.open();
      const slow = hookedIo(pooledIo, {
        before: (call, what) => {
          if (call === 'open' && what.endsWith('/file')) void storage.close();
        },
      });
      storage = await local.open({}, slow);
      expect((await contentOf(storage, 'file')).toString()).to.equal('text');
      await rejects('io-error', () => storage.read('file'));
    },
  );
});

describe('permissions', () => {
  it("are the served user's: what they may not do is denied", async function () {
    if (process.platform === 'win32') this.skip();
    const house = await localHarness();
    // Root may do everything: as root, the requests are made as somebody else.
    const other = process.getuid?.() === 0;
    try {
      for (const dir of ['closed', 'readOnly', 'passage', 'passage/in', 'dropBox']) await house.mkdir(dir);
      for (const path of ['unreadable', 'closed/file', 'readOnly/file', 'passage/in/file'])
        await house.put(path, 'text');
      for (const [path, mode] of Object.entries({
        unreadable: 0o000,
        closed: 0o600,
        readOnly: 0o555,
        passage: 0o711,
        dropBox: 0o733,
      })) {
        fs.chmodSync(house.at(path), mode);
      }
      fs.chmodSync(`${house.root}/..`, 0o755);
      if (!other) fs.chmodSync(house.at('passage'), 0o111);
      const asOther = async (): Promise<void> => {
        await rejects('denied', () => house.storage.read('unreadable'));
        expect((await house.storage.stat('unreadable')).type).to.equal('file');
        await rejects('denied', () => house.storage.read('closed/file'));
        await rejects('denied', () => house.storage.stat('closed/file'));
        await rejects('denied', () => house.storage.write('readOnly/new', { replace: false }));
        await rejects('denied', () => house.storage.write('readOnly/file', { replace: true }));
        await rejects('denied', () => house.storage.list('passage', { facts: false }));
        expect((await contentOf(house.storage, 'passage/in/file')).toString()).to.equal('text');
        if (!other) return;
        await (await written(house.storage, 'dropBox/new', 'text', { key: 'k' })).commit(4);
        await rejects('denied', () => house.storage.list('dropBox', { facts: true }));
      };
      if (!other) await asOther();
      else {
        process.seteuid?.(65534);
        try {
          await asOther();
        } finally {
          process.seteuid?.(0);
        }
      }
      if (other) expect((await house.read('dropBox/new'))?.toString()).to.equal('text');
    } finally {
      for (const dir of ['closed', 'readOnly', 'passage', 'dropBox']) fs.chmodSync(house.at(dir), 0o700);
      await house.cleanup();
    }
  });
});

function codeOf(error: unknown): string {
  if (isTwinportError(error)) return error.code;
  throw error;
}
