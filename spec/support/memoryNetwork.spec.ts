import { expect } from 'chai';
import { errnoBehind, failureOf, joined, pattern, readAll } from './bytes';
import { Connections } from './connections';
import { settle } from './fakeClock';
import { memoryNetwork } from './memoryNetwork';
import { networkSuite } from './networkSuite';

networkSuite('the network in memory', memoryNetwork);
networkSuite('the network in memory, in pieces of 999 bytes', () => memoryNetwork({ segment: 999, capacity: 50_000 }));

describe('the network in memory, beyond TCP', () => {
  it('joins machines, each with its own addresses and its own loopback', async () => {
    const home = memoryNetwork({ addresses: ['10.0.0.1', 'fd00::1'] });
    const away = home.machine('10.0.0.5');
    home.names.set('flip1', '10.0.0.1');
    const seen: string[] = [];
    const listener = await home.listen({ port: 3555 }, (conn) =>
      seen.push(`${conn.remote.address} to ${conn.local.address}`),
    );
    const { signal } = new AbortController();
    await away.dial({ host: 'flip1', port: 3555 }, signal);
    await home.dial({ host: '10.0.0.1', port: 3555 }, signal);
    await home.dial({ host: 'fd00::1', port: 3555 }, signal);
    expect(seen).to.deep.equal(['10.0.0.5 to 10.0.0.1', '10.0.0.1 to 10.0.0.1', 'fd00::1 to fd00::1']);
    expect(errnoBehind(await failureOf(away.dial({ host: '127.0.0.1', port: 3555 }, signal)))).to.equal('ECONNREFUSED');
    expect(errnoBehind(await failureOf(away.dial({ host: '10.9.9.9', port: 3555 }, signal)))).to.equal('EHOSTUNREACH');
    expect(away.isOwnAddress('10.0.0.5')).to.equal(true);
    expect(away.isOwnAddress('10.0.0.1')).to.equal(false);
    await listener.close();
  });

  it('leaves a dial to a silent address pending until it is called off', async () => {
    const home = memoryNetwork();
    home.silent.add('10.0.0.9');
    const calledOff = new AbortController();
    let settled = false;
    const dial = failureOf(home.dial({ host: '10.0.0.9', port: 3555 }, calledOff.signal)).finally(
      () => (settled = true),
    );
    await settle();
    expect(settled).to.equal(false);
    calledOff.abort();
    expect((await dial).code).to.equal('aborted');
  });

  it('counts what is open, until nothing is', async () => {
    const home = memoryNetwork();
    const net = new Connections(home);
    const { dialled, accepted } = await net.pair();
    expect(home.open).to.equal(2);
    await dialled.end();
    await accepted.end();
    await Promise.all([readAll(dialled), readAll(accepted)]);
    await Promise.all([dialled.closed, accepted.closed]);
    expect(home.open).to.equal(0);
  });

  it('spoils a chunk when the next read begins', async () => {
    const { dialled, accepted } = await new Connections(memoryNetwork()).pair();
    await dialled.write(Buffer.from('kept too long'));
    const [chunk] = (await accepted.read()) ?? [];
    const next = accepted.read();
    expect(Buffer.from(chunk ?? []).toString()).to.not.include('kept');
    await dialled.end();
    await next;
  });

  it('resets, and destroys what is on its way, when it is closed with input unread', async () => {
    const { dialled, accepted } = await new Connections(memoryNetwork()).pair();
    await accepted.write(pattern(1000));
    await dialled.write(Buffer.from('unread'));
    accepted.destroy();
    expect((await failureOf(dialled.read())).code).to.equal('connection-lost');
  });

  it('yields one piece per read when told to, and gathers pieces when asked', async () => {
    const { dialled, accepted } = await new Connections(memoryNetwork({ segment: 1 })).pair();
    await dialled.write(Buffer.from('abcdef'));
    expect(joined(await accepted.read()).toString()).to.equal('a');
    expect(joined(await accepted.read(3)).toString()).to.equal('bcd');
    await dialled.end();
    expect(joined(await accepted.read(9)).toString()).to.equal('ef');
    expect(await accepted.read()).to.equal(null);
  });
});
