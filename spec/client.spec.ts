import { expect } from 'chai';
import { connect, type ConnectOptions } from '../lib/client';
import type { Conn } from '../lib/net/network';
import { fakeClock, settle } from './support/fakeClock';
import { watch } from './support/ftPlay';
import { memoryNetwork } from './support/memoryNetwork';

/** A network with one other machine that listens on 3555 and on 4000, and one that never answers. */
async function surroundings() {
  const network = memoryNetwork({ addresses: ['10.0.0.2'] });
  const server = network.machine('10.0.0.1', 'fd00::1');
  const reached: number[] = [];
  const listeners = await Promise.all(
    [3555, 4000].map((port) =>
      server.listen({ port }, (conn) => {
        reached.push(port);
        void conn.read().then(
          () => conn.destroy(),
          () => undefined,
        );
      }),
    ),
  );
  network.names.set('server.example', '10.0.0.1');
  network.silent.add('10.0.0.9');
  const clock = fakeClock();
  const to = (options: Partial<ConnectOptions>) =>
    connect({ host: '10.0.0.1', port: 3555, network, clock, ...options });
  const end = async (): Promise<void> => {
    for (const listener of listeners) await listener.close();
    await settle();
    expect(network.open).to.equal(0);
    expect(clock.pending).to.equal(0);
  };
  return { to, clock, reached, end };
}

describe('connect', () => {
  it('reaches a name or an address, and says where it is', async () => {
    const { to, reached, end } = await surroundings();
    for (const options of [{}, { port: 4000 }, { host: 'server.example' }]) {
      const client = await to(options);
      expect(client.remote).to.deep.equal({ address: '10.0.0.1', port: options.port ?? 3555 });
      await client.close();
    }
    expect(reached).to.deep.equal([3555, 4000, 3555]);
    await end();
  });

  it('one that refuses: cannot-connect; a name nobody has: cannot-resolve', async () => {
    const { to, end } = await surroundings();
    await watch(to({ port: 4001 })).failure('cannot-connect');
    await watch(to({ host: 'nowhere.example' })).failure('cannot-resolve');
    await end();
  });

  it('one that never answers: timeout after thirty seconds, or as many as were given', async () => {
    const { to, clock, end } = await surroundings();
    for (const [options, ms] of [
      [{}, 30_000],
      [{ connectTimeout: 1500 }, 1500],
    ] as const) {
      const connecting = watch(to({ host: '10.0.0.9', ...options }));
      await clock.advance(ms - 1);
      expect(connecting.isOver).to.equal(false);
      await clock.advance(1);
      await connecting.failure('timeout');
    }
    await end();
  });

  it('can be aborted while it connects, or before', async () => {
    const { to, end } = await surroundings();
    const abort = new AbortController();
    const connecting = watch(to({ host: '10.0.0.9', signal: abort.signal }));
    await settle();
    abort.abort();
    await connecting.failure('aborted');
    await watch(to({ signal: AbortSignal.abort() })).failure('aborted');
    await end();
  });

  it('its signal aborts later requests, too', async () => {
    const { to, end } = await surroundings();
    const abort = new AbortController();
    const client = await to({ signal: abort.signal });
    abort.abort();
    await watch(client.stat('x')).failure('aborted');
    await watch(client.list()).failure('aborted');
    await client.close();
    await end();
  });

  it('hangs up when the server does, and not before what is under way has ended', async () => {
    const network = memoryNetwork({ addresses: ['10.0.0.2'] });
    const clock = fakeClock();
    let heard = '';
    let server: Conn | undefined;
    const listener = await network.machine('10.0.0.1').listen({ port: 3555 }, (conn) => {
      server = conn;
      void (async () => {
        for (let bytes = await conn.read(); bytes !== null; bytes = await conn.read()) heard += String(bytes);
        heard += '<end>';
      })();
    });
    const idle = await connect({ host: '10.0.0.1', port: 3555, network, clock });
    await settle();
    await server?.end();
    await settle();
    expect([heard, idle.alive]).to.deep.equal(['<end>', false]);

    heard = '';
    const busy = await connect({ host: '10.0.0.1', port: 3555, network, clock });
    const listing = watch(busy.list());
    await settle();
    await server?.end();
    await settle();
    // A plain server may end P long before it is done with Q.
    expect([heard.endsWith('<end>'), listing.isOver]).to.deep.equal([false, false]);
    await clock.advance(20_000);
    expect([heard.endsWith('<end>'), listing.isOver]).to.deep.equal([true, true]);
    for (const client of [idle, busy]) await client.close();
    await listener.close();
    await settle();
    expect([network.open, clock.pending]).to.deep.equal([0, 0]);
  });

  for (const text of ['server', 'http://server/', 'ft://', 'ft:///x', 'ft://server:0', 'ft://server:70000']) {
    it(`${text} is no address: invalid-argument`, async () => {
      await watch(connect(text)).failure('invalid-argument');
    });
  }

  for (const options of [{ port: 0 }, { port: 65_536 }, { port: 1.5 }, { timeout: 0 }, { connectTimeout: NaN }]) {
    it(`${JSON.stringify(options)} is refused: invalid-argument`, async () => {
      const { to, reached, end } = await surroundings();
      await watch(to(options)).failure('invalid-argument');
      expect(reached).to.deep.equal([]);
      await end();
    });
  }
});
