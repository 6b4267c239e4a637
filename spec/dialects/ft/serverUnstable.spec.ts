import { expect } from 'chai';
import { memoryStorage, type MemoryStorage } from '../../../lib/storage/memory';
import type { Source, Stat } from '../../../lib/storage/storage';
import { TwinportError } from '../../../lib/errors';
import { THEN, withBench } from '../../support/ftBench';
import { pattern } from '../../support/storageHelpers';

const SIZE = 3_000_000;
const BYTES = pattern(SIZE);

/** A storage with one file, `f`, that is not what it was once its first byte was read. */
function becoming(after: { bytes?: Buffer; modified?: number; fails?: boolean }): MemoryStorage {
  const storage = memoryStorage({ f: '', 'other.txt': 'fine' }, { now: () => THEN });
  const stat: Stat = { type: 'file', size: SIZE, modified: THEN, version: 'v1' };
  const read = storage.read.bind(storage);
  storage.read = async (path) => {
    if (path !== 'f') return read(path);
    let now = BYTES;
    return {
      stat,
      read: (into, position) => {
        if (after.fails === true && position > 0) throw new TwinportError('io-error', 'the disk is broken');
        const count = now.copy(into, 0, position, Math.min(now.length, position + into.length));
        now = after.bytes ?? now;
        return count;
      },
      restat: () => Promise.resolve({ ...stat, size: now.length, modified: after.modified ?? THEN }),
      close: () => Promise.resolve(),
    } satisfies Source;
  };
  return storage;
}

/** Gets `f` while it changes: how Q ended, how many bytes came, and the final reply. */
async function getOf(storage: MemoryStorage): Promise<{ how: string; length: number; reply: string }> {
  let result = { how: '', length: 0, reply: '' };
  await withBench({ storage }, async (bench) => {
    const p = await bench.dial();
    const door = await bench.door();
    await p.send(`-g f ${door.port}\n`);
    const q = await door.next();
    const how = await q.over();
    await q.end().catch(() => undefined);
    const reply = (await p.lines(2))[1] ?? '';
    result = { how, length: q.received.length, reply };
    // Whatever became of it, the session goes on.
    await p.send('-s other.txt\n');
    expect(await p.line()).to.match(/^213 /);
  })();
  return result;
}

describe('the native server: a file that does not hold still while it is sent', () => {
  it('one that shrank is 451 and a reset: nobody takes the rest for the whole', async () => {
    const { how, length, reply } = await getOf(becoming({ bytes: BYTES.subarray(0, 1_500_000) }));
    expect(reply).to.match(/^451 /);
    expect(how).to.equal('lost');
    expect(length).to.be.below(SIZE);
  });

  it('one that was written to is 451 and a reset, though every byte of the announced count was sent', async () => {
    const { how, reply } = await getOf(becoming({ modified: THEN + 1 }));
    expect(reply).to.match(/^451 /);
    expect(how).to.equal('lost');
  });

  it('one that only grew is sent as it was announced', async () => {
    const grown = Buffer.concat([BYTES, Buffer.from('more')]);
    const { how, length, reply } = await getOf(becoming({ bytes: grown, modified: THEN + 1 }));
    expect(reply).to.match(/^226 length=3000000;/);
    expect(how).to.equal('ended');
    expect(length).to.equal(SIZE);
  });

  it('one that grew and was rewritten is 451', async () => {
    const other = Buffer.concat([BYTES, Buffer.from('more')]);
    other[10] = (other[10] ?? 0) ^ 1;
    const { how, reply } = await getOf(becoming({ bytes: other, modified: THEN + 1 }));
    expect(reply).to.match(/^451 /);
    expect(how).to.equal('lost');
  });

  it('one that cannot be read on is 451 and a reset', async () => {
    const { how, reply } = await getOf(becoming({ fails: true }));
    expect(reply).to.match(/^451 /);
    expect(how).to.equal('lost');
  });
});

describe('the native server: the digest of a file that does not hold still', () => {
  for (const [what, after] of [
    ['shrank', { bytes: BYTES.subarray(0, 1_000_000) }],
    ['was written to', { modified: THEN + 1 }],
  ] as const) {
    it(`is not given of one that ${what}: 451`, () =>
      withBench({ storage: becoming(after) }, async (bench) => {
        const p = await bench.dial();
        await p.send('-h f\n');
        expect(await p.line()).to.match(/^451 /);
      })());
  }
});

describe('the native server: a storage that breaks its word', () => {
  it('anything it throws is a reply, never the end of the session', () => {
    const storage = memoryStorage({ 'a.txt': 'a' });
    storage.stat = () => Promise.reject(new Error('no such luck'));
    return withBench({ storage }, async (bench) => {
      const p = await bench.dial();
      await p.send('-s a.txt\n-l 5001\n-h a.txt\n');
      const [stat, list, digest] = await p.lines(3);
      expect(stat).to.match(/^451 /);
      expect(list).to.match(/^451 /);
      expect(digest).to.match(/^213 /);
    })();
  });
});
