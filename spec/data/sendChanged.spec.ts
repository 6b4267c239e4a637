import { expect } from 'chai';
import { RunningDigest } from '../../lib/data/digest';
import { sendFile, type SendOptions } from '../../lib/data/send';
import { failureOf, pattern, readAll } from '../support/bytes';
import { SpecSource } from '../support/dataSource';
import { memoryPair } from '../support/memoryConn';

const MIB = 1024 * 1024;
const LENGTH = 3 * MIB;
const never = new AbortController().signal;
const ends = [
  { address: '', port: 1 },
  { address: '', port: 2 },
] as const;

/** Sends to somebody who takes everything; what became of it. */
function send(source: SpecSource, options: Partial<SendOptions> = {}) {
  const [dialled, accepted] = memoryPair({ capacity: 64 * MIB }, ...ends);
  const received = readAll(accepted);
  const sending = sendFile(dialled, source, { length: LENGTH, signal: never, ...options });
  void sending.then(
    () => dialled.end(),
    () => dialled.reset(),
  );
  received.catch(() => undefined);
  return { sending, received };
}

/** Runs once, when the sender reads at `position`. */
function when(source: SpecSource, position: number, change: () => void): void {
  source.onRead = (at) => {
    if (at !== position) return;
    source.onRead = () => undefined;
    change();
  };
}

/** Somebody writes to the file: other bytes at `at`, and a new time stamp. */
function write(source: SpecSource, at: number, bytes: Uint8Array, later = 1): void {
  const length = Math.max(source.bytes.length, at + bytes.length);
  const changed = Buffer.alloc(length);
  source.bytes.copy(changed);
  changed.set(bytes, at);
  source.bytes = changed;
  source.modified += later;
}

