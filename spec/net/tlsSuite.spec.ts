import { expect } from 'chai';
import { tcpNetwork } from '../../lib/net/tcp';
import { TlsOverTcp } from '../../lib/net/tlsOverTcp';
import type { Conn, Network, Tls } from '../../lib/net/network';
import { Connections } from '../support/connections';
import { memoryNetwork } from '../support/memoryNetwork';
import { networkSuite } from '../support/networkSuite';
import { anotherTls, tlsNetwork } from '../support/tls';

networkSuite('TLS over TCP', () => tlsNetwork(tcpNetwork()));
networkSuite('TLS in memory', () => tlsNetwork(memoryNetwork()));

/** As data connections have it. */
describe('another connection under TLS', () => {
  let another: { client: Tls; server: Tls };
  before(async () => {
    another = await anotherTls();
  });
  const over = (network: Network): Network => ({
    isOwnAddress: (address) => network.isOwnAddress(address),
    listen: (...args) => tlsNetwork(network, another.server, another.client).listen(...args),
    dial: (...args) => tlsNetwork(network, another.server, another.client).dial(...args),
  });

  networkSuite('over TCP', () => over(tcpNetwork()));
  networkSuite('in memory', () => over(memoryNetwork()));

  it('stands on the socket, over TCP alone', async () => {
    for (const [network, straight] of [
      [tcpNetwork(), true],
      [memoryNetwork(), false],
    ] as const) {
      const net = new Connections(over(network));
      const { dialled, accepted } = await net.pair();
      const kinds = [dialled, accepted].map((conn: Conn) => conn instanceof TlsOverTcp);
      expect(kinds).to.deep.equal([straight, straight]);
      await net.release();
    }
  });
});
