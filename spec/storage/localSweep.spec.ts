import { expect } from 'chai';
import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { pooledIo } from '../../lib/storage/io';
import { isPartName, partName, whatOf, type PartName } from '../../lib/storage/partNames';
import { nodeChild } from '../support/child';
import { agedIo, hookedIo } from '../support/hookedIo';
import { atRest, DAY, dead, HOUR, leavePart, mine } from '../support/leftParts';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { written } from '../support/storageHelpers';

describe('sweeping expired parts', () => {
  let house: LocalHarness;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    house = await localHarness({ now: () => now }, agedIo(pooledIo));
  });
  afterEach(() => house.cleanup());

  const leave = (directory: string, of: Partial<PartName>, age = 0): string =>
    leavePart(house, of, { directory, at: now - age });

  /** All parts in the tree, by their paths. */
  const parts = (): string[] =>
    fs
      .readdirSync(house.root, { recursive: true, encoding: 'utf8' })
      .filter((path) => isPartName(nodePath.basename(path)))
      .sort();

  it('goes into every directory, and leaves what is young and every other file', async () => {
    fs.mkdirSync(house.at('a/b/c'), { recursive: true });
    fs.mkdirSync(house.at('d'));
    const young: string[] = [];
    for (const directory of ['', 'a', 'a/b', 'a/b/c', 'd']) {
      leave(directory, atRest, DAY);
      leave(directory, { pid: dead, count: 1 }, DAY + 1);
      leave(directory, { what: 'd'.repeat(16), pid: dead }, 0);
      young.push(
        leave(directory, { ...atRest, what: 'c'.repeat(32) }, DAY - HOUR),
        leave(directory, { pid: dead }, HOUR),
      );
      await house.put(nodePath.join(directory, '.twinport-notes.part'), 'not a part');
    }
    await house.storage.sweep();
    expect(parts()).to.deep.equal(young.sort());
    expect(fs.existsSync(house.at('a/b/c/.twinport-notes.part'))).to.equal(true);
    now += DAY;
    await house.storage.sweep();
    expect(parts()).to.deep.equal([]);
  });

  it('follows no links', async () => {
    const outside = fs.mkdtempSync(`${house.root}-outside`);
    fs.mkdirSync(house.at('inside'));
    const name = partName({ ...mine, ...atRest, what: whatOf('k', 'file') });
    fs.writeFileSync(nodePath.join(outside, name), 'part');
    fs.utimesSync(nodePath.join(outside, name), 0, 0);
    fs.symlinkSync(outside, house.at('inside/out'));
    fs.symlinkSync('..', house.at('inside/up'));
    await house.storage.sweep();
    expect(fs.readdirSync(outside)).to.deep.equal([name]);
  });

  it('leaves alone what this process writes, whatever the clock says', async () => {
    const target = await written(house.storage, 'slow', 'text', { key: 'k' });
    for (const jump of [10 * DAY, -20 * DAY, 400 * DAY]) {
      now += jump;
      await house.storage.sweep();
      expect(parts()).to.have.length(1);
    }
    await target.commit(4);
    expect((await house.read('slow'))?.toString()).to.equal('text');
  });

  it('leaves alone what another process has open, whatever the clock says', async function () {
    if (process.platform !== 'linux') this.skip();
    this.timeout(20_000);
    const child = nodeChild(`
      const { localStorage } = require('./lib/storage/local');
      void (async () => {
        const storage = await localStorage({ root: ${JSON.stringify(house.root)}, writable: true });
        const target = await storage.write('theirs', { replace: false, key: 'k' });
        await target.write([Buffer.from('text')], 0);
        console.log('writing');
        setInterval(() => undefined, 1000);
      })();`);
    try {
      expect(await child.line()).to.equal('writing');
      for (const jump of [10 * DAY, -20 * DAY, 400 * DAY]) {
        now += jump;
        await house.storage.sweep();
        expect(parts()).to.have.length(1);
      }
    } finally {
      await child.kill();
    }
    await house.storage.sweep();
    expect(parts(), 'and once it is gone').to.deep.equal([]);
  });

  it('leaves alone what another process is publishing, whose time is that of the file it was sent', async () => {
    // Written just now, and given the time of the original: only its change time is young.
    const name = leave('', { what: 'a'.repeat(16), pid: process.ppid }, 3000 * DAY);
    const real = await house.open({}, pooledIo);
    await real.sweep();
    expect(parts()).to.deep.equal([name]);
    await house.storage.sweep();
    expect(parts(), 'had nobody touched it since').to.deep.equal([]);
  });

  it('removes what a clock that was far ahead has left', async () => {
    leave('', atRest, -30 * DAY);
    const name = leave('', { ...atRest, what: 'c'.repeat(32) }, -HOUR);
    await house.storage.sweep();
    expect(parts()).to.deep.equal([name]);
  });

  it('goes on after what it cannot read or remove', async () => {
    for (const directory of ['a', 'b', 'c']) {
      fs.mkdirSync(house.at(directory));
      leave(directory, atRest, DAY);
    }
    const stubborn = hookedIo(agedIo(pooledIo), {
      before: (call, what) => {
        if (call === 'open' && what.endsWith('/a')) throw Object.assign(new Error('no'), { code: 'EACCES' });
        if (call === 'unlink' && !fs.existsSync(house.at('b/kept'))) {
          fs.writeFileSync(house.at('b/kept'), '');
          throw Object.assign(new Error('no'), { code: 'EPERM' });
        }
      },
    });
    await (await house.open({}, stubborn)).sweep();
    expect(parts()).to.have.length(2).and.to.include(leave('a', atRest));
  });

  it('ends when it is told to, or when the storage is closed, and does nothing where nothing may be written', async () => {
    fs.mkdirSync(house.at('a'));
    leave('a', atRest, DAY);
    const over = new AbortController();
    over.abort();
    await house.storage.sweep(over.signal);
    await (await house.open({ writable: false })).sweep();
    const closed = await house.open();
    await closed.close();
    await closed.sweep();
    expect(parts()).to.have.length(1);
    await house.storage.sweep();
    expect(parts()).to.deep.equal([]);
  });
});
