import { expect } from 'chai';
import type { Conn } from '../../lib/net/network';
import { failureOf, joined, pattern, readAll } from './bytes';
import type { Connections } from './connections';
import { settle } from './fakeClock';

/** More than the kernel and our read-ahead hold together on any machine. */
const PLENTY = 64 * 1024 * 1024;

interface Ends {
  /** The end whose reading is under test, and the other. */
  readonly reader: Conn;
  readonly writer: Conn;
}

/** What every `Conn` must keep to, whichever end reads and however it does. */
export function connSuite(net: () => Connections): void {
  const sides: Record<string, () => Promise<Ends>> = {
    'an accepted connection': async () => {
      const { dialled, accepted } = await net().pair();
      return { reader: accepted, writer: dialled };
    },
    'a dialled connection': async () => {
      const { dialled, accepted } = await net().pair();
      return { reader: dialled, writer: accepted };
    },
    'a connection dialled for bulk': async () => {
      const { dialled, accepted } = await net().pair({ bulk: true });
      return { reader: dialled, writer: accepted };
    },
  };
  for (const [name, make] of Object.entries(sides)) {
    describe(name, () => {
      let reader: Conn;
      let writer: Conn;
      beforeEach(async () => {
        ({ reader, writer } = await make());
      });
      const ends = (): Ends => ({ reader, writer });
      reading(ends);
      ending(ends);
      losing(ends);
    });
  }
}

function reading(ends: () => Ends): void {
  for (const gather of [undefined, 1, 1000, 960 * 1024]) {
    it(`reads every byte in order, gathering ${gather ?? 'nothing'}`, async () => {
      const { reader, writer } = ends();
      const bytes = pattern(3_000_001);
      const sent = (async () => {
        for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 300_007) {
          await writer.write(bytes.subarray(at, at + size));
        }
        await writer.end();
      })();
      const received = await readAll(reader, gather);
      await sent;
      expect(received.equals(bytes)).to.equal(true);
      expect(reader.bytesRead).to.equal(bytes.length);
      expect(writer.bytesWritten).to.equal(bytes.length);
    });
  }

  it('gives what is there as soon as one byte is', async () => {
    const { reader, writer } = ends();
    const read = reader.read();
    await writer.write(Buffer.from('x'));
    expect(joined(await read).toString()).to.equal('x');
  });

  it('gathers until there is enough, or until the end', async () => {
    const { reader, writer } = ends();
    // All at once: a reader gathers for a quarter of a second, whatever the load.
    const sent = Promise.all(Array.from({ length: 100 }, (_, count) => writer.write(pattern(3000, count * 3000))));
    const ended = sent.then(() => writer.end());
    const first = joined(await reader.read(200_000));
    expect(first.length).to.be.within(200_000, 300_000);
    const second = joined(await reader.read(200_000));
    expect(Buffer.concat([first, second]).equals(pattern(300_000))).to.equal(true);
    expect(await reader.read(200_000)).to.equal(null);
    await ended;
  });

  it('allows one read at a time, and the first is not harmed by the second', async () => {
    const { reader, writer } = ends();
    const first = reader.read();
    expect((await failureOf(reader.read())).code).to.equal('invalid-argument');
    await writer.write(Buffer.from('first'));
    expect(joined(await first).toString()).to.equal('first');
  });

  it('holds a writer back while nobody reads, and loses nothing by it', async () => {
    const { reader, writer } = ends();
    const block = pattern(64 * 1024);
    const { written, last } = await fill(writer, block);
    expect(reader.bytesRead).to.be.at.most(1.5 * 1024 * 1024);
    const received = readAll(reader, 100_000);
    await last;
    await writer.end();
    const all = await received;
    expect(all.length).to.equal(written);
    for (let at = 0; at < all.length; at += block.length) {
      if (!all.subarray(at, at + block.length).equals(block)) throw new Error(`differs in the block at ${at}`);
    }
  });
}

