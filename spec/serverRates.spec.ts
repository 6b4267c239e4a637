import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connect, type Client } from '../lib/client';
import { dialects } from '../lib/dialectInfo';
import type { DialectName } from '../lib/dialects/registry';
import type { ServerOptions } from '../lib/server';
import { memoryStorage } from '../lib/storage/memory';
import { Into } from './support/errandBench';
import { settle } from './support/fakeClock';
import { Bench, SERVER } from './support/ftBench';
import { talk, timed } from './support/rateBench';
import { pattern, rejects } from './support/storageHelpers';

const BYTES = pattern(200_000);
interface Stage {
  readonly bench: Bench;
  /** A client of its own machine. */
  client(at: number, timeout?: number): Promise<Client>;
}

/** A server of this language with these limits, and clients of it. */
async function serving(
  dialect: DialectName,
  options: ServerOptions,
  body: (stage: Stage) => Promise<void>,
): Promise<void> {
  const bench = new Bench({ ...options, storage: memoryStorage({ file: BYTES }), writable: true });
  const { port } = await bench.server.listen(0, { dialect });
  const { clock } = bench;
  const clients: Client[] = [];
  await body({
    bench,
    client: async (at, timeout = 60_000) => {
      const network = bench.machine(`10.0.1.${at}`);
      const client = await connect({ host: SERVER, port, dialect, network, clock, timeout });
      clients.push(client);
      return client;
    },
  });
  const closed = Promise.all(clients.map((client) => client.close()));
  await clock.advance(2000);
  await closed;
  await settle();
  await bench.close();
}

async function getAll(client: Client): Promise<void> {
  const into = new Into();
  await client.get('file', into);
  expect(into.bytes.equals(BYTES)).to.equal(true);
}

describe('the rates of a server, in every language', () => {
  for (const { name, verbs } of dialects()) {
    for (const verb of ['get', 'put'] as const) {
      if (!verbs.includes(verb)) continue;
      for (const which of ['limitRate', 'limitSessionRate'] as const) {
        it(`${name}: a ${verb} keeps to ${which}`, async () => {
          await serving(name, { [which]: 100_000 }, async ({ bench, client }) => {
            const one = await client(1);
            const moving = verb === 'get' ? getAll(one) : one.put(Readable.from([BYTES]), 'new');
            expect(await timed(bench.clock, moving)).to.be.within(1800, 2600 + talk(name));
            const arrived = bench.storage.bytes('new') ?? bench.storage.bytes('1.file') ?? BYTES;
            expect(arrived.equals(BYTES)).to.equal(true);
          });
        });
      }

      it(`${name}: three ${verb}s share limitRate`, async () => {
        await serving(name, { limitRate: 100_000 }, async ({ bench, client }) => {
          const all = [await client(1), await client(2), await client(3)];
          const times: number[] = [];
          const began = bench.clock.now();
          const moving = all.map(async (each, at) => {
            await (verb === 'get' ? getAll(each) : each.put(Readable.from([BYTES]), `new${at}`));
            times.push(bench.clock.now() - began);
          });
          await timed(bench.clock, Promise.all(moving));
          // Together as fast as the server may be, and no one much before the others.
          expect(Math.max(...times)).to.be.within(5500, 7000 + talk(name));
          expect(Math.min(...times)).to.be.at.least(5000);
        });
      });
    }

    it(`${name}: waiting for the server's pace is no stall, at either end`, async () => {
      await serving(name, { limitSessionRate: 5000, stallTimeout: 100 + talk(name) }, async ({ bench, client }) => {
        // What a put's sender can see is how far its kernel and ours are from full: that moves in leaps.
        const one = await client(1, verbs.includes('get') ? 2000 + talk(name) : 60_000);
        // Behind its FIN a client of the small languages waits for ours for ten seconds, and then for nothing.
        const stored = new Promise<void>((resolve) =>
          bench.server.on('transfer', ({ phase }) => phase === 'done' && resolve()),
        );
        const moving = verbs.includes('get') ? getAll(one) : one.put(Readable.from([BYTES]), 'new').then(() => stored);
        expect(await timed(bench.clock, moving)).to.be.within(38_000, 42_000 + talk(name));
      });
    });
  }
});

describe('the rates of a server', () => {
  it('are waited for by the sender of a put, who is told now and then that it is we who wait', async () => {
    await serving('ft', { limitRate: 1000 }, async ({ bench, client }) => {
      const one = await client(1, 15_000);
      expect(await timed(bench.clock, one.put(Readable.from([BYTES]), 'new'))).to.be.within(195_000, 205_000);
    });
  });

  it('let every data connection begin, however little there is and however many share it', async () => {
    const few = BYTES.subarray(0, 3);
    await serving('ft', { limitRate: 1 }, async ({ bench, client }) => {
      const all = await Promise.all(Array.from({ length: 30 }, (_, at) => client(at + 1, 15_000)));
      const took = await timed(
        bench.clock,
        Promise.all(all.map((one, at) => one.put(Readable.from([few]), `new${at}`))),
      );
      // 16 bytes of token are counted in, and not waited for.
      expect(took).to.be.within(60_000, 95_000);
    });
  });

  it('are each direction on its own', async () => {
    await serving('ft', { limitRate: 100_000 }, async ({ bench, client }) => {
      const [one, two] = [await client(1), await client(2)];
      const both = Promise.all([getAll(one), two.put(Readable.from([BYTES]), 'new')]);
      expect(await timed(bench.clock, both)).to.be.within(1800, 2500);
    });
  });

  it('are changed by a reload, for what moves too', async () => {
    await serving('ft', { limitRate: 1000 }, async ({ bench, client }) => {
      const getting = getAll(await client(1));
      getting.catch(() => undefined);
      await bench.clock.advance(10_000);
      await bench.server.reload({ limitRate: 100_000 });
      expect(await timed(bench.clock, getting)).to.be.within(1800, 3200);
    });
  });

  it('leave nothing of a transfer that is aborted while it waits', async () => {
    await serving('ft', { limitRate: 1000 }, async ({ bench, client }) => {
      const [one, two] = [await client(1), await client(2)];
      const gone = new AbortController();
      const first = one.get('file', new Into(), { signal: gone.signal });
      first.catch(() => undefined);
      const second = getAll(two);
      second.catch(() => undefined);
      await bench.clock.advance(5000);
      gone.abort();
      await bench.clock.advance(100);
      await bench.server.reload({ limitRate: 1_000_000 });
      expect(await timed(bench.clock, second)).to.be.at.most(2000);
      await rejects('aborted', () => first);
    });
  });

  it('make no sense below one byte', async () => {
    for (const rate of [0, -1, 1.5, NaN]) {
      for (const which of ['limitRate', 'limitSessionRate']) {
        expect(await rejects('invalid-argument', async () => new Bench({ [which]: rate }))).to.contain(which);
      }
    }
  });
});
