import { expect } from 'chai';
import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { connect, type Client, type ConnectOptions } from '../lib/client';
import type { DialectName } from '../lib/dialects/registry';
import { failureOf } from './support/bytes';
import { CLIENT, SERVER, withBench, type Bench, type BenchOptions } from './support/ftBench';
import { Place } from './support/ftPair';
import { Into, withClient } from './support/errandBench';
import { rejects } from './support/storageHelpers';

interface Framed {
  readonly bench: Bench;
  readonly client: Client;
  readonly place: Place;
}

/** A real client and a real server of framed: what is proved here is every such client's. */
function withFramed(
  options: BenchOptions & { readonly client?: Partial<ConnectOptions> },
  spec: (framed: Framed) => Promise<void>,
): () => Promise<void> {
  const { client: more = {}, ...rest } = options;
  return withBench(rest, async (bench) => {
    bench.port = (await bench.server.listen(0, { dialect: 'framed' })).port;
    const place = new Place();
    const network = bench.machine(CLIENT);
    const { clock, port } = bench;
    const client = await connect({ host: SERVER, port, dialect: 'framed', network, clock, ...more });
    try {
      await spec({ bench, client, place });
    } finally {
      await client.close();
      place.remove();
    }
  });
}

/** Milliseconds that our client pauses between frame and file. */
const PAUSE = 200;
const files = { a: 'the content of a', b: 'the content of b' };

