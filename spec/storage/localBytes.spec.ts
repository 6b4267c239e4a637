import { expect } from 'chai';
import * as fs from 'node:fs';
import { readUserFile } from '../../lib/storage/userFile';
import { placeOf } from '../../lib/storage/root';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { rejects } from '../support/storageHelpers';

/** What a user names on their own machine: paths of bytes that are not UTF-8, held as `decodeName` holds them. */
describe('a directory here whose name is not UTF-8', () => {
  let house: LocalHarness;

  before(function () {
    // Other file systems take no such name.
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(async () => {
    house = await localHarness();
    fs.mkdirSync(house.at('d\udce9r'));
    fs.writeFileSync(house.at('d\udce9r/caf\udce9'), 'latin');
    // What would be taken for it by whoever writes U+FFFD.
    fs.mkdirSync(house.at('d\ufffdr'));
    fs.writeFileSync(house.at('d\ufffdr/caf\udce9'), 'another');
  });
  afterEach(() => house.cleanup());

  for (const handles of [true, false]) {
    it(`is opened as a root, ${handles ? 'by handle' : 'by path'}`, async () => {
      const storage = await house.open({ root: `${house.root}/d\udce9r`, handles });
      const source = await storage.read('caf\udce9');
      const bytes = Buffer.alloc(10);
      expect(bytes.toString('latin1', 0, await source.read(bytes, 0))).to.equal('latin');
      await source.close();
    });

    it(`is made as a root, ${handles ? 'by handle' : 'by path'}`, async () => {
      const root = `${house.root}/new\udcff/b\udcfe`;
      await rejects('not-found', () => house.open({ root, handles }));
      const storage = await house.open({ root, handles, create: true });
      const target = await storage.write('a', { replace: false });
      await target.write([Buffer.from('x')], 0);
      await target.commit(1);
      expect(fs.readFileSync(house.at('new\udcff/b\udcfe/a'), 'utf8')).to.equal('x');
    });
  }

  it('has files that are read, by a link too', async () => {
    fs.symlinkSync(Buffer.from('d\xe9r/caf\xe9', 'latin1'), house.at('l\udcefnk'));
    for (const path of ['d\udce9r/caf\udce9', 'l\udcefnk']) {
      expect(String(await readUserFile(`${house.root}/${path}`, 10))).to.equal('latin');
      const place = { root: `${house.root}/d\udce9r`, path: 'caf\udce9' };
      expect(await placeOf(`${house.root}/${path}`, 'read')).to.deep.equal(place);
    }
    await rejects('not-found', () => readUserFile(`${house.root}/caf\udce9`, 10));
    await rejects('invalid-name', () => readUserFile(`${house.root}/caf\ud800`, 10));
  });
});
