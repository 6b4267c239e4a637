import { Socket } from 'node:net';
import { expect } from 'chai';
import { adopt } from '../../lib/net/adopt';
import { BulkInlet } from '../../lib/net/bulkInlet';
import { listenTcp } from '../../lib/net/listen';
import type { Network } from '../../lib/net/network';
import { tcpNetwork } from '../../lib/net/tcp';
import { networkSuite } from '../support/networkSuite';

/** TCP whose accepted connections receive into large buffers, too. */
function bulkNetwork(): Network {
  return { ...tcpNetwork(), listen: (options, onConn) => listenTcp({ ...options, bulk: true }, onConn) };
}

networkSuite('the TCP network', tcpNetwork);
networkSuite('the TCP network, accepting for bulk', bulkNetwork);

describe('adopting an accepted socket', () => {
  it('leaves a socket alone that holds its connection in another way', () => {
    const socket = new Socket();
    for (const handle of [
      null,
      undefined,
      {},
      { readStart: () => 0, readStop: () => 0, close: () => 0, reset: () => 0 },
    ]) {
      Reflect.set(socket, '_handle', handle);
      expect(adopt(socket, new BulkInlet().onread())).to.equal(undefined);
      expect(Reflect.get(socket, '_handle')).to.equal(handle);
      expect(socket.destroyed).to.equal(false);
    }
    Reflect.set(socket, '_handle', null);
    socket.destroy();
  });
});
