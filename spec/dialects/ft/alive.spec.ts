import { expect } from 'chai';
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
