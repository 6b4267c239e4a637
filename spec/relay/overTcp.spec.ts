import { expect } from 'chai';
import { connect, createRelay, createServer, isTwinportError, memoryStorage } from '../../lib';
import type { Client, MemoryStorage, Relay, RelayEvent, RelayOptions, Server } from '../../lib';
import { Place } from '../support/ftPair';
import { noLeaks } from '../support/leaks';
import { pattern } from '../support/bytes';
import { connectRaw } from '../support/peer';

const FILE = pattern(30_000);

/** Everything real: sockets, time, the server, the client. */
describe('a relay over TCP', () => {
  let place: Place;
  let storage: MemoryStorage;
  let server: Server;
  let relay: Relay;
  let events: RelayEvent[];
  let port: number;

  beforeEach(async () => {
    place = new Place();
    storage = memoryStorage({ a: FILE });
    server = createServer({ storage, writable: true });
    port = (await server.listen(0, '127.0.0.1')).port;
    events = [];
  });
  afterEach(async () => {
    await relay.close();
    await server.close(0);
    place.remove();
  });
  // Behind the hooks that let go of what a spec made.
  noLeaks();

  async function through(options: Partial<RelayOptions>, passive: boolean): Promise<Client> {
    relay = createRelay({ to: { host: '127.0.0.1', port }, ...options });
    relay.on('event', (event) => events.push(event));
    const { port: at } = await relay.listen(0, '127.0.0.1');
    return connect({ host: '127.0.0.1', port: at, passive, passiveFallback: false });
  }

  for (const passive of [false, true]) {
    const how = passive ? 'passive' : 'active';

    it(`lists, gets and puts through a stammer, ${how}`, async () => {
      const client = await through({ stammer: true, latency: 1, rate: 4_000_000, seed: 11 }, passive);
      expect((await client.list('')).entries.map(({ name }) => name)).to.deep.equal(['.', '..', 'a']);
      await client.get('a', place.path('got'));
      expect(place.read('got').equals(FILE)).to.equal(true);
      await client.put(place.write('local', pattern(5000, 3)), 'up');
      expect(storage.bytes('up')?.equals(pattern(5000, 3))).to.equal(true);
      await client.close();
    });

    it(`is found out when it flips, cuts or resets, ${how}`, async () => {
      for (const fault of [{ corrupt: 2 }, { cutAfter: 20_000 }, { resetAfter: 20_000 }]) {
        const client = await through({ ...fault, seed: 11 }, passive);
        const failure = await client.get('a', place.path('got')).catch((error: unknown) => error);
        expect(
          isTwinportError(failure, 'corrupt', 'incomplete', 'connection-lost', 'refused'),
          String(failure),
        ).to.equal(true);
        expect(place.names).to.deep.equal([]);
        await client.close();
        await relay.close();
      }
      expect(new Set(events.map(({ kind }) => kind))).to.include.all.keys('flip', 'cut', 'reset');
    });
  }

  it('passes a plain session of one line and an end', async () => {
    await (await through({ stammer: true, seed: 2 }, false)).close();
    const at = events.find(({ kind }) => kind === 'connection');
    expect(at).to.have.property('connection', 1);
    relay.removeAllListeners();
    const { port: open } = await relay.listen(0, '127.0.0.1');
    const peer = await connectRaw(open);
    await peer.end('-s a');
    expect((await peer.untilEnd()).toString()).to.match(/^213 type=file;size=30000;.* a\r\n$/);
    await peer.closed;
  });

  it('serves twenty clients at once', async () => {
    const first = await through({ stammer: true, seed: 4 }, false);
    const { port: open } = await relay.listen(0, '127.0.0.1');
    const clients = await Promise.all(
      Array.from({ length: 19 }, (_, n) =>
        connect({ host: '127.0.0.1', port: open, passive: n % 2 === 0, passiveFallback: false }),
      ),
    );
    await Promise.all([first, ...clients].map((client, n) => client.get('a', place.path(`got${n}`))));
    for (let n = 0; n < 20; n += 1) expect(place.read(`got${n}`).equals(FILE), String(n)).to.equal(true);
    await Promise.all([first, ...clients].map((client) => client.close()));
  });
});
