import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { RunningDigest } from '../../lib/data/digest';
import { sendChunks, sendFile } from '../../lib/data/send';
import { TwinportError } from '../../lib/errors';
import type { Conn } from '../../lib/net/network';
import { onBothNetworks } from '../support/bothNetworks';
import { failureOf, pattern, readAll } from '../support/bytes';
import { SpecSource } from '../support/dataSource';
import { settle } from '../support/fakeClock';
import { memoryPair } from '../support/memoryConn';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

const crcOf = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0');

/** A connection that looks at the bytes it was given only when the spec lets it, as a slow network does. */
class LazyConn {
  readonly arrived: Buffer[] = [];
  private readonly waiting: { readonly bytes: Uint8Array; readonly done: () => void }[] = [];
  private readonly conn = memoryPair({ capacity: 0 }, { address: '', port: 0 }, { address: '', port: 0 })[0];

  asConn(): Conn {
    this.conn.write = (bytes) => new Promise((done) => this.waiting.push({ bytes, done }));
    return this.conn;
  }

  get pending(): number {
    return this.waiting.length;
  }

  take(): void {
    const first = this.waiting.shift();
    if (first === undefined) throw new Error('nothing was written');
    this.arrived.push(Buffer.from(first.bytes));
    first.done();
  }
}

describe('sending a file', () => {
  onBothNetworks((ground) => {
    for (const size of [0, 1, 65535, 65536, 65537, MIB - 1, MIB, MIB + 1, 3 * MIB + 5]) {
      it(`sends ${size} bytes, and vouches for them`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const bytes = pattern(size);
        const received = readAll(accepted);
        const facts = await sendFile(dialled, new SpecSource(bytes, { soon: true }), { length: size, signal: never });
        await dialled.end();
        expect((await received).equals(bytes)).to.equal(true);
        expect(facts).to.deep.equal({ length: size, crc32: crcOf(bytes) });
      });
    }

    it('never overwrites what a slow receiver has not taken', async () => {
      const { dialled, accepted } = await ground().net.pair();
      // More than both kernels hold, so that every buffer is wanted again while its bytes still wait.
      const bytes = pattern(24 * MIB + 12_345);
      let sent = 0;
      const onProgress = (count: number): void => void (sent = count);
      const sending = sendFile(dialled, new SpecSource(bytes), { length: bytes.length, signal: never, onProgress });
      sending.catch(() => undefined);
      // Nobody reads: it comes to a stand, long before the end.
      for (let before = -1; before !== sent;) {
        before = sent;
        await settle(50);
      }
      expect(sent).to.be.lessThan(bytes.length);
      const received: Buffer[] = [];
      void sending.then(() => dialled.end());
      for (let chunks = await accepted.read(); chunks !== null; chunks = await accepted.read()) {
        for (const chunk of chunks) received.push(Buffer.from(chunk));
        await settle(1);
      }
      const facts = await sending;
      const all = Buffer.concat(received);
      expect(all.length).to.equal(bytes.length);
      expect(all.equals(bytes)).to.equal(true);
      expect(facts.crc32).to.equal(crcOf(all));
    });

    it('fails when the peer resets', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const source = new SpecSource(pattern(32 * MIB));
      const sending = failureOf(sendFile(dialled, source, { length: 32 * MIB, signal: never }));
      await accepted.read(100_000);
      accepted.reset();
      expect((await sending).code).to.equal('connection-lost');
    });
  });

  it('has three buffers on their way at most, and reads into none of them', async () => {
    const lazy = new LazyConn();
    const bytes = pattern(7 * MIB + 77);
    const sending = sendFile(lazy.asConn(), new SpecSource(bytes), { length: bytes.length, signal: never });
    for (let i = 0; i < 8; i += 1) {
      await settle();
      expect(lazy.pending).to.equal(Math.min(3, 8 - i));
      lazy.take();
    }
    const facts = await sending;
    expect(Buffer.concat(lazy.arrived).equals(bytes)).to.equal(true);
    expect(facts.crc32).to.equal(crcOf(bytes));
  });

  it('is over only when the last byte was handed over', async () => {
    const lazy = new LazyConn();
    let over = false;
    const sending = sendFile(lazy.asConn(), new SpecSource(pattern(10)), { length: 10, signal: never });
    void sending.then(() => (over = true));
    await settle();
    expect([over, lazy.pending]).to.deep.equal([false, 1]);
    lazy.take();
    await sending;
  });

  for (const soon of [false, true]) {
    it(`takes a file that reads in small pieces${soon ? ', later' : ''}`, async () => {
      const [dialled, accepted] = memoryPair({ capacity: 999 }, { address: '', port: 1 }, { address: '', port: 2 });
      const bytes = pattern(100_000);
      const received = readAll(accepted);
      await sendFile(dialled, new SpecSource(bytes, { most: 777, soon }), { length: bytes.length, signal: never });
      await dialled.end();
      expect((await received).equals(bytes)).to.equal(true);
    });
  }

  const pair = () => {
    const ends = memoryPair({ capacity: 64 * MIB }, { address: '', port: 1 }, { address: '', port: 2 });
    return { dialled: ends[0], accepted: ends[1] };
  };

  it('sends a range, and digests that range', async () => {
    const bytes = pattern(3 * MIB);
    for (const [offset, length] of [
      [0, 10],
      [10, 0],
      [1_000_000, 1_100_000],
      [3 * MIB - 1, 1],
      [3 * MIB, 0],
    ] as const) {
      const { dialled, accepted } = pair();
      const facts = await sendFile(dialled, new SpecSource(bytes), { offset, length, signal: never, digest: 'sha256' });
      await dialled.end();
      const range = bytes.subarray(offset, offset + length);
      expect((await readAll(accepted)).equals(range)).to.equal(true);
      const sha256 = createHash('sha256').update(range).digest('hex');
      expect(facts).to.deep.equal({ length, crc32: crcOf(range), sha256 });
    }
  });

  it('continues a digest that holds the prefix', async () => {
    const { dialled } = pair();
    const bytes = pattern(2 * MIB);
    const digest = new RunningDigest();
    digest.update(bytes.subarray(0, 1000));
    const how = { offset: 1000, length: bytes.length - 1000, digest, signal: never };
    expect(await sendFile(dialled, new SpecSource(bytes), how)).to.deep.equal({
      length: bytes.length,
      crc32: crcOf(bytes),
    });
  });

  it('tells how far it is, in bytes of this transfer', async () => {
    const told: number[] = [];
    const { dialled } = pair();
    const length = 2 * MIB + 10;
    const onProgress = (count: number): void => void told.push(count);
    await sendFile(dialled, new SpecSource(pattern(3 * MIB)), { offset: 500, length, signal: never, onProgress });
    expect(told).to.deep.equal([MIB, 2 * MIB, length]);
  });

  it('asks for no memory but what the range needs, and reads nothing outside of it', async () => {
    const { dialled } = pair();
    const source = new SpecSource(pattern(100), { version: 'a' });
    const lengths: number[] = [];
    const read = source.read.bind(source);
    source.read = (into, position) => (
      lengths.push(into.buffer.byteLength, into.length, position),
      read(into, position)
    );
    await sendFile(dialled, source, { offset: 20, length: 30, signal: never });
    // Once to send; once more, as this source vouches for nothing by a version.
    lengths.splice(3);
    expect(lengths).to.deep.equal([30, 30, 20]);
  });

  it('stops with the reason of its signal', async () => {
    const { dialled } = pair();
    const reason = new TwinportError('data-timeout', 'nothing moved');
    const controller = new AbortController();
    const source = new SpecSource(pattern(8 * MIB));
    let reads = 0;
    source.onRead = () => {
      reads += 1;
      if (reads === 2) controller.abort(reason);
    };
    const how = { length: 8 * MIB, signal: controller.signal };
    expect(await failureOf(sendFile(dialled, source, how))).to.equal(reason);
    expect(reads).to.equal(2);
  });

  it('ends with the connection, also while every buffer is on its way', async () => {
    const [narrow] = memoryPair({ capacity: 10 }, { address: '', port: 1 }, { address: '', port: 2 });
    const source = new SpecSource(pattern(8 * MIB));
    const sending = failureOf(sendFile(narrow, source, { length: 8 * MIB, signal: never }));
    await settle();
    narrow.reset();
    expect((await sending).code).to.equal('aborted');
  });
});