describe('a client of one request a connection', () => {
  it(
    'uses the connection it has for the first request, and dials for each further one',
    withFramed({ files }, async ({ bench, client }) => {
      for (const [i, name] of (['a', 'b', 'a'] as const).entries()) {
        const into = new Into();
        const got = await client.get(name, into);
        expect(into.text).to.equal(files[name]);
        expect(got).to.include({ verified: false, skipped: false });
        expect(bench.sessions).to.have.length(i + 1);
      }
      expect(client.remote).to.deep.equal({ address: SERVER, port: bench.port });
    }),
  );

  it(
    'carries out what is asked for at once one after another',
    withFramed({ files }, async ({ bench, client }) => {
      const into = [new Into(), new Into(), new Into()] as const;
      await Promise.all([client.get('a', into[0]), failureOf(client.get('none', into[1])), client.get('b', into[2])]);
      expect(into.map(({ text }) => text)).to.deep.equal([files.a, '', files.b]);
      const ends = bench.told.filter((told) => !told.endsWith('started'));
      expect(ends).to.deep.equal([
        'get requested',
        'get done',
        'get requested',
        'get failed not-found',
        'get requested',
        'get done',
      ]);
    }),
  );

  it(
    'dials anew when the server was tired of waiting for the first request',
    withFramed({ files }, async ({ bench, client }) => {
      await bench.clock.advance(120_000);
      const into = new Into();
      await client.get('a', into);
      expect(into.text).to.equal(files.a);
      expect(bench.sessions).to.have.length(2);
    }),
  );

  it(
    'gives up dialling after the time that connecting has',
    withFramed({ files, client: { connectTimeout: 5000 } }, async ({ bench, client }) => {
      await client.get('a', new Into());
      bench.network.silent.add(SERVER);
      const got = failureOf(client.get('b', new Into()));
      await bench.clock.advance(4999);
      await bench.clock.advance(1);
      expect(await got).to.include({ code: 'timeout', message: `no answer from ${SERVER}:${bench.port} in 5 s` });
      const cancelled = failureOf(client.get('b', new Into(), { signal: AbortSignal.abort() }));
      expect((await cancelled).code).to.equal('aborted');
      const dialling = failureOf(client.get('b', new Into()));
      await bench.clock.advance(100);
      await client.close();
      expect((await dialling).code).to.equal('aborted');
    }),
  );

  for (const [what, options] of [
    ['before it begins', { signal: AbortSignal.abort() }],
    ['with passive', { passive: true }],
    ['with a data port of a service', { dataPort: 80 }],
  ] as const) {
    it(
      `what is refused ${what} leaves the client as it was`,
      withFramed({ files }, async ({ client }) => {
        const code = 'dataPort' in options ? 'invalid-port' : 'passive' in options ? 'unsupported' : 'aborted';
        await rejects(code, () => client.get('a', new Into(), options));
        const into = new Into();
        await client.get('a', into);
        expect(into.text).to.equal(files.a);
      }),
    );
  }

  it(
    'an abort in the middle resets, and what was asked for next is served',
    withFramed({ files: { ...files, large: Buffer.alloc(2_000_000) } }, async ({ bench, client, place }) => {
      const abort = new AbortController();
      const onProgress = (): void => abort.abort();
      const to = place.path('large');
      const got = failureOf(client.get('large', to, { signal: abort.signal, onProgress }));
      const next = client.get('a', place.path('a'));
      expect((await got).code).to.equal('aborted');
      await next;
      expect(place.names).to.deep.equal(['a']);
      expect(place.parts).to.deep.equal([]);
      expect(bench.told).to.include('get failed connection-lost');
    }),
  );

  it(
    'closing it aborts what runs and what waits',
    withFramed({ files: { large: Buffer.alloc(2_000_000) } }, async ({ client, place }) => {
      let closed: Promise<void> | undefined;
      const onProgress = (): void => void (closed ??= client.close());
      const running = failureOf(client.get('large', place.path('large'), { onProgress }));
      const waiting = failureOf(client.get('large', place.path('other')));
      expect((await running).code).to.equal('aborted');
      expect((await waiting).code).to.equal('aborted');
      await closed;
      expect((await failureOf(client.get('large', place.path('late')))).code).to.equal('aborted');
      expect(place.names).to.deep.equal([]);
    }),
  );

  it(
    'follows the policies for names that are taken, as every get does',
    withFramed({ files }, async ({ client, place }) => {
      const to = place.write('mine', 'mine');
      await rejects('exists', () => client.get('a', to));
      expect(await client.get('a', to, { onExists: 'skip' })).to.include({ skipped: true, localPath: to });
      expect(await client.get('a', to, { onExists: 'rename' })).to.include({ localPath: `${to}.1` });
      expect(place.read('mine').toString()).to.equal('mine');
      await client.get('a', to, { onExists: 'overwrite' });
      expect(place.read('mine').toString()).to.equal(files.a);
      await rejects('cannot-resume', () => client.get('a', to, { onExists: 'resume' }));
    }),
  );

  it(
    'a name that was taken while it transferred stays as it is, and it says so',
    withFramed({ files: { large: Buffer.alloc(2_000_000) } }, async ({ client, place }) => {
      const to = place.path('large');
      const onProgress = (): void => {
        if (!fs.existsSync(to)) fs.writeFileSync(to, 'mine');
      };
      await rejects('exists', () => client.get('large', to, { onProgress }));
      fs.unlinkSync(to);
      await rejects('in-use', () => client.get('large', to, { onProgress, onExists: 'rename' }));
      expect(place.read('large').toString()).to.equal('mine');
      expect(place.names).to.deep.equal(['large']);
      expect(place.parts).to.deep.equal([]);
    }),
  );

  for (const onExists of ['overwrite', 'skip', 'resume'] as const) {
    it(
      `never puts with "${onExists}": what is there already is left alone`,
      withFramed({ files }, async ({ bench, client }) => {
        const from = (): Readable => Readable.from([Buffer.from('mine')]);
        const sentence = await rejects('unsupported', () => client.put(from(), 'a', { onExists }));
        expect(sentence).to.include('framed').and.include(onExists);
        expect(bench.storage.bytes('a')?.toString()).to.equal(files.a);
        const put = client.put(from(), 'new', { onExists: 'fail' });
        await bench.clock.advance(PAUSE);
        await put;
        expect(bench.storage.bytes('new')?.toString()).to.equal('mine');
      }),
    );
  }

  it(
    'tells no dialect from another by guessing',
    withFramed({}, async ({ bench }) => {
      const { port, clock } = bench;
      const network = bench.machine(CLIENT);
      for (const dialect of ['gopher', '', 'constructor', '__proto__', 'auto', 'default']) {
        const options = { host: SERVER, port, network, clock, dialect: dialect as DialectName };
        expect(await rejects('invalid-argument', () => connect(options))).to.include('framed');
      }
    }),
  );

  it(
    'lists nothing but what is served, and tells no more than names',
    withClient('privateshare', {}, async ({ client }) => {
      await rejects('unsupported', () => client.list('dir'));
      await rejects('unsupported', () => client.list('', { facts: true }));
    }),
  );

  it(
    'ends in time when the server keeps its end open after an upload',
    withClient('framed', {}, async (errands) => {
      const { client, clock } = errands;
      let over = false;
      const put = client.put(Readable.from([Buffer.from('x')]), 'a').finally(() => (over = true));
      const peer = await errands.caller();
      await clock.advance(PAUSE);
      expect(await peer.over()).to.equal('ended');
      await clock.advance(9_999);
      expect(over).to.equal(false);
      await clock.advance(1001);
      expect(await put).to.include({ length: 1, verified: false });
    }),
  );
});
