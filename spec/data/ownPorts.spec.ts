import { expect } from 'chai';
import { OwnPorts } from '../../lib/data/ownPorts';
import { freePort, onBothNetworks } from '../support/bothNetworks';
import { failureOf } from '../support/bytes';

describe('the ports of this server', () => {
  onBothNetworks((ground) => {
    const local = (port: number, address = '127.0.0.1') => ({ address, port });
    const away = (conn: { destroy(): void }): void => conn.destroy();

    it('are known while they are listened to, at every address of this machine', async () => {
      const own = new OwnPorts(ground().network);
      const listener = await own.listen({ port: 0 }, away);
      const { port } = listener.local;
      for (const address of ['127.0.0.1', '127.0.1.1', '::1', '::ffff:127.0.0.1']) {
        expect(own.isOurs(local(port, address)), address).to.equal(true);
      }
      expect(own.isOurs(local(port, '192.0.2.1'))).to.equal(false);
      expect(own.isOurs(local(port + 1))).to.equal(false);
      await listener.close();
      expect(own.isOurs(local(port))).to.equal(false);
    });

    it('are forgotten with the last of two listeners on one number', async () => {
      const own = new OwnPorts(ground().network);
      const one = await own.listen({ host: '127.0.0.1', port: 0 }, away);
      const { port } = one.local;
      const two = await own.listen({ host: '127.0.0.2', port }, away);
      await one.close();
      await one.close();
      expect(own.isOurs(local(port))).to.equal(true);
      await two.close();
      expect(own.isOurs(local(port))).to.equal(false);
    });

    it('do not include one that could not be listened to', async () => {
      const { network, net } = ground();
      const holder = await net.listen('127.0.0.1');
      const { port } = holder.local;
      const own = new OwnPorts(network);
      expect((await failureOf(own.listen({ host: '127.0.0.1', port }, away))).code).to.equal('cannot-listen');
      expect(own.isOurs(local(port))).to.equal(false);
    });

    it('can be used as any network', async () => {
      const { network, net } = ground();
      const own = new OwnPorts(network);
      const counted: number[] = [];
      const listener = await own.listen({ host: '127.0.0.1', port: 0 }, (conn) => {
        counted.push(conn.remote.port);
        conn.destroy();
      });
      const conn = await own.dial({ host: '127.0.0.1', port: listener.local.port }, new AbortController().signal);
      expect(await conn.read()).to.equal(null);
      expect(counted).to.deep.equal([conn.local.port]);
      conn.destroy();
      await listener.close();
      const port = await freePort(network);
      expect((await failureOf(net.dial({ port }))).code).to.equal('cannot-connect');
      expect([own.isOwnAddress('127.0.0.1'), own.isOwnAddress('192.0.2.1')]).to.deep.equal([true, false]);
    });
  });
});
