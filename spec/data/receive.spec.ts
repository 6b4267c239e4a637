import { expect } from 'chai';
import { RunningDigest } from '../../lib/data/digest';
import { receive, type ReceiveOptions, type Sink } from '../../lib/data/receive';
import { TwinportError } from '../../lib/errors';
import { onBothNetworks } from '../support/bothNetworks';
import { failureOf, pattern } from '../support/bytes';
import { settle } from '../support/fakeClock';
import { memoryPair } from '../support/memoryConn';
import { cuts } from '../support/splits';

const KIB = 1024;
const MIB = 1024 * KIB;
const never = new AbortController().signal;
const ends = [
  { address: '', port: 1 },
  { address: '', port: 2 },
] as const;

/** Keeps what it is given, at the place it is given it for. `slow` ones take their time, and look only at the end of it. */
class SpecSink implements Sink {
  bytes = Buffer.alloc(0);
  readonly writes: { readonly position: number; readonly length: number }[] = [];
  busy = false;

  constructor(private readonly slow = false) {}

  write(chunks: readonly Uint8Array[], position: number): void | Promise<void> {
    if (this.busy) throw new Error('written to before the last write was over');
    if (!this.slow) return this.keep(chunks, position);
    this.busy = true;
    return (async () => {
      await settle(3);
      this.busy = false;
      this.keep(chunks, position);
    })();
  }

  private keep(chunks: readonly Uint8Array[], position: number): void {
    const some = Buffer.concat(chunks);
    this.writes.push({ position, length: some.length });
    const whole = Buffer.alloc(Math.max(this.bytes.length, position + some.length));
    whole.set(this.bytes);
    whole.set(some, position);
    this.bytes = whole;
  }
}

const take = (sink: Sink, options: Partial<ReceiveOptions> = {}): [Sink, ReceiveOptions] => [
  sink,
  { signal: never, ...options },
];