describe('sending chunks', () => {
  onBothNetworks((ground) => {
    it('sends them in order, and vouches for them', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const bytes = pattern(300_000);
      const received = readAll(accepted);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        // One buffer for all of them: it may be used again once the next is asked for.
        const one = Buffer.alloc(1000);
        for (let at = 0; at < bytes.length; at += one.length) {
          bytes.copy(one, 0, at);
          yield one;
        }
      }
      const facts = await sendChunks(dialled, chunks(), { signal: never, digest: 'sha256' });
      await dialled.end();
      expect((await received).equals(bytes)).to.equal(true);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(facts).to.deep.equal({ length: bytes.length, crc32: crcOf(bytes), sha256 });
    });
  });

  it('takes a plain list, empty ones too, and none at all', async () => {
    const ends = [
      { address: '', port: 1 },
      { address: '', port: 2 },
    ] as const;
    const [dialled, accepted] = memoryPair({ capacity: 1000 }, ...ends);
    const told: number[] = [];
    const onProgress = (count: number): void => void told.push(count);
    const list = ['one ', '', 'two'].map((text) => Buffer.from(text));
    expect(await sendChunks(dialled, list, { signal: never, onProgress })).to.include({ length: 7 });
    expect(await sendChunks(dialled, [], { signal: never })).to.deep.equal({ length: 0, crc32: '00000000' });
    await dialled.end();
    expect((await readAll(accepted)).toString()).to.equal('one two');
    expect(told).to.deep.equal([4, 7]);
  });

  it('waits for each to be taken before it asks for the next', async () => {
    const lazy = new LazyConn();
    let asked = 0;
    function* chunks(): Generator<Uint8Array> {
      for (; asked < 5; asked += 1) yield Buffer.from([asked]);
    }
    const sending = sendChunks(lazy.asConn(), chunks(), { signal: never });
    for (let i = 0; i < 5; i += 1) {
      await settle();
      expect([asked, lazy.pending]).to.deep.equal([i, 1]);
      lazy.take();
    }
    await sending;
  });

  it('stops with the reason of its signal, and lets go of where the chunks come from', async () => {
    const lazy = new LazyConn();
    const controller = new AbortController();
    const reason = new TwinportError('aborted', 'enough');
    let letGo = false;
    function* chunks(): Generator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('x');
      } finally {
        letGo = true;
      }
    }
    const sending = failureOf(sendChunks(lazy.asConn(), chunks(), { signal: controller.signal }));
    await settle();
    controller.abort(reason);
    lazy.take();
    expect(await sending).to.equal(reason);
    expect([letGo, lazy.arrived.length]).to.deep.equal([true, 1]);
  });
});
