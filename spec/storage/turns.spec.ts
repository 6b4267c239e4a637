import { expect } from 'chai';
import * as fs from 'node:fs';
import { localHarness, type LocalHarness } from '../support/localHarness';

/** What many clients do to one name at the same moment. */
for (const handles of process.platform === 'linux' ? [true, false] : [false]) {
  describe(`local storage ${handles ? 'by handle' : 'by path'}, with many changes of one name`, () => {
    let house: LocalHarness;

    beforeEach(async () => {
      house = await localHarness();
    });
    afterEach(() => house.cleanup());

    const outcomes = async (works: readonly Promise<unknown>[]): Promise<readonly boolean[]> =>
      (await Promise.allSettled(works)).map(({ status }) => status === 'fulfilled');

    it('moves a file once, whoever asks for it', async () => {
      const storage = await house.open({ handles });
      for (let round = 0; round < 20; round++) {
        await house.put('one', 'content');
        const names = Array.from({ length: 8 }, (_, at) => `n${at}`);
        const moved = await outcomes(names.map((name) => storage.rename('one', name)));
        expect(moved.filter((done) => done)).to.have.length(1);
        const winner = names[moved.indexOf(true)] ?? '';
        expect(fs.readdirSync(house.root)).to.deep.equal([winner]);
        await storage.remove(winner);
      }
    });

    it('moves a file or deletes it, never both', async () => {
      const storage = await house.open({ handles });
      for (let round = 0; round < 20; round++) {
        await house.put('one', 'content');
        const [moved, removed] = await outcomes([storage.rename('one', 'two'), storage.remove('one')]);
        expect([moved, removed].filter((done) => done)).to.have.length(1);
        expect(fs.readdirSync(house.root)).to.deep.equal(moved ? ['two'] : []);
        if (moved) await storage.remove('two');
      }
    });

    it('loses no file that is committed while its name is moved', async () => {
      const storage = await house.open({ handles });
      for (let round = 0; round < 50; round++) {
        await house.put('x', 'old');
        const target = await storage.write('x', { replace: true });
        await target.write([Buffer.from('new')], 0);
        const [committed, moved] = await outcomes(
          round % 2 === 0
            ? [target.commit(3), storage.rename('x', 'y')]
            : [storage.rename('x', 'y'), target.commit(3)].reverse(),
        );
        expect([committed, moved]).to.deep.equal([true, true]);
        const left = fs.readdirSync(house.root).map((name) => [name, fs.readFileSync(house.at(name), 'utf8')]);
        expect([
          [['y', 'new']],
          [
            ['x', 'new'],
            ['y', 'old'],
          ],
        ]).to.deep.include(left);
        for (const [name = ''] of left) fs.unlinkSync(house.at(name));
      }
    });
  });
}
