import { expect } from 'chai';
import { WriteRing } from '../../lib/data/writeRing';
import type { Conn } from '../../lib/net/network';
import { withLimit } from '../support/limits';

const KIB = 1024;
const MIB = KIB * KIB;
const conn = { write: () => Promise.resolve() } as unknown as Conn;

/** The size of its buffers. */
const sizeOf = async (ring: WriteRing): Promise<number> => (await ring.free()).length;

describe('the buffers that files are sent from', () => {
  it(
    'are large as long as there is room for large ones, and then smaller, but never none',
    withLimit('sendBuffers', 7 * MIB, async () => {
      const rings = Array.from({ length: 20 }, () => new WriteRing(conn, Infinity));
      const sizes = await Promise.all(rings.map(sizeOf));
      expect(sizes.slice(0, 4)).to.deep.equal([MIB, MIB, 256 * KIB, 64 * KIB]);
      expect(new Set(sizes.slice(3))).to.deep.equal(new Set([64 * KIB]));
      for (const ring of rings) ring.release();
      // Given back once, however often it is said.
      for (const ring of rings) ring.release();
      const again = [new WriteRing(conn, Infinity), new WriteRing(conn, Infinity), new WriteRing(conn, Infinity)];
      expect(await Promise.all(again.map(sizeOf))).to.deep.equal([MIB, MIB, 256 * KIB]);
      for (const ring of again) ring.release();
    }),
  );

  it('are no larger than what is to be sent, and count as that', async () => {
    const small = new WriteRing(conn, 100);
    expect(await sizeOf(small)).to.equal(100);
    small.release();
    const empty = new WriteRing(conn, 0);
    expect(await sizeOf(empty)).to.equal(1);
    empty.release();
  });
});
