import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import { BulkInlet } from '../../lib/net/bulkInlet';
import { ChunkInlet } from '../../lib/net/chunkInlet';
import { MAX_GATHER, READ_AHEAD, type Inlet } from '../../lib/net/inlet';
import { failureOf, joined, pattern } from '../support/bytes';
import { settle } from '../support/fakeClock';

/** An inlet, and Node as it treats one: bytes go where the last `room` was, and only while not paused. */
interface Fed {
  readonly inlet: Inlet;
  /** Delivers at most so many bytes in one piece, and says how many; 0 while paused. */
  readonly feed: (count: number) => number;
  readonly paused: () => boolean;
}

const BYTES = pattern(24 * 1024 * 1024);

function fedBulk(): Fed {
  const inlet = new BulkInlet();
  let paused = false;
  let at = 0;
  inlet.attach({ pause: () => void (paused = true), resume: () => void (paused = false) });
  let room = inlet.room();
  return {
    inlet,
    paused: () => paused,
    feed: (count) => {
      if (paused) return 0;
      const piece = BYTES.subarray(at, at + Math.min(count, room.length));
      room.set(piece);
      at += piece.length;
      inlet.filled(piece.length);
      // Node asks at once, also when it was just told to stop.
      room = inlet.room();
      expect(room.length).to.be.greaterThan(0);
      return piece.length;
    },
  };
}

function fedChunks(): Fed {
  const inlet = new ChunkInlet();
  let paused = false;
  let at = 0;
  inlet.attach({ pause: () => void (paused = true), resume: () => void (paused = false) });
  return {
    inlet,
    paused: () => paused,
    feed: (count) => {
      if (paused) return 0;
      const piece = BYTES.subarray(at, at + Math.min(count, 64 * 1024));
      at += piece.length;
      inlet.push(piece);
      return piece.length;
    },
  };
}

/** The same numbers on every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (const [name, make] of Object.entries({ 'the bulk inlet': fedBulk, 'the chunk inlet': fedChunks })) {
  describe(name, () => {
    it('hands on what a slow line has brought, long before it is what was to be gathered', async () => {
      const { inlet, feed } = make();
      const first = inlet.read(MAX_GATHER);
      feed(10);
      feed(20);
      expect(joined(await first).equals(BYTES.subarray(0, 30))).to.equal(true);
      const second = inlet.read(MAX_GATHER);
      feed(5);
      inlet.finish();
      expect(joined(await second).equals(BYTES.subarray(30, 35))).to.equal(true);
      expect(await inlet.read(MAX_GATHER)).to.equal(null);
    });

    it('hands on nothing by itself once it is given up', async () => {
      const { inlet, feed } = make();
      const failed = failureOf(inlet.read(MAX_GATHER));
      feed(10);
      inlet.abort(new TwinportError('aborted', 'given up'));
      expect(await failed).to.include({ code: 'aborted' });
    });

    it('keeps every byte, in order, and untouched until the next read, whatever the rhythm', async function () {
      this.timeout(60_000);
      for (let seed = 1; seed <= 40; seed += 1) {
        const next = sequence(seed);
        const { inlet, feed } = make();
        const buffers = new Set<ArrayBufferLike>();
        let at = 0;
        while (at < BYTES.length - 3 * READ_AHEAD) {
          // Some arrives before anybody reads, some while the read waits, some while its bytes are in use.
          for (let count = next(12); count > 0; count -= 1) feed(1 + next(400_000));
          let chunks: readonly Uint8Array[] | null | undefined;
          const read = inlet.read(next(3) === 0 ? undefined : 1 + next(1_200_000)).then((got) => (chunks = got));
          for (await settle(1); chunks === undefined; await settle(1)) feed(1 + next(300_000));
          await read;
          for (let count = next(12); count > 0; count -= 1) feed(1 + next(400_000));
          for (const chunk of chunks ?? []) {
            if (!BYTES.subarray(at, at + chunk.length).equals(chunk))
              throw new Error(`seed ${seed} differs after ${at}`);
            at += chunk.length;
            buffers.add(chunk.buffer);
          }
        }
        if (name === 'the bulk inlet') expect(buffers.size).to.be.at.most(4);
      }
    });

    it('pauses when about 1 MiB waits unread, and goes on when it is read', async () => {
      const { inlet, feed, paused } = make();
      let fed = 0;
      while (!paused()) fed += feed(50_000);
      expect(fed).to.be.within(MAX_GATHER, READ_AHEAD + 64 * 1024);
      expect(joined(await inlet.read()).length).to.equal(fed);
      expect(paused()).to.equal(false);
    });

    it('gathers at most its own limit, so that memory stays bounded', async () => {
      const { inlet, feed } = make();
      const read = inlet.read(1e9);
      let fed = 0;
      while (fed < MAX_GATHER) fed += feed(50_000);
      expect(joined(await read).length).to.equal(fed);
    });

    it('reads what came before the end, then the end', async () => {
      const { inlet, feed } = make();
      feed(10);
      inlet.finish();
      expect(joined(await inlet.read(1000)).equals(BYTES.subarray(0, 10))).to.equal(true);
      expect(await inlet.read()).to.equal(null);
    });

    it('reads what came before the loss, then the loss', async () => {
      const { inlet, feed } = make();
      const lost = new TwinportError('connection-lost', 'lost');
      feed(10);
      inlet.fail(lost);
      inlet.finish();
      expect(joined(await inlet.read(1000)).length).to.equal(10);
      expect(await failureOf(inlet.read())).to.equal(lost);
    });

    it('gives nothing more once it is given up', async () => {
      const { inlet, feed } = make();
      const aborted = new TwinportError('aborted', 'given up');
      feed(10);
      inlet.abort(aborted);
      expect(await failureOf(inlet.read())).to.equal(aborted);
      feed(10);
      expect(await failureOf(inlet.read())).to.equal(aborted);
    });
  });
}
