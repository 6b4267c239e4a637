import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connect } from '../lib/client';
import { dialects } from '../lib/dialectInfo';
import type { DialectName } from '../lib/dialects/registry';
import { isTwinportError, TwinportError } from '../lib/errors';
import type { ServerOptions } from '../lib/server';
import { memoryStorage, type MemoryStorage } from '../lib/storage/memory';
import { settle } from './support/fakeClock';
import { Bench, CLIENT, SERVER } from './support/ftBench';
import { pattern } from './support/storageHelpers';

const OLD = pattern(1000);

/** What came of puts of so many bytes each, all at once, each by a client of its own; and time passes meanwhile. */
async function puts(bench: Bench, dialect: DialectName, port: number, sizes: readonly number[]): Promise<string[]> {
  const { clock } = bench;
  let over = false;
  const all = Promise.all(
    sizes.map(async (size, at) => {
      const network = bench.machine(CLIENT);
      try {
        const client = await connect({ host: SERVER, port, dialect, network, clock });
        try {
          await client.put(Readable.from([pattern(size)]), `new${at}`);
          return 'done';
        } finally {
          await client.close();
        }
      } catch (error) {
        if (!isTwinportError(error)) throw error;
        return error.reply === undefined ? error.code : `${error.code} ${error.reply}`;
      }
    }),
  ).finally(() => (over = true));
  for (let i = 0; i < 500 && !over; i += 1) await clock.advance(100);
  return all;
}

async function serving(
  dialect: DialectName,
  options: ServerOptions,
  body: (bench: Bench, port: number, storage: MemoryStorage) => Promise<void>,
  storage = memoryStorage({ old: OLD }),
): Promise<void> {
  const bench = new Bench({ writable: true, ...options, storage });
  const { port } = await bench.server.listen(0, { dialect });
  bench.port = port;
  await body(bench, port, storage);
  await settle();
  await bench.close();
}

describe('the quota of a server, in every language', () => {
  for (const { name, verbs } of dialects()) {
    if (!verbs.includes('put')) continue;

    it(`${name}: what would be beyond is refused, and leaves nothing`, async () => {
      await serving(name, { quotaBytes: 100_000 }, async (bench, port, storage) => {
        const [outcome] = await puts(bench, name, port, [99_001]);
        expect(outcome).to.be.oneOf(name === 'ft' ? ['refused 552'] : ['refused', 'connection-lost']);
        expect(await storage.measure?.('', 100)).to.deep.equal({ bytes: 1000, files: 1 });
        const failed = bench.events.filter(({ phase }) => phase === 'failed');
        expect(failed.map(({ error }) => error?.code)).to.deep.equal(['quota']);
        expect(await puts(bench, name, port, [99_000])).to.deep.equal(['done']);
      });
    });

    it(`${name}: of many at once no more are let in than there is room for`, async () => {
      // The storage has not a byte more than the quota: an overrun would be another error.
      const storage = memoryStorage({ old: OLD }, { maxBytes: 51_000 });
      await serving(
        name,
        { quotaBytes: 51_000, quotaFiles: 6 },
        async (bench, port) => {
          await puts(bench, name, port, Array<number>(20).fill(10_000));
          for (let i = 0; i < 5; i += 1) await puts(bench, name, port, [10_000]);
          const codes = bench.events.flatMap(({ error }) => (error === undefined ? [] : [error.code]));
          expect(new Set(codes)).to.deep.equal(new Set(['quota']));
          expect(await storage.measure?.('', 100)).to.deep.equal({ bytes: 51_000, files: 6 });
        },
        storage,
      );
    });
  }
});

describe('the quota of a server', () => {
  it('refuses a declared size before the data connection, and discards what proves too much in the middle', async () => {
    await serving('ft', { quotaBytes: 2_000_000 }, async (bench, _port, storage) => {
      const peer = await bench.dial();
      const door = await bench.door();
      await peer.send(`-p --size=1999001 --modify=20200102030405 --confirm big ${door.port}\n`);
      expect(await peer.line()).to.match(/^552 That would be over the quota: 2000000 bytes/);
      expect(door.conns.length).to.equal(0);
      await peer.send(`-p --modify=20200102030405 big ${door.port}\n`);
      expect(await peer.line()).to.match(/^150 /);
      const data = await door.next();
      data.conn.write(pattern(3_000_000)).catch(() => undefined);
      expect(await peer.line()).to.match(/^552 /);
      expect(await data.over()).to.equal('lost');
      expect(await storage.measure?.('', 100)).to.deep.equal({ bytes: 1000, files: 1 });
      await peer.send('-m one\n');
      expect(await peer.line()).to.match(/^226 /);
      await peer.end();
    });
  });

  it('is changed by a reload, and knows then of what is being written', async () => {
    await serving('ft', {}, async (bench, _port, storage) => {
      const peer = await bench.dial();
      const door = await bench.door();
      await peer.send(`-p big ${door.port}\n`);
      expect(await peer.line()).to.match(/^150 /);
      const data = await door.next();
      await data.conn.write(pattern(1_500_000));
      await settle();
      await bench.server.reload({ writable: true, quotaBytes: 2_000_000, quotaFiles: 3 });
      data.conn.write(pattern(1_500_000)).catch(() => undefined);
      expect(await peer.line()).to.match(/^552 /);
      expect(await storage.measure?.('', 100)).to.deep.equal({ bytes: 1000, files: 1 });
      await peer.end();
    });
  });

  it('makes no sense below one', () => {
    for (const which of ['quotaBytes', 'quotaFiles']) {
      expect(() => new Bench({ [which]: 0 }))
        .to.throw(TwinportError)
        .that.satisfies((error: TwinportError) => error.code === 'invalid-argument' && error.message.includes(which));
    }
  });
});
