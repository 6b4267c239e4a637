import { expect } from 'chai';
import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { localStorage } from '../../lib/storage/local';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { namesOf, rejects, written } from '../support/storageHelpers';

describe('a directory that is to be made', () => {
  let house: LocalHarness;
  beforeEach(async () => {
    house = await localHarness();
  });
  afterEach(() => house.cleanup());

  for (const blocking of [false, true]) {
    const how = blocking ? 'blocking' : 'on the thread pool';

    it(`is made with those above it, and served, ${how}`, async () => {
      const root = nodePath.join(house.root, 'a', 'b', 'c');
      await rejects('not-found', () => localStorage({ root, blocking }));
      const storage = await localStorage({ root, blocking, create: true, writable: true });
      await (await written(storage, 'file', 'text')).commit(4);
      await storage.close();
      expect(fs.readFileSync(nodePath.join(root, 'file'), 'utf8')).to.equal('text');
    });

    it(`is served as it is where it is there already, a link to it too, ${how}`, async () => {
      await house.mkdir('dir');
      await house.put('dir/kept', 'kept');
      fs.symlinkSync(nodePath.join(house.root, 'dir'), nodePath.join(house.root, 'link'));
      for (const name of ['dir', 'link']) {
        const storage = await localStorage({ root: nodePath.join(house.root, name), blocking, create: true });
        expect(await namesOf(storage, '')).to.deep.equal(['kept']);
        await storage.close();
      }
    });

    it(`is refused, and not tried for ever, where nothing can be made, ${how}`, async function () {
      if (process.platform !== 'linux') this.skip();
      for (const root of ['/proc/nope', '/proc/nope/below/it']) {
        const sentence = '"/proc/nope" cannot be made: nothing can be made there';
        expect(await rejects('not-found', () => localStorage({ root, blocking, create: true }))).to.equal(sentence);
      }
      fs.symlinkSync('nowhere', nodePath.join(house.root, 'dangling'));
      const root = nodePath.join(house.root, 'dangling', 'below');
      await rejects('not-found', () => localStorage({ root, blocking, create: true }));
      expect(fs.readdirSync(house.root)).to.deep.equal(['dangling']);
    });

    it(`is refused where something else is in its way, ${how}`, async () => {
      await house.put('file', 'text');
      await rejects('not-a-directory', () =>
        localStorage({ root: nodePath.join(house.root, 'file', 'below'), blocking, create: true }),
      );
      await rejects('not-a-directory', () =>
        localStorage({ root: nodePath.join(house.root, 'file'), blocking, create: true }),
      );
      expect(fs.readFileSync(nodePath.join(house.root, 'file'), 'utf8')).to.equal('text');
    });
  }
});
