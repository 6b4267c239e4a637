import { expect } from 'chai';
import { MAX_CHUNKS, writeAll, type WriteSome } from '../../lib/storage/writing';
import { pattern } from '../support/storageHelpers';

/** A file in memory whose calls take at most what `take` says, now or later. */
function dribbling(
  take: (offered: number) => number,
  later: boolean,
): { some: WriteSome; bytes: () => Buffer; most: number } {
  const written: Buffer[] = [];
  let end = 100;
  const state = {
    most: 0,
    bytes: () => Buffer.concat(written),
    some: (chunks: readonly Uint8Array[], position: number | null): number | Promise<number> => {
      state.most = Math.max(state.most, chunks.length);
      if (position !== null) expect(position).to.equal(end);
      const offered = Buffer.concat(chunks);
      const count = Math.min(offered.length, take(offered.length));
      written.push(Buffer.from(offered.subarray(0, count)));
      end += count;
      return later ? Promise.resolve(count) : count;
    },
  };
  return state;
}

const TAKES: readonly [string, (offered: number) => number][] = [
  ['everything', (offered) => offered],
  ['one byte', () => 1],
  ['seven bytes', () => 7],
  ['all but one', (offered) => Math.max(1, offered - 1)],
];

for (const later of [false, true]) {
  describe(`writing everything, ${later ? 'later' : 'at once'}`, () => {
    for (const [title, take] of TAKES) {
      for (const position of [100, null]) {
        it(`when a call takes ${title}${position === null ? ', without positions' : ''}`, async () => {
          const bytes = pattern(300);
          const chunks = [0, 1, 1, 2, 40, 40, 299, 300].map((start, index, all) =>
            bytes.subarray(start, all[index + 1] ?? 300),
          );
          const file = dribbling(take, later);
          const done = writeAll(file.some, [Buffer.alloc(0), ...chunks, Buffer.alloc(0)], position);
          expect(done instanceof Promise).to.equal(later);
          await done;
          expect(file.bytes().equals(bytes)).to.equal(true);
        });
      }
    }

    it('gives one call no more chunks than the kernel takes', async () => {
      const bytes = pattern(3 * MAX_CHUNKS + 1);
      const file = dribbling((offered) => offered, later);
      await writeAll(
        file.some,
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
        100,
      );
      expect(file.most).to.equal(MAX_CHUNKS);
      expect(file.bytes().equals(bytes)).to.equal(true);
    });

    it('makes no call for nothing', async () => {
      const file = dribbling(() => 0, later);
      await writeAll(file.some, [], 100);
      await writeAll(file.some, [Buffer.alloc(0), Buffer.alloc(0)], 100);
      expect(file.most).to.equal(0);
    });

    it('ends with an error when nothing is taken, or the reason comes', async () => {
      for (const good of [0, 3]) {
        let left = good;
        const file = dribbling(() => (left > 0 ? left-- : 0), later);
        let code: unknown;
        try {
          await writeAll(file.some, [Buffer.from('0123456789')], 100);
        } catch (error) {
          code = (error as NodeJS.ErrnoException).code;
        }
        expect(code).to.equal('EIO');
      }
    });
  });
}
