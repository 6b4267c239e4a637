import { expect } from 'chai';
import * as fs from 'node:fs';
import { pooledIo, type Io } from '../../lib/storage/io';
import type { LocalStorage } from '../../lib/storage/local';
import { failingIo, hookedIo } from '../support/hookedIo';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { namesOf, rejects, written } from '../support/storageHelpers';

for (const options of [{}, { blocking: true }, { handles: false }]) {
  describe(`changing a directory's names, ${JSON.stringify(options)}`, () => {
    let house: LocalHarness;
    let storage: LocalStorage;
    let evil: string;

    beforeEach(async () => {
      house = await localHarness(options);
      storage = house.storage;
      evil = `${house.root}-evil`;
      fs.mkdirSync(evil);
      fs.writeFileSync(`${evil}/file`, 'SECRET');
      await house.mkdir('dir');
      await house.put('dir/file', 'inside');
    });

    afterEach(() => house.cleanup());

    const untouched = (): void => {
      expect(fs.readdirSync(evil)).to.deep.equal(['file']);
      expect(fs.readFileSync(`${evil}/file`, 'utf8')).to.equal('SECRET');
    };

    for (const [what, target] of [
      ['to a file', 'dir/file'],
      ['to a directory', 'dir'],
      ['that leads nowhere', 'missing'],
      ['to a file outside', '../root-evil/file'],
      ['to a directory outside', '../root-evil'],
    ] as const) {
      it(`a link ${what} is removed itself`, async () => {
        fs.symlinkSync(target, house.at('link'));
        await storage.remove('link');
        expect(fs.readdirSync(house.root)).to.deep.equal(['dir']);
        expect(fs.readdirSync(house.at('dir'))).to.deep.equal(['file']);
        untouched();
      });

      it(`a link ${what} is renamed itself, and is not replaced`, async () => {
        fs.symlinkSync(target, house.at('link'));
        await storage.rename('link', 'dir/moved');
        expect(fs.readlinkSync(house.at('dir/moved'))).to.equal(target);
        expect(fs.readdirSync(house.root)).to.deep.equal(['dir']);
        await rejects('exists', () => storage.rename('dir/file', 'dir/moved'));
        await rejects('exists', () => storage.makeDirectory('dir/moved'));
        await house.mkdir('other');
        await rejects('exists', () => storage.rename('other', 'dir/moved'));
        expect(fs.readlinkSync(house.at('dir/moved'))).to.equal(target);
        untouched();
      });
    }

    it('no link on the way leads out of the root', async () => {
      fs.symlinkSync(evil, house.at('out'));
      for (const work of [
        () => storage.remove('out/file'),
        () => storage.makeDirectory('out/new'),
        () => storage.rename('out/file', 'mine'),
        () => storage.rename('dir/file', 'out/theirs'),
        () => storage.rename('dir', 'out/theirs'),
      ]) {
        await rejects('denied', work);
      }
      expect(fs.readdirSync(house.at('dir'))).to.deep.equal(['file']);
      untouched();
    });

    it('a link on the way that stays inside is followed', async () => {
      fs.symlinkSync('dir', house.at('in'));
      await storage.makeDirectory('in/new');
      await storage.rename('in/file', 'in/new/file');
      await storage.remove('in/new/file');
      expect(fs.readdirSync(house.at('dir'))).to.deep.equal(['new']);
      await rejects('denied', () => storage.rename('dir', 'in/new/below'));
      expect(fs.readdirSync(house.at('dir/new'))).to.deep.equal([]);
    });

    it('parts are not there, and no name is one of theirs', async () => {
      await (await written(storage, 'file', 'begun', { key: 'k' })).keep();
      const [part = ''] = house.partNames();
      await rejects('not-found', () => storage.remove(part));
      await rejects('not-found', () => storage.rename(part, 'mine'));
      await rejects('denied', () => storage.rename('dir/file', part.toUpperCase()));
      await rejects('denied', () => storage.rename('dir', part.toUpperCase()));
      await rejects('denied', () => storage.makeDirectory(part.toUpperCase()));
      expect(fs.readdirSync(house.root).sort()).to.deep.equal([part, 'dir'].sort());
      expect(await storage.partLength('file', 'k')).to.equal(5);
    });

    it('what no client can have put there is left there', async function () {
      if (process.platform === 'win32') this.skip();
      const { execFileSync } = await import('node:child_process');
      execFileSync('mkfifo', [`${house.root}/fifo`]);
      await rejects('not-a-file', () => storage.remove('fifo'));
      await rejects('not-a-file', () => storage.rename('fifo', 'other'));
      expect(fs.readdirSync(house.root)).to.deep.equal(['dir', 'fifo']);
    });

    it('nothing is changed where nothing may be', async () => {
      const reading = await house.open({ writable: false });
      await rejects('denied', () => reading.makeDirectory('new'));
      await rejects('denied', () => reading.remove('dir/file'));
      await rejects('denied', () => reading.rename('dir/file', 'new'));
      expect(await namesOf(storage, 'dir')).to.deep.equal(['file']);
    });

    it('a name that the file system does not take is refused, not missing', async () => {
      const long = 'x'.repeat(256);
      await rejects('denied', () => storage.makeDirectory(long));
      await rejects('denied', () => storage.rename('dir/file', long));
      await rejects('denied', () => storage.rename('dir', long));
      await rejects('not-found', () => storage.remove(long));
      expect(fs.readdirSync(house.at('dir'))).to.deep.equal(['file']);
    });

    /** A storage in which `act` happens before the first such call. */
    async function whenFirst(calls: (call: keyof Io, what: string) => boolean, act: () => void): Promise<LocalStorage> {
      let armed = false;
      const before = (call: keyof Io, what: string): void => {
        if (!armed || !calls(call, what)) return;
        armed = false;
        act();
      };
      const racing = await house.open({}, hookedIo(pooledIo, { before }));
      armed = true;
      return racing;
    }

    it('a file that takes the new name at the last moment keeps it', async () => {
      const racing = await whenFirst(
        (call) => call === 'link',
        () => fs.writeFileSync(house.at('new'), 'theirs'),
      );
      await rejects('exists', () => racing.rename('dir/file', 'new'));
      expect(fs.readFileSync(house.at('new'), 'utf8')).to.equal('theirs');
      expect(fs.readFileSync(house.at('dir/file'), 'utf8')).to.equal('inside');
    });

    it('a directory that takes the new name, or is filled, at the last moment stays what it is', async () => {
      const first = await whenFirst(
        (call) => call === 'makeDirectory',
        () => fs.mkdirSync(house.at('new')),
      );
      await rejects('exists', () => first.rename('dir', 'new'));
      const then = await whenFirst(
        (call) => call === 'rename',
        () => fs.writeFileSync(house.at('new2/theirs'), ''),
      );
      await rejects('exists', () => then.rename('dir', 'new2'));
      expect(fs.readdirSync(house.at('new'))).to.deep.equal([]);
      expect(fs.readdirSync(house.at('new2'))).to.deep.equal(['theirs']);
      expect(fs.readdirSync(house.at('dir'))).to.deep.equal(['file']);
    });

    it('a link that takes the place of the room made for a directory is not followed', async () => {
      const racing = await whenFirst(
        (call) => call === 'rename',
        () => {
          fs.rmdirSync(house.at('new'));
          fs.symlinkSync(evil, house.at('new'));
        },
      );
      await rejects('exists', () => racing.rename('dir', 'new'));
      expect(fs.readlinkSync(house.at('new'))).to.equal(evil);
      expect(fs.readdirSync(house.at('dir'))).to.deep.equal(['file']);
      untouched();
    });

    it('a new file that is given the old name at the last moment is not taken away', async () => {
      const racing = await whenFirst(
        (call, what) => call === 'lstat' && fs.existsSync(house.at('new')) && what.endsWith('/file'),
        () => {
          fs.unlinkSync(house.at('dir/file'));
          fs.writeFileSync(house.at('dir/file'), 'theirs');
        },
      );
      await racing.rename('dir/file', 'new');
      expect(fs.readFileSync(house.at('new'), 'utf8')).to.equal('inside');
      expect(fs.readFileSync(house.at('dir/file'), 'utf8')).to.equal('theirs');
    });

    it('a file that became a directory is not removed as one, nor a directory as a file', async () => {
      const first = await whenFirst(
        (call) => call === 'unlink',
        () => {
          fs.unlinkSync(house.at('dir/file'));
          fs.mkdirSync(house.at('dir/file'));
        },
      );
      await rejects('not-a-file', () => first.remove('dir/file'));
      const then = await whenFirst(
        (call) => call === 'rmdir',
        () => {
          fs.rmdirSync(house.at('dir/file'));
          fs.symlinkSync(evil, house.at('dir/file'));
        },
      );
      await rejects('not-a-directory', () => then.remove('dir/file'));
      expect(fs.readlinkSync(house.at('dir/file'))).to.equal(evil);
      untouched();
    });

    it('renames without hard links, too, and replaces nothing then', async () => {
      const without = await house.open(
        {},
        failingIo(pooledIo, (call) => (call === 'link' ? 'EPERM' : undefined)),
      );
      await house.put('taken', 'theirs');
      await rejects('exists', () => without.rename('dir/file', 'taken'));
      await without.rename('dir/file', 'new');
      expect(fs.readFileSync(house.at('taken'), 'utf8')).to.equal('theirs');
      expect(fs.readFileSync(house.at('new'), 'utf8')).to.equal('inside');
      expect(fs.readdirSync(house.at('dir'))).to.deep.equal([]);
    });

    it('a file that may not leave its old name keeps that one alone', async () => {
      const sticky = await house.open(
        {},
        failingIo(pooledIo, (call, what) => (call === 'unlink' && what.endsWith('/file') ? 'EPERM' : undefined)),
      );
      await rejects('denied', () => sticky.rename('dir/file', 'new'));
      expect(fs.readdirSync(house.root)).to.deep.equal(['dir']);
      expect(fs.readdirSync(house.at('dir'))).to.deep.equal(['file']);
    });

    it('another file system is said to be one, and nothing is left there', async () => {
      const across = await house.open(
        {},
        failingIo(pooledIo, (call) => (call === 'link' || call === 'rename' ? 'EXDEV' : undefined)),
      );
      const sentence = '"dir/file" lies on another file system than "new"';
      expect(await rejects('denied', () => across.rename('dir/file', 'new'))).to.equal(sentence);
      await rejects('denied', () => across.rename('dir', 'new'));
      expect(fs.readdirSync(house.root)).to.deep.equal(['dir']);
    });
  });
}

