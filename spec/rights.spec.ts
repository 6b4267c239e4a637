import { expect } from 'chai';
import { connect, type Client } from '../lib/client';
import { dialects, type DialectInfo } from '../lib/dialectInfo';
import { isTwinportError } from '../lib/errors';
import { createServer } from '../lib/server';
import { memoryStorage } from '../lib/storage/memory';
import type { Right } from '../lib/wire/rights';
import { Bench, CLIENT, SERVER, type BenchOptions } from './support/ftBench';
import { Into } from './support/errandBench';
import { settle } from './support/fakeClock';
import { Readable } from 'node:stream';
import { rejects } from './support/storageHelpers';

/** What the rights let reach the storage itself, whatever the language above them: by the name of the call. */
function spied(): { storage: ReturnType<typeof memoryStorage>; calls: string[] } {
  const calls: string[] = [];
  const storage = memoryStorage({ file: 'text' });
  const spy = new Proxy(storage, {
    get(target, name: keyof typeof storage) {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        calls.push(name);
        return (member as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { storage: spy, calls };
}

const NEED = { list: 'list', get: 'read', put: 'write' } as const;

/** What one request of a client came to: its error, or undefined. */
async function outcome(bench: Bench, work: Promise<unknown>): Promise<unknown> {
  let settled: { error?: unknown } | undefined;
  work.then(
    () => (settled = {}),
    (error: unknown) => (settled = { error }),
  );
  for (let i = 0; i < 60 && settled === undefined; i += 1) await bench.clock.advance(500);
  if (settled === undefined) throw new Error('the request does not end');
  return settled.error;
}

async function asking(
  { name }: Pick<DialectInfo, 'name'>,
  options: BenchOptions,
  ask: (client: Client, bench: Bench) => Promise<void>,
): Promise<void> {
  const bench = new Bench(options);
  const { port } = await bench.server.listen(0, { dialect: name });
  const { clock } = bench;
  const client = await connect({ host: SERVER, port, dialect: name, network: bench.machine(CLIENT), clock });
  await ask(client, bench);
  const closed = client.close();
  await clock.advance(2000);
  await closed;
  await settle();
  await bench.close();
}

const verbs = {
  list: (client: Client) => client.list(),
  get: async (client: Client) => {
    const into = new Into();
    await client.get('file', into);
    expect(into.bytes.toString()).to.equal('text');
  },
  put: (client: Client) => client.put(Readable.from([Buffer.from('mine')]), 'new'),
};

describe('the rights of a server, in every language', () => {
  for (const info of dialects()) {
    for (const verb of info.verbs) {
      const right = NEED[verb];
      const others = (['list', 'read', 'write', 'delete'] as const).filter((each) => each !== right);

      it(`${info.name}: no ${verb} without "${right}"`, async () => {
        const { storage, calls } = spied();
        await asking(info, { storage, allow: others }, async (client, bench) => {
          const reached = { list: 'list', get: 'read', put: 'write' }[verb];
          calls.length = 0;
          const error = await outcome(bench, verbs[verb](client));
          expect(isTwinportError(error), String(error)).to.equal(true);
          expect(calls).to.not.include(reached);
          expect(storage.bytes('new')).to.equal(undefined);
          expect(bench.events.at(-1)).to.include({ phase: 'failed' });
          expect(bench.events.at(-1)?.error?.code).to.equal('denied');
        });
      });

      it(`${info.name}: a ${verb} with "${right}" alone`, async () => {
        const { storage } = spied();
        await asking(info, { storage, allow: [right] }, async (client, bench) => {
          expect(await outcome(bench, verbs[verb](client))).to.equal(undefined);
          expect(bench.events.at(-1)).to.include({ phase: 'done', kind: verb });
        });
      });
    }
  }

  it('numbered goes on behind what is there, also where nobody may look', async () => {
    const storage = memoryStorage({ '1.file': 'one', '2.file': 'two' });
    await asking({ name: 'numbered' }, { storage, allow: ['write'] }, async (client, bench) => {
      expect(await outcome(bench, client.put(Readable.from([Buffer.from('three')]), 'x'))).to.equal(undefined);
    });
    const all = ['1.file', '2.file', '3.file'].map((name) => storage.bytes(name)?.toString());
    expect(all).to.deep.equal(['one', 'two', 'three']);
  });

  it('ft: replaces nothing without "overwrite", and says 553', async () => {
    for (const [allow, left] of [
      [['write'], 'text'],
      [['write', 'overwrite'], 'mine'],
    ] as const) {
      const { storage } = spied();
      await asking({ name: 'ft' }, { storage, allow }, async (client, bench) => {
        const put = client.put(Readable.from([Buffer.from('mine')]), 'file', { onExists: 'overwrite' });
        const error = await outcome(bench, put);
        if (left === 'mine') expect(error).to.equal(undefined);
        else expect(isTwinportError(error, 'refused') && error.reply).to.equal(553);
      });
      expect(storage.bytes('file')?.toString()).to.equal(left);
    }
  });

  it('ft: what is not allowed is 553, and says so', async () => {
    await asking({ name: 'ft' }, { storage: memoryStorage({ file: 'text' }), allow: [] }, async (client, bench) => {
      for (const [work, said] of [
        [() => client.list(), 'Asking about files is not allowed here'],
        [() => client.stat('file'), 'Asking about files is not allowed here'],
        [() => client.digest('file'), 'Reading is not allowed here'],
        [() => client.get('file', new Into()), 'Reading is not allowed here'],
        [() => client.put(Readable.from([Buffer.from('x')]), 'new'), 'Writing is not allowed here'],
      ] as const) {
        const error = await outcome(bench, work());
        expect(isTwinportError(error, 'refused') && [error.reply, error.message]).to.deep.equal([553, said]);
      }
    });
  });

  it('a port that is not writable changes nothing, whatever is allowed elsewhere', async () => {
    const storage = memoryStorage({ file: 'text' });
    const bench = new Bench({ storage, allow: ['list', 'read', 'write', 'overwrite', 'delete'] });
    bench.port = (await bench.server.listen(0, { writable: false })).port;
    const p = await bench.dial();
    await p.send('-p new 5000\n');
    expect(await p.line()).to.equal('553 Writing is not allowed here');
    await bench.close();
  });

  it('without being told: reading; with writable, writing and replacing too; with allow, that alone', async () => {
    const all: readonly [BenchOptions, boolean][] = [
      [{}, false],
      [{ writable: true }, true],
      [{ writable: true, allow: ['list', 'read'] }, false],
      [{ writable: false, allow: ['write'] }, true],
    ];
    for (const [options, writes] of all) {
      const bench = new Bench(options);
      bench.port = (await bench.server.listen()).port;
      const p = await bench.dial();
      await p.send('-p new 0\n');
      expect(await p.line()).to.match(writes ? /^150 / : /^553 /);
      p.conn.reset();
      await bench.close();
    }
  });

  it('are looked at when the server is made', async () => {
    await rejects('invalid-argument', () => createServer({ allow: ['fly' as Right] }));
    await rejects('invalid-argument', () => createServer({ allow: ['overwrite'] }));
  });
});