function ending(ends: () => Ends): void {
  it('reads the end, again and again, and goes on writing', async () => {
    const { reader, writer } = ends();
    await writer.write(Buffer.from('question'));
    await writer.end();
    expect((await readAll(reader)).toString()).to.equal('question');
    expect(await reader.read()).to.equal(null);
    expect(await reader.read(1000)).to.equal(null);
    await reader.write(Buffer.from('answer'));
    await reader.end();
    expect((await readAll(writer)).toString()).to.equal('answer');
    await Promise.all([reader.closed, writer.closed]);
  });

  it('ends first and reads on', async () => {
    const { reader, writer } = ends();
    await reader.end();
    expect(await writer.read()).to.equal(null);
    const sent = writer.write(pattern(500_000)).then(() => writer.end());
    expect((await readAll(reader)).equals(pattern(500_000))).to.equal(true);
    await sent;
    await Promise.all([reader.closed, writer.closed]);
  });

  it('sends its FIN behind everything written', async () => {
    const { reader, writer } = ends();
    const block = pattern(100_000);
    const writes = Array.from({ length: 30 }, () => writer.write(block));
    const end = writer.end();
    expect((await readAll(reader)).length).to.equal(30 * block.length);
    await Promise.all([...writes, end]);
  });

  it('keeps the order of what is written at once, large and small', async () => {
    const { reader, writer } = ends();
    const sizes = [10, 1_000_000, 20, 300_000, 1, 700_001, 5];
    const bytes = pattern(sizes.reduce((sum, size) => sum + size));
    let at = 0;
    const writes = sizes.map((size) => writer.write(bytes.subarray(at, (at += size))));
    const end = writer.end();
    expect((await readAll(reader)).equals(bytes)).to.equal(true);
    await Promise.all([...writes, end]);
    expect(writer.bytesWritten).to.equal(bytes.length);
  });

  // Stall watches look at the count: one large write into a slow link must not look like no movement.
  it('counts a large write as it moves', async () => {
    const { reader, writer } = ends();
    const size = 32 * 1024 * 1024;
    const write = writer.write(Buffer.alloc(size));
    await settle(200);
    expect(writer.bytesWritten).to.be.within(1, size - 1);
    const seen = new Set<number>();
    for (let got = 0; got < size;) {
      seen.add(writer.bytesWritten);
      got += joined(await reader.read()).length;
    }
    await write;
    expect(writer.bytesWritten).to.equal(size);
    expect(seen.size).to.be.above(3);
  });

  it('ends once, and nothing can be written behind', async () => {
    const { reader, writer } = ends();
    await Promise.all([writer.end(), writer.end()]);
    expect((await failureOf(writer.write(Buffer.from('late')))).code).to.equal('invalid-argument');
    expect(await reader.read()).to.equal(null);
  });
}

function losing(ends: () => Ends): void {
  it('settles everything pending when it is destroyed, and may be destroyed twice', async () => {
    const { reader, writer } = ends();
    const read = failureOf(reader.read());
    reader.destroy();
    reader.destroy();
    expect((await read).code).to.equal('aborted');
    expect((await failureOf(reader.read())).code).to.equal('aborted');
    expect((await failureOf(reader.write(Buffer.from('x')))).code).to.equal('aborted');
    expect((await failureOf(reader.end())).code).to.equal('aborted');
    await reader.closed;
    expect(await writer.read()).to.equal(null);
  });

  it('settles a write that nobody reads, and an end behind it, when it is destroyed', async () => {
    const { writer } = ends();
    const { last } = await fill(writer, pattern(64 * 1024));
    const write = failureOf(last);
    const end = failureOf(writer.end());
    writer.destroy();
    expect((await write).code).to.equal('aborted');
    expect((await end).code).to.equal('aborted');
    await writer.closed;
  });

  it('shows a reset to a waiting reader, and to everybody after', async () => {
    const { reader, writer } = ends();
    const read = failureOf(reader.read());
    writer.reset();
    expect((await read).code).to.equal('connection-lost');
    expect((await failureOf(reader.read())).code).to.equal('connection-lost');
    expect((await failureOf(reader.write(Buffer.from('x')))).code).to.equal('connection-lost');
    await Promise.all([reader.closed, writer.closed]);
    expect((await failureOf(writer.read())).code).to.equal('aborted');
  });

  it('shows a reset to a waiting writer', async () => {
    const { reader, writer } = ends();
    const { last } = await fill(writer, pattern(64 * 1024));
    const write = failureOf(last);
    reader.reset();
    expect((await write).code).to.equal('connection-lost');
  });

  for (const size of [1, 1000, 40_000, 300_000, 2_000_000]) {
    it(`never takes a reset behind ${size} unread bytes for an end`, async () => {
      const { reader, writer } = ends();
      const write = writer.write(pattern(size)).catch(() => undefined);
      // Larger ones may not fit between the two.
      if (size <= 40_000) await write;
      writer.reset();
      expect((await failureOf(readAll(reader))).code).to.equal('connection-lost');
      await write;
    });
  }

  it('resets also while its own end is on its way', async () => {
    const { reader, writer } = ends();
    const end = writer.end().catch(() => undefined);
    writer.reset();
    await end;
    await writer.closed;
    await reader.read().catch(() => undefined);
  });

  it('learns that its peer is gone', async () => {
    const { reader, writer } = ends();
    writer.destroy();
    expect(await reader.read()).to.equal(null);
    const lost = async (): Promise<void> => {
      for (;;) {
        await reader.write(Buffer.from('anybody?'));
        await settle(1);
      }
    };
    expect((await failureOf(lost())).code).to.equal('connection-lost');
    await reader.closed;
  });
}

/** Writes until a write stays pending, with nobody reading. */
async function fill(writer: Conn, block: Uint8Array): Promise<{ written: number; last: Promise<void> }> {
  for (let written = block.length; written < PLENTY; written += block.length) {
    const last = writer.write(block);
    const held = await Promise.race([last.then(() => false), settle(200).then(() => true)]);
    if (held) return { written, last };
  }
  throw new Error(`${PLENTY} bytes went to somebody who does not read`);
}
