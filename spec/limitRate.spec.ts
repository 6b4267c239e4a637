import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connect, type Client, type ConnectOptions } from '../lib/client';
import { dialects } from '../lib/dialectInfo';
import type { DialectName } from '../lib/dialects/registry';
import { TwinportError } from '../lib/errors';
import { memoryStorage } from '../lib/storage/memory';
import type { RequestOptions } from '../lib/transfers';
import { Into } from './support/errandBench';
import { settle } from './support/fakeClock';
import { Bench, CLIENT, SERVER } from './support/ftBench';
import { talk, timed } from './support/rateBench';
import { pattern, rejects } from './support/storageHelpers';

const BYTES = pattern(200_000);

/** A client and a server of this language; time passes while the client works. */
async function asking(
  dialect: DialectName,
  options: Partial<ConnectOptions>,
  ask: (client: Client, bench: Bench) => Promise<void>,
): Promise<void> {
  const bench = new Bench({ storage: memoryStorage({ file: BYTES, small: 'abc' }), writable: true });
  const { port } = await bench.server.listen(0, { dialect });
  const { clock } = bench;
  const client = await connect({ host: SERVER, port, dialect, network: bench.machine(CLIENT), clock, ...options });
  await ask(client, bench);
  const closed = client.close();
  await clock.advance(2000);
  await closed;
  await settle();
  await bench.close();
}

type Move = (client: Client, options: RequestOptions) => Promise<unknown>;
const MOVES: Readonly<Record<'get' | 'put', Move>> = {
  get: async (client, options) => {
    const into = new Into();
    await client.get('file', into, options);
    expect(into.bytes.equals(BYTES)).to.equal(true);
  },
  put: (client, options) => client.put(Readable.from([BYTES]), 'new', options),
};

describe('a limit on the rate, in every language', () => {
  for (const { name, verbs } of dialects()) {
    for (const verb of ['get', 'put'] as const) {
      if (!verbs.includes(verb)) continue;
      it(`${name}: a ${verb} is no faster, and little slower`, async () => {
        await asking(name, {}, async (client, bench) => {
          const took = await timed(bench.clock, MOVES[verb](client, { limitRate: 100_000 }));
          expect(took).to.be.within(2000, 2600 + talk(name));
          const arrived = bench.storage.bytes('new') ?? bench.storage.bytes('1.file') ?? BYTES;
          expect(arrived.equals(BYTES)).to.equal(true);
        });
      });

      it(`${name}: waiting for a ${verb}'s own pace is no stall`, async () => {
        await asking(name, { timeout: 700 + talk(name) }, async (client, bench) => {
          const small: Move =
            verb === 'get'
              ? (each, options) => each.get('small', new Into(), options)
              : (each, options) => each.put(Readable.from([Buffer.from('abc')]), 'new', options);
          expect(await timed(bench.clock, small(client, { limitRate: 1 }))).to.be.within(3000, 3600 + talk(name));
        });
      });
    }
  }

  it('an abort does not wait for its turn', async () => {
    for (const verb of ['get', 'put'] as const) {
      await asking('ft', {}, async (client, bench) => {
        const controller = new AbortController();
        const work = MOVES[verb](client, { limitRate: 1, signal: controller.signal });
        work.catch(() => undefined);
        await bench.clock.advance(1500);
        controller.abort(new TwinportError('aborted', 'enough'));
        expect(
          await timed(
            bench.clock,
            rejects('aborted', () => work),
          ),
        ).to.be.at.most(100);
        expect(bench.storage.bytes('new')).to.equal(undefined);
      });
    }
  });

  it('a list at a limit is a list', async () => {
    await asking('ft', {}, async (client, bench) => {
      const listing = client.list('', { limitRate: 10 });
      expect(await timed(bench.clock, listing)).to.be.within(1600, 1900);
      expect((await listing).entries.map(({ name }) => name)).to.deep.equal(['.', '..', 'file', 'small']);
    });
  });

  for (const dialect of ['ft', 'framed'] as const) {
    it(`${dialect}: a limit that is none is refused before anything is asked`, async () => {
      await asking(dialect, {}, async (client) => {
        for (const limitRate of [0, -1, 0.5, NaN]) {
          await rejects('invalid-argument', () => client.get('file', new Into(), { limitRate }));
        }
      });
    });
  }
});
