import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { Network } from '../../lib/net/network';
import { errnoBehind, failureOf, joined } from './bytes';
import { Connections } from './connections';
import { connSuite } from './connSuite';
import { noLeaks } from './leaks';

/** What every `Network` must keep to, in one call: dialling and listening here, connections in `connSuite`. */
export function networkSuite(name: string, makeNetwork: () => Network): void {
  describe(name, () => {
    let net: Connections;
    beforeEach(() => {
      net = new Connections(makeNetwork());
    });
    afterEach(() => net.release());
    noLeaks();

    describe('dialling', () => dialling(() => net));
    describe('listening', () => listening(() => net));
    connSuite(() => net);
  });
}

function dialling(net: () => Connections): void {
  it('gives both ends the same two addresses', async () => {
    const { dialled, accepted } = await net().pair();
    expect(dialled.local).to.deep.equal(accepted.remote);
    expect(dialled.remote).to.deep.equal(accepted.local);
    expect(dialled.remote.address).to.equal('127.0.0.1');
  });

  it('finds a host by name', async () => {
    const { dialled, accepted } = await net().pair({ host: 'localhost' });
    await dialled.write(Buffer.from('named'));
    expect(joined(await accepted.read()).toString()).to.equal('named');
  });

  (hasIPv6() ? it : it.skip)('reaches ::1 on the listener that also takes IPv4', async () => {
    const { dialled, accepted } = await net().pair({ host: '::1' });
    expect(dialled.remote.address).to.equal('::1');
    expect(accepted.remote.address).to.equal('::1');
  });

  it('comes from the local address it was told to bind', async () => {
    const { accepted } = await net().pair({ localAddress: '127.0.1.1' });
    expect(accepted.remote.address).to.equal('127.0.1.1');
  });

  it('comes from 127.0.0.1 when it dials back to whoever came to 127.0.1.1, unless it binds', async () => {
    const { accepted: control } = await net().pair({ host: '127.0.1.1' });
    expect(control.local.address).to.equal('127.0.1.1');
    const host = control.remote.address;
    const unbound = await net().pair({ host });
    expect(unbound.accepted.remote.address).to.not.equal(control.local.address);
    const bound = await net().pair({ host, localAddress: control.local.address });
    expect(bound.accepted.remote.address).to.equal(control.local.address);
  });

  it('is refused where nobody listens', async () => {
    const listener = await net().listen();
    const { port } = listener.local;
    await listener.close();
    const error = await failureOf(net().dial({ port }));
    expect(error.code).to.equal('cannot-connect');
    expect(error.message).to.equal(`127.0.0.1:${port} refused the connection`);
    expect(errnoBehind(error)).to.equal('ECONNREFUSED');
  });

  it('says so when there is no such host', async () => {
    const error = await failureOf(net().dial({ host: 'nowhere.invalid', port: 3555 }));
    expect(error.code).to.equal('cannot-resolve');
    expect(error.message).to.equal('cannot find the host "nowhere.invalid"');
  });

  it('says so when the local address is not of this machine', async () => {
    const error = await failureOf(net().dial({ port: 3555, localAddress: '192.0.2.1' }));
    expect(error.code).to.equal('cannot-connect');
    expect(error.message).to.equal('this machine has no address 192.0.2.1 to connect to 127.0.0.1:3555 from');
  });

  it('does not begin for a signal that has fired, and hands on our own reason as it is', async () => {
    const aborted = await failureOf(net().dial({ port: 3555 }, AbortSignal.abort(new Error('enough'))));
    expect(aborted.code).to.equal('aborted');
    const again = await failureOf(net().dial({ port: 3555 }, AbortSignal.abort(aborted)));
    expect(again).to.equal(aborted);
  });

  it('ends with its signal while it is pending, and no connection comes of it', async () => {
    const listener = await net().listen();
    const calledOff = new AbortController();
    const dial = failureOf(net().dial({ port: listener.local.port }, calledOff.signal));
    calledOff.abort();
    expect((await dial).code).to.equal('aborted');
    // It may have got through to the listener; then it ends there at once.
    const other = await net().dial({ port: listener.local.port });
    await other.end();
    let accepted = await listener.next();
    if (accepted.remote.port !== other.local.port) {
      await accepted.read().catch(() => null);
      accepted = await listener.next();
    }
    expect(accepted.remote.port).to.equal(other.local.port);
    expect(await accepted.read()).to.equal(null);
  });

  it('lets go of its signal once it is connected or has failed', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      listeners -= 1;
      remove(...args);
    };
    const listener = await net().listen();
    await net().dial({ port: listener.local.port }, signal);
    await listener.close();
    await failureOf(net().dial({ port: listener.local.port }, signal));
    expect(listeners).to.equal(0);
  });

  it('knows its own addresses', () => {
    const { network } = net();
    for (const own of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
      expect(network.isOwnAddress(own), own).to.equal(true);
    for (const other of ['192.0.2.1', '2001:db8::1', 'localhost', ''])
      expect(network.isOwnAddress(other), other).to.equal(false);
  });
}

function listening(net: () => Connections): void {
  it('finds a free port for port 0 and every address without a host', async () => {
    const listener = await net().listen();
    expect(listener.local.port).to.be.greaterThan(1023);
    expect(listener.local.address).to.be.oneOf(['::', '0.0.0.0']);
  });

  it('refuses a port in use', async () => {
    const { port } = (await net().listen()).local;
    const error = await failureOf(net().network.listen({ port }, () => undefined));
    expect(error.code).to.equal('cannot-listen');
    expect(error.message).to.equal(`port ${port} is already in use`);
    expect(errnoBehind(error)).to.equal('EADDRINUSE');
  });

  it('refuses an address that is not of this machine', async () => {
    const error = await failureOf(net().network.listen({ host: '192.0.2.1', port: 0 }, () => undefined));
    expect(error.code).to.equal('cannot-listen');
    expect(error.message).to.equal('this machine has no address 192.0.2.1 to listen on');
  });

  it('binds one address when told to', async () => {
    const listener = await net().listen('127.0.0.1');
    expect(listener.local.address).to.equal('127.0.0.1');
    expect(errnoBehind(await failureOf(net().dial({ host: '127.0.0.2', port: listener.local.port })))).to.equal(
      'ECONNREFUSED',
    );
    await net().dial({ port: listener.local.port });
  });

  it('stops without touching what is established, frees the port at once, and may stop twice', async () => {
    const listener = await net().listen();
    const { port } = listener.local;
    const [dialled, accepted] = await Promise.all([net().dial({ port }), listener.next()]);
    await listener.close();
    await listener.close();
    const again = await net().network.listen({ port }, () => undefined);
    await again.close();
    await dialled.write(Buffer.from('alive'));
    expect(joined(await accepted.read()).toString()).to.equal('alive');
  });

  it('tells its connections apart', async () => {
    const listener = await net().listen();
    const { port } = listener.local;
    const dialled = await Promise.all(Array.from({ length: 20 }, () => net().dial({ port })));
    await Promise.all(dialled.map((conn) => conn.write(Buffer.from(String(conn.local.port)))));
    for (let count = 0; count < dialled.length; count += 1) {
      const accepted = await listener.next();
      expect(joined(await accepted.read()).toString()).to.equal(String(accepted.remote.port));
    }
  });
}

function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === '::1'));
}
