import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import { BulkInlet } from '../../lib/net/bulkInlet';
import { listenTcp } from '../../lib/net/listen';
import type { Network } from '../../lib/net/network';
import { receiveInto } from '../../lib/net/receiveInto';
import { tcpNetwork } from '../../lib/net/tcp';
import { Connections } from '../support/connections';
import { noLeaks } from '../support/leaks';
import { networkSuite } from '../support/networkSuite';
import { anotherTls, tlsNetwork } from '../support/tls';

/** TCP whose accepted connections receive into large buffers, too. */
const bulkNetwork = (): Network => ({
  ...tcpNetwork(),
  listen: (options, onConn) => listenTcp({ ...options, bulk: true }, onConn),
});

describe('receiving under TLS into large buffers', () => {
  describe('as a data connection', () => {
    let straight: (network: Network) => Network;
    before(async () => {
      const { server, client } = await anotherTls();
      straight = (network) => tlsNetwork(network, server, client);
    });
    networkSuite('over TCP, accepting for bulk', () => straight(bulkNetwork()));
  });

  noLeaks();

  /** A socket that was made to receive into that inlet, and one of TLS on it. */
  const made = async (work: (beneath: Socket, above: TLSSocket, inlet: BulkInlet) => void): Promise<void> => {
    const inlet = new BulkInlet();
    const net = new Connections(tcpNetwork());
    const listener = await net.listen('127.0.0.1');
    const beneath = new Socket({ onread: inlet.onread(), allowHalfOpen: true } as object);
    await new Promise<void>((resolve) => beneath.connect(listener.local.port, '127.0.0.1', resolve));
    const above = new TLSSocket(beneath, { isServer: true });
    work(beneath, above, inlet);
    const closed = new Promise((resolve) => beneath.once('close', resolve));
    above.destroy();
    await closed;
    await listener.next();
    inlet.abort(new TwinportError('aborted', 'it was tried'));
    await net.release();
  };
  const places = (socket: Socket): symbol[] =>
    Object.getOwnPropertySymbols(socket).filter(({ description = '' }) => description.startsWith('kBuffer'));

  it('is done on this Node', () =>
    made((beneath, above, inlet) => {
      expect(receiveInto(inlet, above, beneath)).to.equal(true);
    }));

  it('changes nothing where a socket keeps what it receives into in another way', async () => {
    for (const spoilt of ['kBuffer', 'kBufferGen', 'kBufferCb']) {
      for (const which of ['beneath', 'above'] as const) {
        await made((beneath, above, inlet) => {
          const place = places(beneath).find(({ description }) => description === spoilt);
          if (place === undefined) throw new Error(`Node has no ${spoilt} any more`);
          Reflect.set(which === 'above' ? above : beneath, place, 'something else');
          const before = places(above).map((each): unknown => Reflect.get(above, each));
          expect(receiveInto(inlet, above, beneath), `${spoilt} ${which}`).to.equal(false);
          expect(places(above).map((each): unknown => Reflect.get(above, each))).to.deep.equal(before);
        });
      }
    }
    await made((beneath, above, inlet) => {
      const handle: unknown = Reflect.get(above, '_handle');
      Reflect.set(above, '_handle', { useUserBuffer: 0 });
      expect(receiveInto(inlet, above, beneath)).to.equal(false);
      Reflect.set(above, '_handle', handle);
    });
    // Made without.
    await made((_, above, inlet) => {
      expect(receiveInto(inlet, above, new Socket())).to.equal(false);
    });
  });
});
