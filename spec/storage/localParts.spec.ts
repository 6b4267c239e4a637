import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { pooledIo } from '../../lib/storage/io';
import { partName, restName, whatOf, type PartName } from '../../lib/storage/partNames';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { atRest, DAY, dead, HOUR, leavePart, mine } from '../support/leftParts';
import { agedIo, hookedIo } from '../support/hookedIo';
import { namesOf, rejects, withStorage, written } from '../support/storageHelpers';

describe('local parts', () => {
  let house: LocalHarness;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    house = await localHarness({ now: () => now }, agedIo(pooledIo));
  });
  afterEach(() => house.cleanup());

  const leave = (of: Partial<PartName>, text = '0123456789', age = 0): string =>
    leavePart(house, of, { text, at: now - age });

  const resume = (offset = 10): ReturnType<typeof house.storage.write> =>
    house.storage.write('file', { replace: false, key: 'k', offset });

  it('are hidden files beside what they are to become, with names short enough for any', async () => {
    await house.mkdir('dir');
    const long = 'x'.repeat(255);
    const target = await written(house.storage, `dir/${long}`, 'text', { key: 'k' });
    const [name] = fs.readdirSync(house.at('dir'));
    expect(name).to.match(/^\.twinport-[0-9a-f]{32}-[0-9a-f]{8}-\d+-\d+\.part$/);
    expect(name).to.include(`-${process.pid}-`);
    await target.keep();
    expect(fs.readdirSync(house.at('dir'))).to.deep.equal([restName(whatOf('k', long))]);
    expect(await house.storage.partLength(`dir/${long}`, 'k')).to.equal(4);
  });

  it('cannot be asked for, nor made, by name, in any case', async () => {
    await house.mkdir('dir');
    await (await written(house.storage, 'file', 'text', { key: 'k' })).keep();
    const held = await written(house.storage, 'held', 'text');
    const names = [...house.partNames(), partName({ ...mine, count: 99 })];
    expect(names.length).to.equal(3);
    for (const name of names.flatMap((each) => [each, each.toUpperCase(), `dir/${each}`])) {
      await rejects('not-found', () => house.storage.stat(name));
      await rejects('not-found', () => house.storage.read(name));
      for (const replace of [false, true]) {
        await rejects('denied', () => house.storage.write(name, { replace }));
        await rejects('denied', () => house.storage.write(name, { replace, key: 'k', offset: 2 }));
      }
    }
    await held.commit(4);
    expect(await house.storage.partLength('file', 'k')).to.equal(4);
    expect(fs.readdirSync(house.at('dir'))).to.deep.equal([]);
  });

  it('left by a process that was killed, and whose parent does not look, are continued', async function () {
    if (process.platform !== 'linux') return this.skip();
    // The shell becomes a program that knows of no child; only then does the child end.
    const script = 'cat <&3 3<&- & echo $!; exec cat 3<&-';
    const parent = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore', 'pipe'] });
    try {
      const [said] = (await once(parent.stdout as Readable, 'data')) as [Buffer];
      const pid = Number(said.toString());
      const stat = (of: number): string => fs.readFileSync(`/proc/${of}/stat`, 'latin1');
      while (!stat(parent.pid ?? 0).includes('(cat)')) await setImmediate();
      (parent.stdio[3] as Writable).end();
      while (!/\) Z /.test(stat(pid))) await setImmediate();
      leave({ pid });
      expect(await house.storage.partLength('file', 'k')).to.equal(10);
      await (await resume(10)).discard();
      expect(house.partNames()).to.deep.equal([]);
    } finally {
      (parent.stdin as Writable).end();
      await once(parent, 'close');
    }
  });

  it('left by a process that was killed are continued', async () => {
    leave({ pid: dead });
    expect(await house.storage.partLength('file', 'k')).to.equal(10);
    const target = await resume(8);
    expect(house.partNames()).to.have.length(1);
    expect(house.partNames()[0]).to.include(`-${process.pid}-`);
    await target.write([Buffer.from('ab')], 8);
    await target.commit(10);
    expect((await house.read('file'))?.toString()).to.equal('01234567ab');
    expect(house.partNames()).to.deep.equal([]);
  });

  it('left by a process of our own number before us are continued', async () => {
    leave({ pid: process.pid, count: 999_999_999 });
    await (await resume()).discard();
    expect(house.partNames()).to.deep.equal([]);
  });

  it('of several left behind the longest is continued', async () => {
    leave({ pid: dead, count: 1 }, '0123');
    leave({ pid: dead, count: 2 }, '0123456789');
    leave({ pid: dead, count: 3 }, '01');
    expect(await house.storage.partLength('file', 'k')).to.equal(10);
    await (await resume(10)).commit(10);
    expect((await house.read('file'))?.toString()).to.equal('0123456789');
  });

  it('of another live process are in use', async () => {
    const name = leave({ pid: process.ppid });
    expect(await house.storage.partLength('file', 'k')).to.equal(0);
    await rejects('in-use', () => resume());
    await rejects('in-use', () => house.storage.write('file', { replace: false, key: 'k' }));
    expect(house.partNames()).to.deep.equal([name]);
    await (await house.storage.write('file', { replace: false, key: 'another' })).discard();
  });

  it("of a process that began after they last grew are nobody's: the number is used again", async function () {
    if (process.platform !== 'linux') this.skip();
    // Process 1 has been there since boot; a part from before that is not its own.
    const boot = Number(/^btime (\d+)$/m.exec(fs.readFileSync('/proc/stat', 'latin1'))?.[1]) * 1000;
    const since = Math.min(boot, now - HOUR);
    const long = await house.open({ partLifetime: 1e15 });
    leave({ pid: 1 }, '0123456789', now - since + DAY);
    expect(await long.partLength('file', 'k')).to.equal(10);
    leave({ pid: 1 }, '0123456789', 0);
    expect(await long.partLength('file', 'k')).to.equal(0);
  });

  it('of another machine are in use until they expire', async () => {
    const name = leave({ host: 'ffffffff', pid: dead });
    await rejects('in-use', () => resume());
    expect(house.partNames()).to.deep.equal([name]);
    now += DAY + HOUR;
    await rejects('cannot-resume', () => resume());
    expect(house.partNames()).to.deep.equal([]);
  });

  it('at rest can be claimed by another process, whoever left them', async () => {
    const name = leave({ ...atRest });
    expect(name).to.equal(restName(whatOf('k', 'file')));
    const other = await house.open();
    await (await other.write('file', { replace: false, key: 'k', offset: 10 })).keep();
    expect(house.partNames()).to.deep.equal([name]);
    const target = await resume();
    await rejects('in-use', () => other.write('file', { replace: false, key: 'k', offset: 10 }));
    await target.discard();
  });

  it('are claimed by one of two that find the same', async () => {
    const name = leave({ pid: dead });
    let stolen = false;
    const storage = await house.open(
      {},
      hookedIo(pooledIo, {
        before: (call, what) => {
          if (call !== 'rename' || !what.endsWith(name)) return;
          stolen = true;
          fs.renameSync(house.at(name), house.at(partName({ ...mine, pid: process.ppid, count: 8 })));
        },
      }),
    );
    await rejects('in-use', () => storage.write('file', { replace: false, key: 'k', offset: 10 }));
    expect(stolen).to.equal(true);
  });

  it('expire a day after they last grew, and are swept when something is written beside them', async () => {
    const old = [
      leave({ ...atRest }, 'at rest', DAY),
      leave({ pid: dead }, 'left', DAY + 1),
      leave({ host: 'ffffffff', what: 'f'.repeat(32) }, 'elsewhere', 2 * DAY),
      leave({ what: 'e'.repeat(16), pid: process.ppid }, 'alive, and forgotten', DAY),
    ];
    const orphan = leave({ what: 'd'.repeat(16), pid: dead }, 'not to be continued, and nobody writes it', 0);
    const young = [
      leave({ what: 'c'.repeat(32), ...atRest }, 'at rest', DAY - HOUR),
      leave({ what: 'b'.repeat(32), pid: dead }, 'left', DAY - HOUR),
      leave({ what: 'a'.repeat(16), host: 'ffffffff', pid: dead }, 'elsewhere', DAY - HOUR),
      leave({ what: 'a'.repeat(16), pid: process.ppid }, 'alive'),
    ];
    await house.put('.twinport-notes.part', 'not a part');
    expect(await house.storage.partLength('file', 'k')).to.equal(0);
    const target = await house.storage.write('new', { replace: false });
    const left = house.partNames().filter((name) => !name.includes(`-${process.pid}-`));
    expect(left.sort()).to.deep.equal(young.sort());
    for (const name of [...old, orphan]) expect(left).to.not.include(name);
    await target.discard();
    expect(await namesOf(house.storage, '')).to.deep.equal(['.twinport-notes.part']);
  });

  it('being written do not expire', async () => {
    const target = await written(house.storage, 'slow', 'text', { key: 'k' });
    now += 10 * DAY;
    await (await house.storage.write('new', { replace: false })).discard();
    await target.commit(4);
    expect((await house.read('slow'))?.toString()).to.equal('text');
  });

  it('live as long as they are said to', async () => {
    const storage = await house.open({ partLifetime: HOUR });
    await (await written(storage, 'file', 'text', { key: 'k' })).keep();
    now += HOUR - 60_000;
    expect(await storage.partLength('file', 'k')).to.equal(4);
    now += 120_000;
    await rejects('cannot-resume', () => storage.write('file', { replace: false, key: 'k', offset: 4 }));
    expect(house.partNames()).to.deep.equal([]);
    now -= HOUR;
    await (await written(storage, 'file', 'text', { key: 'k' })).keep();
    now += 2 * HOUR;
    expect(await storage.partLength('file', 'k')).to.equal(0);
  });

  it("that are a file's second name already are never written into", async () => {
    await house.put('file', '0123456789');
    for (const name of [restName(whatOf('k', 'file')), partName({ ...mine, what: whatOf('k', 'file'), pid: dead })]) {
      fs.linkSync(house.at('file'), house.at(name));
      await rejects('cannot-resume', () => house.storage.write('file', { replace: true, key: 'k', offset: 2 }));
      expect(house.partNames()).to.deep.equal([]);
    }
    expect((await house.read('file'))?.toString()).to.equal('0123456789');
  });

  it('that are links or directories are never followed', async () => {
    await house.put('victim', 'untouched!');
    const name = restName(whatOf('k', 'file'));
    fs.symlinkSync('victim', house.at(name));
    await rejects('denied', () => resume(2));
    expect(house.partNames()).to.deep.equal([name]);
    expect(await house.storage.partLength('file', 'k')).to.equal(0);
    fs.rmSync(house.at(name), { force: true });
    fs.symlinkSync('victim', house.at(name));
    await (await written(house.storage, 'file', 'fresh', { key: 'k' })).commit(5);
    expect((await house.read('victim'))?.toString()).to.equal('untouched!');
    expect(house.partNames()).to.deep.equal([]);
  });

  it('are looked for in the whole directory to continue one, and seldom otherwise', async () => {
    let scans = 0;
    const counting = hookedIo(pooledIo, { before: (call) => void (scans += call === 'opendir' ? 1 : 0) });
    const storage = await house.open({}, counting);
    for (let index = 0; index < 20; index += 1) {
      await (await written(storage, `file ${index}`, 'text', { key: 'k' })).commit(4);
    }
    expect(scans).to.equal(1);
    now += 61_000;
    await (await storage.write('later', { replace: false })).discard();
    expect(scans).to.equal(2);
    leave({ pid: dead });
    await (await storage.write('file', { replace: false, key: 'k', offset: 10 })).discard();
    expect(scans).to.equal(3);
  });
});

describe('a local writer', () => {
  const make = (): Promise<LocalHarness> => localHarness();

  withStorage('gives a new file the permissions any program would', make, async (house) => {
    const { storage, put } = house;
    const local = house as LocalHarness;
    await put('as any program', '');
    await (await written(storage, 'new', 'text')).commit(4);
    expect(fs.statSync(local.at('new')).mode).to.equal(fs.statSync(local.at('as any program')).mode);
  });

  withStorage('leaves a replaced file its permissions, and shows nobody its successor before', make, async (house) => {
    const local = house as LocalHarness;
    for (const mode of [0o600, 0o640, 0o755, 0o444, 0o666]) {
      await house.put('old', 'text');
      fs.chmodSync(local.at('old'), mode | 0o4000);
      const target = await written(house.storage, 'old', 'text', { replace: true });
      const [part] = local.partNames();
      expect(fs.statSync(local.at(part ?? '')).mode & 0o077 & ~mode).to.equal(0);
      await target.commit(4);
      expect(fs.statSync(local.at('old')).mode & 0o7777, 'and never set-uid').to.equal(mode);
      fs.unlinkSync(local.at('old'));
    }
  });
});
