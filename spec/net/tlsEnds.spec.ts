import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import type { Network } from '../../lib/net/network';
import { tcpNetwork } from '../../lib/net/tcp';
import { serverTls } from '../../lib/net/tls';
import { joined, pattern } from '../support/bytes';
import { Connections } from '../support/connections';
import { settle } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { memoryNetwork } from '../support/memoryNetwork';
import { authority, certified, securedPair } from '../support/tls';

const NETWORKS: readonly [name: string, make: () => Network][] = [
  ['TCP', () => tcpNetwork()],
  ['memory', () => memoryNetwork()],
  ['memory in segments of a byte', () => memoryNetwork({ segment: 1 })],
];

/** Node makes one thing of close_notify and FIN. */
for (const [name, make] of NETWORKS) {
  describe(`the end of TLS over ${name}`, () => {
    let net: Connections;
    beforeEach(() => {
      net = new Connections(make());
    });
    afterEach(() => net.release());
    noLeaks();

    for (const from of ['client', 'server'] as const) {
      for (const size of [0, 1, 2000, name.includes('byte') ? 3000 : 700_000]) {
        for (const lazy of [false, true]) {
          const how = `${size} bytes from the ${from}${lazy ? ', read late' : ''}`;
          it(`is the peer’s behind ${how}, or somebody else’s`, async () => {
            for (const own of [true, false]) {
              const { dialled, accepted } = await net.pair();
              const pair = await securedPair({ dialled, accepted });
              const [sender, receiver] = from === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
              const ending = (async () => {
                if (size > 0) await sender.write(pattern(size));
                await (own ? sender : from === 'client' ? dialled : accepted).end();
              })();
              if (lazy) await settle();
              let got = Buffer.alloc(0);
              for (let chunks; (chunks = await receiver.read()) !== null;) got = Buffer.concat([got, joined(chunks)]);
              await ending;
              expect(got.length).to.equal(size);
              expect(receiver.farewell, own ? 'its own' : 'another’s').to.equal(own);
              for (const conn of [sender, receiver]) conn.destroy();
            }
          });
        }
      }
    }
  });
}

describe('the end of TLS 1.2', () => {
  for (const own of [true, false]) {
    it(`is known for ${own ? 'the peer’s' : 'somebody else’s'}`, async () => {
      const net = new Connections(tcpNetwork());
      const listener = await net.listen('127.0.0.1');
      const { port } = listener.local;
      const socket = connectTls({ port, host: '127.0.0.1', ca: authority(), maxVersion: 'TLSv1.2' });
      const shaken = new Promise((resolve) => socket.once('secureConnect', resolve));
      const conn = await serverTls(certified('server')).secure(await listener.next());
      await shaken;
      expect(conn.protocol).to.equal('TLSv1.2');
      // A socket that is destroyed says nothing any more.
      if (own) socket.end();
      else socket.destroy();
      expect(await conn.read()).to.equal(null);
      expect(conn.farewell).to.equal(own);
      socket.destroy();
      await net.release();
    });
  }
});
