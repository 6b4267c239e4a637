import { expect } from 'chai';
import { RunningDigest } from '../../lib/data/digest';
import { Pace, paceOf } from '../../lib/data/pace';
import { receive, type Sink } from '../../lib/data/receive';
import { sendChunks, sendFile } from '../../lib/data/send';
import { TwinportError } from '../../lib/errors';
import type { Clock, Conn } from '../../lib/net/network';
import { countedSignal, onBothNetworks, passTime } from '../support/bothNetworks';
import { failureOf, pattern, readAll } from '../support/bytes';
import { SpecSource } from '../support/dataSource';
import { fakeClock, settle, type FakeClock } from '../support/fakeClock';
import { rejects } from '../support/storageHelpers';

const never = new AbortController().signal;

/** When each of these bytes was through, in milliseconds from the beginning. */
async function spent(clock: FakeClock, pace: Pace, ...amounts: number[]): Promise<number[]> {
  const began = clock.now();
  const times: number[] = [];
  const all = (async () => {
    for (const amount of amounts) {
      await pace.spend(amount, never);
      times.push(clock.now() - began);
    }
  })();
  await passTime(clock, 1, all);
  return times;
}

describe('a pace', () => {
  it('lets so many bytes a second through, and no more', async () => {
    const clock = fakeClock();
    const pace = new Pace(clock, 1000);
    expect(await spent(clock, pace, 100, 100, 1, 500, 299)).to.deep.equal([100, 200, 201, 701, 1000]);
  });

  it('does not make up for a pause by more than a slice', async () => {
    const clock = fakeClock();
    const pace = new Pace(clock, 1000);
    await clock.advance(60_000);
    expect(await spent(clock, pace, 100, 100, 100)).to.deep.equal([0, 100, 200]);
  });

  it('makes up for timers that are late', async () => {
    const clock = fakeClock();
    // Each pause takes 30 ms longer than it was asked for, as a busy process's do.
    const late: Clock = { now: () => clock.now(), after: (ms, fn) => clock.after(ms + 30, fn) };
    const pace = new Pace(late, 1000);
    const times = await spent(clock, pace, ...Array<number>(10).fill(100));
    expect(times.at(-1)).to.equal(1030);
  });

  for (const [rate, slice] of [
    [1, 1],
    [9, 1],
    [1000, 100],
    [1024 * 1024, 104_857],
    [1024 ** 4, 1024 * 1024],
    [Number.MAX_SAFE_INTEGER, 1024 * 1024],
  ] as const) {
    it(`of ${rate} bytes a second moves ${slice} at once`, () => {
      const pace = new Pace(fakeClock(), rate);
      expect(pace.slice).to.equal(slice);
      const bytes = pattern(Math.min(5000, slice * 10 + 1));
      const pieces = [...pace.pieces([bytes, Buffer.alloc(0), bytes])];
      expect(Buffer.concat(pieces).equals(Buffer.concat([bytes, bytes]))).to.equal(true);
      expect(Math.max(...pieces.map(({ length }) => length))).to.equal(Math.min(slice, bytes.length));
    });
  }

  it('is alive while it waits, and only then', async () => {
    const clock = fakeClock();
    const pace = new Pace(clock, 10);
    expect(pace.signsOfLife()).to.equal(pace.signsOfLife());
    const spending = pace.spend(100, never);
    expect(pace.signsOfLife()).to.not.equal(pace.signsOfLife());
    await clock.advance(10_000);
    await spending;
    expect(pace.signsOfLife()).to.equal(pace.signsOfLife());
  });

  it('ends its wait with the signal, whose listener and timer are gone then', async () => {
    const clock = fakeClock();
    const pace = new Pace(clock, 10);
    const { signal, abort, listeners } = countedSignal();
    const spending = pace.spend(1000, signal);
    expect([clock.pending, listeners()]).to.deep.equal([1, 1]);
    const reason = new TwinportError('aborted', 'on purpose');
    abort(reason);
    expect(await failureOf(spending)).to.equal(reason);
    expect([clock.pending, listeners()]).to.deep.equal([0, 0]);
    expect(pace.signsOfLife()).to.equal(pace.signsOfLife());
    expect(await failureOf(pace.spend(1, signal))).to.equal(reason);
  });

  it('is none where none is asked for, and is a whole number of bytes', async () => {
    expect(paceOf(undefined, fakeClock())).to.equal(undefined);
    for (const rate of [0, -1, 1.5, NaN, Infinity]) {
      expect(await rejects('invalid-argument', () => paceOf(rate, fakeClock()))).to.contain('limitRate');
    }
  });
});

