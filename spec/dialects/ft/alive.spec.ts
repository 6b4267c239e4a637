import { expect } from 'chai';
import { Readable } from 'node:stream';
import { memoryStorage, type MemoryStorage } from '../../../lib/storage/memory';
import { THEN, withBench } from '../../support/ftBench';
import { watch, withPlay } from '../../support/ftPlay';
import { deferred } from '../../../lib/data/scope';

/** A storage whose files cannot be read until `go`. */
function stuck(): { storage: MemoryStorage; go: () => void } {
  const gate = deferred<undefined>();
  const storage = memoryStorage({ 'hello.txt': 'hello' }, { now: () => THEN });
  const read = storage.read.bind(storage);
  storage.read = async (path) => {
    await gate.promise;
    return read(path);
  };
  return { storage, go: () => gate.resolve(undefined) };
}

describe('signs of life', () => {
  it('are given every ten seconds while a file is digested: 120, then the answer', async () => {
    const { storage, go } = stuck();
    await withBench({ storage }, async (bench) => {
      const p = await bench.dial();
      await p.send('-h hello.txt\n');
      await p.quiet();
      await bench.clock.advance(9_999);
      expect(p.unread).to.equal('');
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^120 /);
      await bench.clock.advance(20_000);
      expect([await p.line(), await p.line()].join()).to.match(/^120 .*,120 /);
      go();
      expect(await p.line()).to.match(/^213 length=5;/);
      await bench.clock.advance(30_000);
      expect(p.unread).to.equal('');
    })();
  });

  it('are given while a confirmed put waits for the disk, and then it is done', async () => {
    const gate = deferred<undefined>();
    const storage = memoryStorage({}, { now: () => THEN });
    const write = storage.write.bind(storage);
    storage.write = async (path, options) => {
      const target = await write(path, options);
      const commit = target.commit.bind(target);
      target.commit = async (length, how) => {
        await gate.promise;
        await commit(length, how);
      };
      return target;
    };
    await withBench({ storage, writable: true }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-p --confirm new.txt ${door.port}\n`);
      expect(await p.line()).to.match(/^150 /);
      await (await door.next()).end('hello');
      await p.send('-c 5 3610a686\n');
      await p.quiet();
      await bench.clock.advance(20_000);
      expect([await p.line(), await p.line()].join()).to.match(/^120 .*,120 /);
      expect(storage.bytes('new.txt')).to.equal(undefined);
      gate.resolve(undefined);
      expect(await p.line()).to.match(/^226 length=5;/);
      await bench.clock.advance(30_000);
      expect(p.unread).to.equal('');
    })();
  });

  it(
    'keep a client waiting beyond its timeout',
    withPlay({ timeout: 15_000 }, async (play) => {
      const digest = watch(play.client.digest('large'));
      expect(await play.p.line()).to.equal('-h large');
      for (let i = 0; i < 10; i++) {
        await play.clock.advance(10_000);
        await play.say('120 Still reading.');
        await play.p.quiet();
      }
      expect(digest.isOver).to.equal(false);
      await play.say('213 length=5;crc32=00000001; large');
      expect(await digest.value()).to.include({ length: 5, crc32: '00000001' });
    }),
  );

  it(
    'keep a client waiting for its put to be on disk, and no longer than they come',
    withPlay({ timeout: 15_000 }, async (play) => {
      for (const alive of [true, false]) {
        const put = watch(play.client.put(Readable.from([Buffer.from('hello')]), 'new.txt'));
        const { line, port } = await play.request();
        await play.say('150 type=file; new.txt');
        const q = await play.dial(port);
        await q.send(Buffer.from(/--token=([0-9a-f]{32}) /.exec(line)?.[1] ?? '', 'hex'));
        expect(await play.p.line()).to.equal('-c 5 3610a686');
        await q.whole();
        for (let i = 0; i < 10; i++) {
          await play.clock.advance(10_000);
          await play.say('120 Still writing.');
          await play.p.quiet();
        }
        expect(put.isOver).to.equal(false);
        if (alive) {
          await play.say('226 length=5;crc32=3610a686; Transfer complete.');
          await put.value();
        } else {
          await play.clock.advance(30_000);
          expect(await play.p.line()).to.equal('-x');
          await play.say('426 Aborted', '226 Aborted');
          await put.failure('incomplete');
        }
      }
    }),
  );

  it(
    'that stop end the wait',
    withPlay({ timeout: 15_000 }, async (play) => {
      const digest = watch(play.client.digest('large'));
      await play.p.line();
      await play.say('120 Still reading.');
      await play.p.quiet();
      await play.clock.advance(30_000);
      await digest.failure('timeout');
    }),
  );
});