describe('receiving', () => {
  onBothNetworks((ground) => {
    for (const bulk of [false, true]) {
      for (const slow of [false, true]) {
        const how = `${bulk ? 'into reused buffers' : 'as accepted'}, ${slow ? 'written slowly' : 'written at once'}`;
        it(`takes every byte up to the end, ${how}`, async () => {
          const { dialled, accepted } = await ground().net.pair({ bulk });
          const bytes = pattern(8 * MIB + 321);
          const sink = new SpecSink(slow);
          const digest = new RunningDigest();
          const received = receive(dialled, ...take(sink, { digest }));
          for (let at = 0; at < bytes.length; at += 100_000) await accepted.write(bytes.subarray(at, at + 100_000));
          await accepted.end();
          expect(await received).to.equal(bytes.length);
          expect(sink.bytes.equals(bytes)).to.equal(true);
          const expected = new RunningDigest();
          expected.update(bytes);
          expect(digest.finish()).to.deep.equal(expected.finish());
          // Few large writes: each but the last is full.
          expect(sink.writes.length).to.be.at.most(Math.ceil(bytes.length / (960 * KIB)));
        });
      }
    }

    for (const size of [0, 1, 65535, 65536, 65537]) {
      it(`takes ${size} bytes up to the end`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const bytes = pattern(size);
        const sink = new SpecSink();
        const received = receive(accepted, ...take(sink));
        await dialled.write(bytes);
        await dialled.end();
        expect(await received).to.equal(size);
        expect(sink.bytes.equals(bytes)).to.equal(true);
      });
    }

    it('stops at its length without an end, and leaves what is too much out', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const bytes = pattern(2 * MIB);
      const sink = new SpecSink();
      const digest = new RunningDigest();
      const length = 1_500_000;
      const sending = dialled.write(bytes);
      expect(await receive(accepted, ...take(sink, { length, digest }))).to.equal(length);
      expect(sink.bytes.equals(bytes.subarray(0, length))).to.equal(true);
      expect(digest.length).to.equal(length);
      sending.catch(() => undefined);
    });

    it('returns what there is when the end comes early', async () => {
      const { dialled, accepted } = await ground().net.pair();
      await dialled.write(pattern(1000));
      await dialled.end();
      const sink = new SpecSink();
      expect(await receive(accepted, ...take(sink, { length: 1001 }))).to.equal(1000);
      expect(sink.bytes.equals(pattern(1000))).to.equal(true);
    });

    it('rejects when the peer resets, and never calls that an end', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const sink = new SpecSink();
      const received = failureOf(receive(accepted, ...take(sink, { length: 5000 })));
      await dialled.write(pattern(1000));
      await settle();
      dialled.reset();
      expect((await received).code).to.equal('connection-lost');
    });

    it('ends with the connection when that is given up', async () => {
      const { accepted } = await ground().net.pair();
      const received = failureOf(receive(accepted, ...take(new SpecSink())));
      accepted.reset();
      expect((await received).code).to.equal('aborted');
    });
  });

  const pair = (segment?: number) => {
    const [dialled, accepted] = memoryPair({ capacity: 4 * MIB, ...(segment !== undefined && { segment }) }, ...ends);
    return { dialled, accepted };
  };

  it('keeps exactly its length, wherever the bytes are cut', async () => {
    const bytes = pattern(40);
    for (const length of [0, 1, 20, 39, 40]) {
      for (const { how, chunks } of cuts(bytes)) {
        for (const prompt of [false, true]) {
          const { dialled, accepted } = pair(1000);
          for (const chunk of chunks) void dialled.write(chunk);
          const sink = new SpecSink();
          const digest = new RunningDigest();
          expect(await receive(accepted, ...take(sink, { length, prompt, digest })), how).to.equal(length);
          expect(sink.bytes.equals(bytes.subarray(0, length)), how).to.equal(true);
          expect(digest.length).to.equal(length);
        }
      }
    }
  });

  it('reads nothing for a length of 0', async () => {
    const { accepted } = pair();
    const sink = new SpecSink();
    expect(await receive(accepted, ...take(sink, { length: 0 }))).to.equal(0);
    expect(sink.writes).to.deep.equal([]);
  });

  it('writes nothing that is empty', async () => {
    const { dialled, accepted } = pair(10);
    const lengths: number[] = [];
    for (const piece of [pattern(10), pattern(10), pattern(10)]) void dialled.write(piece);
    // More arrives at once than is asked for; what is cut away leaves no empty piece behind.
    const read = accepted.read.bind(accepted);
    accepted.read = () => read(30);
    const sink: Sink = { write: (chunks) => void lengths.push(...chunks.map((chunk) => chunk.length)) };
    expect(await receive(accepted, ...take(sink, { length: 20 }))).to.equal(20);
    expect(lengths).to.deep.equal([10, 10]);
  });

  it('writes from the position it is given', async () => {
    const { dialled, accepted } = pair();
    void dialled.write(pattern(3 * MIB));
    const sink = new SpecSink();
    await receive(accepted, ...take(sink, { position: 1000, length: 3 * MIB }));
    expect(sink.bytes.subarray(1000).equals(pattern(3 * MIB))).to.equal(true);
    expect(sink.writes[0]?.position).to.equal(1000);
    let at = 1000;
    for (const { position, length } of sink.writes) {
      expect(position).to.equal(at);
      at += length;
    }
  });

  it('continues a digest that holds the prefix', async () => {
    const { dialled, accepted } = pair();
    const digest = new RunningDigest();
    digest.update(pattern(1000));
    await dialled.write(pattern(500, 1000));
    await dialled.end();
    await receive(accepted, ...take(new SpecSink(), { position: 1000, digest }));
    const whole = new RunningDigest();
    whole.update(pattern(1500));
    expect(digest.finish()).to.deep.equal(whole.finish());
  });

  it('gathers unless every byte matters at once', async () => {
    for (const prompt of [false, true]) {
      const { dialled, accepted } = pair();
      const sink = new SpecSink();
      const received = receive(accepted, ...take(sink, { prompt }));
      for (const text of ['one', 'two', 'three']) {
        await dialled.write(Buffer.from(text));
        await settle();
      }
      expect(sink.bytes.toString()).to.equal(prompt ? 'onetwothree' : '');
      await dialled.end();
      expect(await received).to.equal(11);
      expect(sink.bytes.toString()).to.equal('onetwothree');
      expect(sink.writes.length).to.equal(prompt ? 3 : 1);
    }
  });

  it('refuses more than was announced, and keeps none of it', async () => {
    for (const announced of [0, 999]) {
      const { dialled, accepted } = pair();
      await dialled.write(pattern(1000));
      await dialled.end();
      const sink = new SpecSink();
      const error = await failureOf(receive(accepted, ...take(sink, { atMost: () => announced })));
      expect(error.code).to.equal('protocol');
      expect(error.message).to.equal(`the peer sent more than the ${announced} bytes it announced`);
      expect(sink.writes).to.deep.equal([]);
    }
  });

  it('accepts as much as was announced, which may become known meanwhile', async () => {
    const { dialled, accepted } = pair();
    const sink = new SpecSink();
    let most: number | undefined = undefined;
    const received = failureOf(receive(accepted, ...take(sink, { atMost: () => most, prompt: true })));
    await dialled.write(pattern(600));
    await settle();
    most = 1000;
    await dialled.write(pattern(400, 600));
    await settle();
    expect(sink.bytes.equals(pattern(1000))).to.equal(true);
    await dialled.write(pattern(1, 1000));
    expect((await received).code).to.equal('protocol');
    expect(sink.bytes.length).to.equal(1000);
  });

  it('tells how far it is once that much is written', async () => {
    const { dialled, accepted } = pair();
    const sink = new SpecSink(true);
    const told: [told: number, written: number][] = [];
    const onProgress = (count: number): void => void told.push([count, sink.bytes.length]);
    const received = receive(accepted, ...take(sink, { onProgress, prompt: true, position: 5 }));
    await dialled.write(pattern(10));
    await settle();
    await dialled.write(pattern(20, 10));
    await dialled.end();
    await received;
    expect(told).to.deep.equal([
      [10, 15],
      [30, 35],
    ]);
  });

  it('hands on what the sink rejects with, and reads no further', async () => {
    const failure = new TwinportError('no-space', 'the disk is full');
    const full: Sink[] = [
      {
        write: () => {
          throw failure;
        },
      },
      { write: () => Promise.reject(failure) },
    ];
    for (const sink of full) {
      const { dialled, accepted } = pair();
      await dialled.write(pattern(1000));
      expect(await failureOf(receive(accepted, ...take(sink, { prompt: true })))).to.equal(failure);
      await dialled.write(pattern(10));
      expect(Buffer.concat((await accepted.read()) ?? []).length).to.equal(10);
    }
  });

  it('writes nothing more once its signal has fired, and says why', async () => {
    const { dialled, accepted } = pair();
    const reason = new TwinportError('data-timeout', 'nothing moved');
    const controller = new AbortController();
    const sink = new SpecSink();
    const received = failureOf(receive(accepted, ...take(sink, { signal: controller.signal, prompt: true })));
    await dialled.write(pattern(10));
    await settle();
    controller.abort(reason);
    await dialled.write(pattern(10, 10));
    expect(await received).to.equal(reason);
    expect(sink.bytes.length).to.equal(10);
  });
});
