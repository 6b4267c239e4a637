import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import { BulkInlet } from '../../lib/net/bulkInlet';
import { ChunkInlet } from '../../lib/net/chunkInlet';
import { MAX_GATHER, READ_AHEAD, type Inlet } from '../../lib/net/inlet';
import { failureOf, joined, pattern } from '../support/bytes';
import { settle } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { withLimit } from '../support/limits';

/** They are given up behind each spec: what they may hold, others may not. */
const made: Inlet[] = [];

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
  made.push(inlet);
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
  made.push(inlet);
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

function giveUp(): void {
  for (const inlet of made.splice(0)) inlet.abort(new TwinportError('aborted', 'the spec is over'));
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
    afterEach(giveUp);
    noLeaks();

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
        giveUp();
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

    it(
      'pauses much earlier, and gathers less, where others hold all there may be',
      withLimit('receiveBuffers', 9 * 1024 * 1024, async () => {
        const others = Array.from({ length: 20 }, make);
        const held = others.map(({ feed, paused }) => {
          let fed = 0;
          while (!paused()) fed += feed(10_000);
          return fed;
        });
        const large = name === 'the bulk inlet' ? 2 : 4;
        for (const [at, fed] of held.entries()) {
          if (at < large) expect(fed).to.be.within(MAX_GATHER, READ_AHEAD + 64 * 1024);
          else expect(fed).to.be.within(50 * 1024, 80 * 1024);
        }
        const last = others.at(-1);
        expect(joined((await last?.inlet.read(MAX_GATHER)) ?? []).length).to.equal(held.at(-1));
        expect(last?.paused()).to.equal(false);
        // Whoever is gone makes room, also for those that are there already.
        others[0]?.inlet.abort(new TwinportError('aborted', 'gone'));
        let fed = 0;
        // Node has a small block still.
        while (last?.paused() === false) last.feed(10_000);
        await last?.inlet.read();
        while (last?.paused() === false) fed += last.feed(10_000);
        expect(fed).to.be.within(MAX_GATHER - 80 * 1024, READ_AHEAD + 64 * 1024);
        // What waits is read whole; then the end, with which the next one has room.
        last?.inlet.finish();
        expect(joined((await last?.inlet.read()) ?? []).length).to.equal(fed);
        expect(await last?.inlet.read()).to.equal(null);
        const next = make();
        for (fed = 0; !next.paused();) fed += next.feed(10_000);
        expect(fed).to.be.above(MAX_GATHER);
      }),
    );

    it(
      'loses no byte, in whatever rhythm, while there is room for little, and for more later',
      withLimit('receiveBuffers', 4 * 1024 * 1024, async () => {
        const { inlet: other, feed: feedOther, paused: isFull } = make();
        const { inlet: third, feed: feedThird } = make();
        while (!isFull()) feedOther(200_000);
        feedThird(200_000);
        const { inlet, feed } = make();
        const next = sequence(7);
        let at = 0;
        while (at < BYTES.length - 3 * READ_AHEAD) {
          if (at > BYTES.length / 2)
            for (const each of [other, third]) each.abort(new TwinportError('aborted', 'gone'));
          for (let count = next(12); count > 0; count -= 1) feed(1 + next(90_000));
          let chunks: readonly Uint8Array[] | null | undefined;
          const read = inlet.read(1 + next(1_200_000)).then((got) => (chunks = got));
          for (await settle(1); chunks === undefined; await settle(1)) feed(1 + next(90_000));
          await read;
          for (let count = next(12); count > 0; count -= 1) feed(1 + next(90_000));
          for (const chunk of chunks ?? []) {
            if (!BYTES.subarray(at, at + chunk.length).equals(chunk)) throw new Error(`differs after ${at}`);
            at += chunk.length;
          }
        }
      }),
    );

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