describe("changing a directory's names while it is swapped for a link", () => {
  let house: LocalHarness;
  let evil: string;

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  beforeEach(async () => {
    house = await localHarness();
    evil = `${house.root}-evil`;
    fs.mkdirSync(evil);
    fs.writeFileSync(`${evil}/file`, 'SECRET');
    await house.mkdir('dir');
    await house.put('dir/file', 'inside');
  });

  afterEach(() => house.cleanup());

  /** At the moment of this call the directory that was entered is somewhere else, and a link has its name. */
  async function swappedAt(call: keyof Io): Promise<LocalStorage> {
    let armed = false;
    const before = (each: keyof Io): void => {
      if (!armed || each !== call) return;
      armed = false;
      fs.renameSync(house.at('dir'), house.at('was'));
      fs.symlinkSync(evil, house.at('dir'));
    };
    const storage = await house.open({}, hookedIo(pooledIo, { before }));
    armed = true;
    return storage;
  }

  for (const [call, work, left] of [
    ['unlink', (storage: LocalStorage) => storage.remove('dir/file'), []],
    ['makeDirectory', (storage: LocalStorage) => storage.makeDirectory('dir/new'), ['file', 'new']],
    ['link', (storage: LocalStorage) => storage.rename('dir/file', 'dir/new'), ['new']],
  ] as const) {
    it(`${call} works in the directory that was entered`, async () => {
      await work(await swappedAt(call));
      expect(fs.readdirSync(house.at('was')).sort()).to.deep.equal(left);
      expect(fs.readdirSync(evil)).to.deep.equal(['file']);
    });
  }
});
