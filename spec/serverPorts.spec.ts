import { expect } from 'chai';
import * as fs from 'node:fs';
import { connect, type Client, type ConnectOptions } from '../lib/client';
import { DIALECTS, type DialectName } from '../lib/dialects/registry';
import type { PortOptions } from '../lib/server';
import { createServer } from '../lib/server';
import { failureOf } from './support/bytes';
import { CLIENT, SERVER, withBench, type Bench } from './support/ftBench';
import { Into } from './support/errandBench';
import { Place } from './support/ftPair';
import { fakeClock } from './support/fakeClock';
import { memoryNetwork } from './support/memoryNetwork';
import { rejects } from './support/storageHelpers';

const files = { a: 'the content of a' };
const NAMES = Object.keys(DIALECTS) as DialectName[];

/** A client of one port of a bench. */
async function clientOf(bench: Bench, port: number, dialect: DialectName): Promise<Client> {
  const options: ConnectOptions = { host: SERVER, port, dialect, network: bench.machine(CLIENT), clock: bench.clock };
  return connect(options);
}

/** Waits for it while the short silences pass that end a message. */
async function soon<T>(bench: Bench, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = (): void => void (settled = true);
  promise.then(done, done);
  for (let passed = 0; !settled && passed < 10_000; passed += 100) await bench.clock.advance(100);
  return promise;
}

async function put(bench: Bench, port: number, dialect: DialectName, name: string): Promise<string> {
  const client = await clientOf(bench, port, dialect);
  const { Readable } = await import('node:stream');
  const outcome = await soon(
    bench,
    client.put(Readable.from([Buffer.from('mine')]), name).then(
      () => 'put',
      (error: { code: string }) => error.code,
    ),
  );
  await soon(bench, client.close());
  return outcome;
}

describe('a server on several ports', () => {
  it(
    'speaks on each its own language, over one storage, and all of them end with it',
    withBench({ files }, async (bench) => {
      const ports = new Map<DialectName, number>();
      for (const dialect of NAMES) ports.set(dialect, (await bench.server.listen(0, { dialect })).port);
      expect(new Set(ports.values()).size).to.equal(NAMES.length);
      for (const dialect of NAMES) {
        if (dialect === 'numbered') continue;
        const client = await clientOf(bench, ports.get(dialect) as number, dialect);
        const into = new Into();
        const got = await soon(bench, client.get('a', into));
        expect(into.text, dialect).to.equal(files.a);
        expect(got.verified, dialect).to.equal(dialect === 'ft');
        await soon(bench, client.close());
      }
      const told = new Set(bench.events.map(({ dialect }) => dialect));
      expect([...told].sort()).to.deep.equal(NAMES.filter((name) => name !== 'numbered').sort());
      await soon(bench, bench.server.close(0));
      for (const port of ports.values())
        expect((await failureOf(clientOf(bench, port, 'ft'))).code).to.equal('cannot-connect');
    }),
  );

  it(
    'the limits of sessions are those of the server, whichever port they came by',
    withBench({ files, maxSessions: 2, maxSessionsPerAddress: 2 }, async (bench) => {
      const { port } = await bench.server.listen(0, { dialect: 'framed' });
      const [one, two] = [await bench.dial(), await bench.dial()];
      bench.port = port;
      expect(await (await bench.dial()).over()).to.equal('lost');
      await bench.clock.advance(200);
      // Who has been idle longest makes room for a caller of another language.
      const four = await bench.dial();
      expect(await one.line()).to.match(/^421 /);
      expect([two.state, four.state]).to.deep.equal(['open', 'open']);
    }),
  );

  for (const dialect of ['framed', 'privateshare', 'colon', 'numbered'] as const) {
    it(
      `${dialect} takes files on a server that was not told to, unless its port is told not to`,
      withBench({ files }, async (bench) => {
        const open = await bench.server.listen(0, { dialect });
        const shut = await bench.server.listen(0, { dialect, writable: false });
        expect(await put(bench, open.port, dialect, 'new')).to.equal('put');
        const name = dialect === 'numbered' ? '1.file' : 'new';
        expect(bench.storage.bytes(name)?.toString()).to.equal('mine');
        expect(await put(bench, shut.port, dialect, 'other')).to.not.equal('put');
        expect(bench.storage.bytes('other') ?? bench.storage.bytes('2.file')).to.equal(undefined);
      }),
    );
  }

  for (const writable of [undefined, false, true]) {
    it(
      `the native port takes files when the server may, or the port is told to (writable: ${writable})`,
      withBench({ files, writable: writable === false }, async (bench) => {
        const on: PortOptions = writable === undefined ? {} : { writable };
        const { port } = await bench.server.listen(0, { dialect: 'ft', ...on });
        expect(await put(bench, port, 'ft', 'new')).to.equal(writable === true ? 'put' : 'refused');
      }),
    );
  }

  it(
    'listens where it is told to, and on every address otherwise',
    withBench({ files }, async (bench) => {
      const here = await bench.server.listen(0, { host: '127.0.0.1' });
      const words = await bench.server.listen(0, '127.0.0.1');
      const all = await bench.server.listen(0, {});
      expect([here.address, words.address]).to.deep.equal(['127.0.0.1', '127.0.0.1']);
      for (const { port } of [here, words])
        expect((await failureOf(clientOf(bench, port, 'ft'))).code).to.equal('cannot-connect');
      await (await clientOf(bench, all.port, 'ft')).close();
    }),
  );

  it(
    'refuses a language that is none, and a port that a language is not spoken on, and listens on nothing then',
    withBench({}, async (bench) => {
      const before = bench.network.open;
      for (const dialect of ['gopher', 'constructor', ''])
        await rejects('invalid-argument', () => bench.server.listen(0, { dialect: dialect as DialectName }));
      await rejects('invalid-port', () => bench.server.listen(1023, { dialect: 'numbered' }));
      expect(bench.network.open).to.equal(before);
    }),
  );
});

describe('a server and the directory that it serves', () => {
  const ground = (root: string): ReturnType<typeof createServer> =>
    createServer({ root, network: memoryNetwork(), clock: fakeClock() });

  it('makes it when it is told to, and not before; ports for reading and for writing share it', async () => {
    const place = new Place();
    const root = place.path('a/b');
    const server = ground(root);
    try {
      await rejects('not-found', () => server.listen(0, { dialect: 'numbered' }));
      expect(fs.existsSync(root)).to.equal(false);
      await server.listen(0, { dialect: 'numbered', create: true });
      expect(fs.statSync(root).isDirectory()).to.equal(true);
      await server.listen(0, { dialect: 'ft' });
      await server.listen(0, { dialect: 'framed' });
      await server.close(0);
      await server.listen(0);
    } finally {
      await server.close(0);
      place.remove();
    }
  });

  it('says what is there instead of a directory', async () => {
    const place = new Place();
    const server = ground(place.write('file', 'text'));
    try {
      await rejects('not-a-directory', () => server.listen(0, { dialect: 'numbered', create: true }));
    } finally {
      await server.close(0);
      place.remove();
    }
  });

  it('one port that makes it and one that does not, asked for at once', async () => {
    const place = new Place();
    const server = ground(place.path('made'));
    try {
      const [without, making] = await Promise.allSettled([
        server.listen(0, { dialect: 'framed' }),
        server.listen(0, { dialect: 'framed', create: true }),
      ]);
      expect(making.status).to.equal('fulfilled');
      if (without.status === 'rejected') expect(without.reason).to.include({ code: 'not-found' });
    } finally {
      await server.close(0);
      place.remove();
    }
  });
});