describe('sending a file that changes meanwhile', () => {
  const refused: Record<string, (source: SpecSource) => void> = {
    'shrinks below what is still to be sent': (source) =>
      when(source, MIB, () => (source.bytes = source.bytes.subarray(0, 2 * MIB))),
    'shrinks to nothing': (source) => when(source, 2 * MIB, () => (source.bytes = Buffer.alloc(0))),
    'shrinks behind the sender': (source) =>
      when(source, 2 * MIB, () => {
        const { bytes } = source;
        source.read = (into, position) => (bytes.copy(into, 0, position), into.length);
        source.bytes = bytes.subarray(0, 10);
      }),
    'is rewritten at the same size': (source) => when(source, 2 * MIB, () => write(source, 0, Buffer.from('other'))),
    'is rewritten at the same size before it is read': (source) =>
      when(source, 0, () => write(source, MIB, Buffer.from('other'))),
    'is rewritten at the same size within one tick of its time stamp': (source) =>
      when(source, 2 * MIB, () => write(source, 5, Buffer.from('other'), 0)),
    'is rewritten and grows': (source) =>
      when(source, 2 * MIB, () => {
        write(source, 5, Buffer.from('other'));
        write(source, LENGTH, Buffer.from('more'));
      }),
    'is rewritten and grows, all within one tick of its time stamp': (source) =>
      when(source, 2 * MIB, () => {
        write(source, 5, Buffer.from('other'), 0);
        write(source, LENGTH, Buffer.from('more'), 0);
      }),
  };
  for (const [what, change] of Object.entries(refused)) {
    it(`refuses one that ${what}`, async () => {
      const source = new SpecSource(pattern(LENGTH));
      change(source);
      expect((await failureOf(send(source).sending)).code).to.equal('changed');
    });
  }

  it('refuses one that is rewritten at the same size and given its old time back', async () => {
    const source = new SpecSource(pattern(LENGTH), { version: 'a' });
    when(source, 2 * MIB, () => {
      write(source, 5, Buffer.from('other'), 0);
      // The storage knows that something happened, and is not sure yet of what it holds now.
      source.version = undefined;
    });
    expect((await failureOf(send(source).sending)).code).to.equal('changed');
  });

  it('reads one twice only where its mark does not vouch for it', async () => {
    for (const [version, times] of [
      ['a', 1],
      [undefined, 2],
    ] as const) {
      const source = new SpecSource(pattern(LENGTH), version === undefined ? {} : { version });
      let read = 0;
      const { read: reading } = source;
      source.read = async (into, position) => {
        const got = await reading.call(source, into, position);
        read += got;
        return got;
      };
      await send(source).sending;
      expect(read).to.equal(times * LENGTH);
    }
  });

  it('accepts one whose mark changed and whose bytes did not, as with a chmod', async () => {
    const source = new SpecSource(pattern(LENGTH), { version: 'a' });
    when(source, 2 * MIB, () => (source.version = 'b'));
    expect((await send(source).sending).length).to.equal(LENGTH);
  });

  for (const [how, later] of [
    ['', 1],
    [' within one tick of its time stamp', 0],
  ] as const) {
    it(`accepts one that only grows${how}, and sends what was announced`, async () => {
      const bytes = pattern(LENGTH);
      const source = new SpecSource(bytes);
      when(source, 2 * MIB, () => write(source, LENGTH, pattern(MIB, 7), later));
      const { sending, received } = send(source);
      expect((await sending).length).to.equal(LENGTH);
      expect((await received).equals(bytes)).to.equal(true);
    });
  }

  it('judges a range by the range, and the prefix that its digest holds', async () => {
    const offset = MIB;
    const make = (): { source: SpecSource; options: Partial<SendOptions> } => {
      const source = new SpecSource(pattern(LENGTH));
      const digest = new RunningDigest();
      digest.update(source.bytes.subarray(0, offset));
      return { source, options: { offset, length: MIB, digest } };
    };
    const outcome = async (at: number): Promise<string> => {
      const { source, options } = make();
      when(source, offset, () => {
        write(source, LENGTH, Buffer.from('more'));
        write(source, at, Buffer.from('other'));
      });
      return send(source, options).sending.then(
        () => 'sent',
        (error: { code: string }) => error.code,
      );
    };
    // Where it reads: the change is what it sends, and what it reads again. Before it, the prefix is stale.
    expect(await outcome(10)).to.equal('changed');
    expect(await outcome(2 * MIB + 10)).to.equal('sent');
  });

  it('refuses one that grew, was rewritten, and shrank before it could be read again', async () => {
    const source = new SpecSource(pattern(LENGTH));
    when(source, 2 * MIB, () => write(source, LENGTH, Buffer.from('more')));
    const { restat } = source;
    source.restat = async () => {
      const now = await restat.call(source);
      source.bytes = source.bytes.subarray(0, 10);
      return now;
    };
    expect((await failureOf(send(source).sending)).code).to.equal('changed');
  });

  it('judges a range by the range alone when its digest holds no more', async () => {
    for (const [at, expected] of [
      [10, 'sent'],
      [MIB + 10, 'changed'],
      [2 * MIB + 10, 'sent'],
    ] as const) {
      const source = new SpecSource(pattern(LENGTH));
      const { restat } = source;
      source.restat = async () => {
        write(source, LENGTH, Buffer.from('more'));
        write(source, at, Buffer.from('other'));
        return restat.call(source);
      };
      const outcome = await send(source, { offset: MIB, length: MIB }).sending.then(
        () => 'sent',
        (error: { code: string }) => error.code,
      );
      expect(outcome, `written at ${at}`).to.equal(expected);
    }
  });

  it('refuses one that ended early, whatever it looks like afterwards', async () => {
    const source = new SpecSource(pattern(LENGTH));
    const read = source.read.bind(source);
    source.read = (into, position) => (position >= MIB ? 0 : read(into, position));
    expect((await failureOf(send(source).sending)).code).to.equal('changed');
  });

  it('lets whoever receives see a reset where the file fell short, never an end', async () => {
    const source = new SpecSource(pattern(LENGTH));
    when(source, 2 * MIB, () => (source.bytes = source.bytes.subarray(0, MIB)));
    const { sending, received } = send(source);
    await failureOf(sending);
    expect((await failureOf(received)).code).to.equal('connection-lost');
  });

  it('reads again with its signal', async () => {
    const source = new SpecSource(pattern(LENGTH));
    const controller = new AbortController();
    when(source, 2 * MIB, () => write(source, LENGTH, Buffer.from('more')));
    const { restat } = source;
    source.restat = async () => {
      const now = await restat.call(source);
      controller.abort('enough');
      return now;
    };
    expect((await failureOf(send(source, { signal: controller.signal }).sending)).code).to.equal('aborted');
  });
});
