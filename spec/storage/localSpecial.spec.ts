import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as nodePath from 'node:path';
import { TwinportError } from '../../lib/errors';
import { blockingIo, pooledIo } from '../../lib/storage/io';
import type { LocalStorage } from '../../lib/storage/local';
import { openRoot } from '../../lib/storage/root';
import { openSpecial } from '../../lib/storage/special';
import { eventually } from '../support/eventually';
import { localHarness, openUnder, type LocalHarness } from '../support/localHarness';
import { entriesOf, pattern, rejects, written } from '../support/storageHelpers';

/** Where in the kernel our threads wait (proc_pid_wchan(5)); "0" where it does not tell. */
function waits(): readonly string[] {
  const tasks = fs.readdirSync('/proc/self/task');
  return tasks.map((task) => fs.readFileSync(`/proc/self/task/${task}/wchan`, 'latin1'));
}

/** One of our threads opens a pipe. */
const waitsForReader = (): boolean => waits().some((where) => /partner|fifo/.test(where));

const MODES = [{}, { blocking: true }, { handles: false }];

for (const options of MODES) {
  describe(`what is neither file nor directory, ${JSON.stringify(options)}`, function () {
    let house: LocalHarness;
    let server: net.Server;

    before(function () {
      if (process.platform === 'win32') this.skip();
    });

    beforeEach(async () => {
      house = await localHarness(options);
      execFileSync('mkfifo', [nodePath.join(house.root, 'fifo')]);
      fs.symlinkSync('fifo', house.at('toFifo'));
      server = net.createServer();
      await new Promise<void>((resolve) => server.listen(nodePath.join(house.root, 'socket'), resolve));
    });

    afterEach(async () => {
      await new Promise((resolve) => server.close(resolve));
      await house.cleanup();
    });

    it('is no file to read, and keeps nobody waiting', async () => {
      for (const name of ['fifo', 'toFifo', 'socket']) {
        await rejects('not-a-file', () => house.storage.read(name));
        expect((await house.storage.stat(name)).type, name).to.equal('other');
      }
      await rejects('not-a-directory', () => house.storage.list('fifo', { facts: false }));
      const types = (await entriesOf(house.storage, '', true)).map((entry) => entry.type);
      expect(types).to.deep.equal(['other', 'other', 'other']);
    });

    it('is never replaced', async () => {
      for (const name of ['fifo', 'socket']) {
        for (const replace of [false, true]) {
          await rejects('exists', () => house.storage.write(name, { replace }));
        }
        // Made after the write began: a rename would take its place.
        const target = await written(house.storage, 'later', 'text', { replace: true });
        fs.renameSync(house.at(name), house.at('later'));
        await rejects('exists', () => target.commit(4));
        fs.renameSync(house.at('later'), house.at(name));
        expect(house.partNames()).to.deep.equal([]);
      }
      expect(fs.lstatSync(house.at('fifo')).isFIFO()).to.equal(true);
      expect(fs.lstatSync(house.at('socket')).isSocket()).to.equal(true);
    });

    it('device files too', async function () {
      if (process.platform !== 'linux') this.skip();
      const dev = await house.open({ root: '/dev' });
      for (const name of ['null', 'zero', 'full']) {
        await rejects('not-a-file', () => dev.read(name));
        await rejects('exists', () => dev.write(name, { replace: true }));
      }
    });
  });

  describe(`special files written directly, ${JSON.stringify(options)}`, function () {
    let house: LocalHarness;
    let storage: LocalStorage;

    before(function () {
      if (process.platform !== 'linux') this.skip();
    });

    beforeEach(async () => {
      house = await localHarness({ ...options, specialFiles: true });
      storage = house.storage;
      execFileSync('mkfifo', [nodePath.join(house.root, 'fifo')]);
      fs.symlinkSync('/dev/null', house.at('nowhere'));
      fs.symlinkSync('/dev/full', house.at('full'));
      fs.symlinkSync('fifo', house.at('toFifo'));
    });

    afterEach(() => house.cleanup());

    it('give /dev/null everything, through a link or not', async () => {
      const dev = await house.open({ root: '/dev' });
      for (const [where, name] of [
        [storage, 'nowhere'],
        [dev, 'null'],
      ] as const) {
        for (const replace of [false, true]) {
          const target = await where.write(name, { replace, key: 'k' });
          expect(target.offset).to.equal(0);
          await target.write([pattern(100_000), Buffer.from('more')], 0);
          await target.write([Buffer.from('!')], 100_004);
          await target.commit(100_005, { modified: 0 });
        }
      }
      expect(fs.lstatSync('/dev/null').isCharacterDevice()).to.equal(true);
      expect(fs.readlinkSync(house.at('nowhere'))).to.equal('/dev/null');
      expect(house.partNames()).to.deep.equal([]);
    });

    it('are written from beginning to end, counted, and not read back', async () => {
      const target = await storage.write('nowhere', { replace: false });
      await rejects('unsupported', () => target.write([Buffer.from('text')], 1));
      await rejects('unsupported', () => target.read(Buffer.alloc(1), 0));
      await target.write([Buffer.from('text')], 0);
      await rejects('unsupported', () => target.write([Buffer.from('text')], 0));
      await rejects('io-error', () => target.commit(5));
      await rejects('io-error', () => target.commit(4));
      await rejects('cannot-resume', () => storage.write('nowhere', { replace: false, key: 'k', offset: 4 }));
      expect(await storage.partLength('nowhere', 'k')).to.equal(0);
      const kept = await written(storage, 'nowhere', 'text', { key: 'k' });
      await kept.keep();
      await kept.discard();
    });

    it('say when a device is full', async () => {
      const target = await storage.write('full', { replace: false });
      expect(await rejects('no-space', () => target.write([Buffer.from('text')], 0))).to.equal(
        'no space left for "full"',
      );
      await rejects('io-error', () => target.commit(4));
    });

    it('fill a pipe that is read slowly, whole', async () => {
      const bytes = pattern(1_000_003);
      const reader = spawn('cat', [nodePath.join(house.root, 'fifo')], { stdio: ['ignore', 'pipe', 'inherit'] });
      const target = await storage.write('toFifo', { replace: false });
      const writing = (async () => {
        await target.write([bytes.subarray(0, 400_000), bytes.subarray(400_000, 400_001)], 0);
        await target.write([bytes.subarray(400_001)], 400_001);
        await target.commit(bytes.length);
      })();
      const read: Buffer[] = [];
      for await (const chunk of reader.stdout) read.push(chunk as Buffer);
      await writing;
      expect(Buffer.concat(read).equals(bytes)).to.equal(true);
      expect(fs.lstatSync(house.at('fifo')).isFIFO()).to.equal(true);
    });

    it('say when nobody reads the pipe any more', async () => {
      const reader = fs.openSync(house.at('fifo'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
      const target = await storage.write('fifo', { replace: false });
      fs.closeSync(reader);
      expect(await rejects('io-error', () => target.write([Buffer.from('text')], 0))).to.equal(
        'nobody reads "fifo" any more',
      );
      await target.discard();
    });

    it('are not waited for by a storage that closes', async () => {
      const waiting = storage.write('fifo', { replace: false });
      const closed = storage.close();
      await rejects('io-error', () => waiting);
      await closed;
      expect(openUnder(house.root)).to.deep.equal([]);
    });

    it('are not waited for any longer when the storage closes, though the kernel waits already', async () => {
      const io = options === MODES[1] ? blockingIo : pooledIo;
      const root = await openRoot(io, house.root, true);
      const { dir } = await root.parent('fifo');
      const closing = new AbortController();
      const { signal } = closing;
      const listen = signal.addEventListener.bind(signal);
      let waits = false;
      // Whoever waits listens first; the call is under way when this turn of the loop is over.
      signal.addEventListener = (...args: Parameters<typeof listen>): void => {
        listen(...args);
        waits = true;
        queueMicrotask(() => closing.abort());
      };
      await rejects('io-error', () => openSpecial(io, dir, 'fifo', 'fifo', { closing: signal }));
      expect(waits).to.equal(true);
      dir.release();
      root.close();
    });

    it('are not waited for by whoever has lost heart, and the storage stays open', async () => {
      const reason = new TwinportError('timeout', 'nobody reads it');
      for (const early of [true, false]) {
        const writer = new AbortController();
        if (early) writer.abort(reason);
        const waiting = storage.write('fifo', { replace: false, signal: writer.signal });
        // Under way, or about to be.
        if (!early) setImmediate(() => writer.abort(reason));
        expect(await rejects('timeout', () => waiting)).to.equal('nobody reads it');
      }
      expect(openUnder(nodePath.join(house.root, 'fifo'))).to.deep.equal([]);
      await (await written(storage, 'file', 'text', { signal: AbortSignal.abort() })).commit(4);
    });

    it('nor where the pipe is another one by now, and cannot be freed', async function () {
      if (waits().every((where) => where === '0')) this.skip();
      const io = options === MODES[1] ? blockingIo : pooledIo;
      const root = await openRoot(io, house.root, true);
      const { dir } = await root.parent('fifo');
      const writer = new AbortController();
      const closing = new AbortController().signal;
      const waiting = openSpecial(io, dir, 'fifo', 'fifo', { closing, signal: writer.signal });
      await eventually('a thread waits for a reader', () => waitsForReader());
      fs.renameSync(house.at('fifo'), house.at('old'));
      execFileSync('mkfifo', [nodePath.join(house.root, 'fifo')]);
      writer.abort();
      await rejects('aborted', () => waiting);
      // Freed here, and the pipe that it opened is closed.
      const reader = fs.openSync(nodePath.join(house.root, 'old'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
      await eventually(
        'nobody waits, and nobody writes',
        () => !waitsForReader() && openUnder(nodePath.join(house.root, 'old')).length === 1,
      );
      fs.closeSync(reader);
      dir.release();
      root.close();
    });

    it('leave everything else as it is without them', async () => {
      await house.put('file', 'text');
      fs.symlinkSync('file', house.at('link'));
      fs.symlinkSync('missing', house.at('dangling'));
      await house.mkdir('dir');
      fs.symlinkSync('dir', house.at('toDir'));
      for (const name of ['file', 'link', 'dangling', 'toDir']) {
        await rejects('exists', () => storage.write(name, { replace: false }));
      }
      await rejects('not-a-file', () => storage.write('dir', { replace: true }));
      for (const name of ['file', 'link', 'dangling']) {
        await (await written(storage, name, 'new', { replace: true })).commit(3);
        expect((await house.read(name))?.toString()).to.equal('new');
        expect(fs.lstatSync(house.at(name)).isFile()).to.equal(true);
      }
      expect(fs.existsSync(house.at('missing'))).to.equal(false);
    });
  });
}