describe('moving at a pace', () => {
  const RATE = 100_000;
  const BYTES = pattern(350_123);
  /** To the millisecond, but for what each of 36 waits rounds up. */
  const WHOLE = (BYTES.length / RATE) * 1000;

  /** Milliseconds until it was over. */
  async function timed(clock: FakeClock, work: Promise<unknown>): Promise<number> {
    const began = clock.now();
    await passTime(clock, 1, work);
    await work;
    return clock.now() - began;
  }

  class Kept implements Sink {
    readonly pieces: Buffer[] = [];
    write(chunks: readonly Uint8Array[]): void {
      this.pieces.push(Buffer.concat(chunks));
    }
  }

  onBothNetworks((ground) => {
    it('a file is sent no faster', async () => {
      const { clock, net } = ground();
      const { dialled, accepted } = await net.pair();
      const received = readAll(accepted);
      const pace = new Pace(clock, RATE);
      const progress: number[] = [];
      const how = { length: BYTES.length, signal: never, pace, onProgress: (bytes: number) => progress.push(bytes) };
      const sending = sendFile(dialled, new SpecSource(BYTES, { soon: true }), how);
      expect(await timed(clock, sending)).to.be.within(WHOLE, WHOLE + 50);
      await dialled.end();
      expect((await received).equals(BYTES)).to.equal(true);
      const steps = progress.map((bytes, at) => bytes - (progress[at - 1] ?? 0));
      expect(Math.max(...steps)).to.equal(pace.slice);
    });

    it('a stream is sent no faster, however large its chunks', async () => {
      const { clock, net } = ground();
      const { dialled, accepted } = await net.pair();
      const received = readAll(accepted);
      const sending = sendChunks(dialled, [BYTES.subarray(0, 300_000), Buffer.alloc(0), BYTES.subarray(300_000)], {
        signal: never,
        pace: new Pace(clock, RATE),
      });
      expect(await timed(clock, sending)).to.be.within(WHOLE, WHOLE + 50);
      const digest = new RunningDigest();
      digest.update(BYTES);
      expect(await sending).to.deep.equal(digest.finish());
      await dialled.end();
      expect((await received).equals(BYTES)).to.equal(true);
    });

    for (const prompt of [false, true]) {
      it(`bytes are taken no faster${prompt ? ', promptly' : ''}`, async () => {
        const { clock, net } = ground();
        const { dialled, accepted } = await net.pair({ bulk: true });
        const sink = new Kept();
        const pace = new Pace(clock, RATE);
        const receiving = receive(dialled, sink, { signal: never, pace, prompt });
        const sending = accepted.write(BYTES).then(() => accepted.end());
        expect(await timed(clock, receiving)).to.be.within(WHOLE, WHOLE + 100);
        await sending;
        expect(Buffer.concat(sink.pieces).equals(BYTES)).to.equal(true);
        expect(Math.max(...sink.pieces.map(({ length }) => length))).to.be.at.most(pace.slice);
      });
    }

    it('a counted body is taken to its last byte and no further', async () => {
      const { clock, net } = ground();
      const { dialled, accepted } = await net.pair();
      const sink = new Kept();
      const receiving = receive(dialled, sink, { signal: never, pace: new Pace(clock, RATE), length: 25_000 });
      await accepted.write(BYTES.subarray(0, 30_000));
      expect(await timed(clock, receiving)).to.be.within(250, 260);
      expect(Buffer.concat(sink.pieces).equals(BYTES.subarray(0, 25_000))).to.equal(true);
    });

    const moves: readonly [what: string, move: (conn: Conn, pace: Pace, signal: AbortSignal) => Promise<unknown>][] = [
      [
        'sending a file',
        (conn, pace, signal) => sendFile(conn, new SpecSource(BYTES), { length: 350_123, pace, signal }),
      ],
      ['sending a stream', (conn, pace, signal) => sendChunks(conn, [BYTES], { pace, signal })],
      ['receiving', (conn, pace, signal) => receive(conn, { write: () => undefined }, { pace, signal })],
    ];
    for (const [what, move] of moves) {
      it(`an abort is heard while ${what} waits`, async () => {
        const { clock, net } = ground();
        const { dialled, accepted } = await net.pair();
        accepted.write(BYTES.subarray(0, 20_000)).catch(() => undefined);
        const { signal, abort, listeners } = countedSignal();
        // A byte a minute or so: it waits for certain.
        const moving = move(dialled, new Pace(clock, 1), signal);
        moving.catch(() => undefined);
        for (let i = 0; i < 1000 && clock.pending === 0; i += 1) await settle(1);
        expect(clock.pending).to.equal(1);
        const reason = new TwinportError('aborted', 'on purpose');
        abort(reason);
        expect(await failureOf(moving)).to.equal(reason);
        expect([clock.pending, listeners()]).to.deep.equal([0, 0]);
      });
    }
  });
});
