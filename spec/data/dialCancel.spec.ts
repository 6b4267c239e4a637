import { expect } from 'chai';
import { dialChannel } from '../../lib/data/dial';
import { TwinportError } from '../../lib/errors';
import type { Conn, Network } from '../../lib/net/network';
import { LIMITS } from '../../lib/options';
import { countedSignal, eventually, freePort, onBothNetworks } from '../support/bothNetworks';
import { failureOf } from '../support/bytes';
import { fakeClock, settle } from '../support/fakeClock';
import { memoryPair, type MemoryConn } from '../support/memoryConn';
import { memoryNetwork } from '../support/memoryNetwork';
import { planTo } from '../support/dataPlans';

const never = new AbortController().signal;
const enough = new TwinportError('aborted', 'enough');

/** A network whose next dial ends when the spec says so, whatever its signal does. */
function stubborn(): { network: Network; land(): Conn; peer: MemoryConn } {
  const ends = [
    { address: '127.0.0.1', port: 50001 },
    { address: '127.0.0.1', port: 8555 },
  ] as const;
  const [dialled, peer] = memoryPair({ capacity: 8 }, ...ends);
  let land!: (conn: Conn) => void;
  const landed = new Promise<Conn>((resolve) => (land = resolve));
  const { listen, isOwnAddress } = memoryNetwork();
  const network: Network = { listen, isOwnAddress, dial: () => landed };
  return {
    network,
    peer,
    land: () => {
      land(dialled);
      return dialled;
    },
  };
}

describe('calling a dial off', () => {
  onBothNetworks((ground) => {
    // The fact (DESIGN §6.8): a server that still dials for a request that is over lands on the port its client
    // uses again, and the bytes of one file arrive as another.
    for (const how of ['abort', 'cancel'] as const) {
      it(`lets no late dial land on a reused port after ${how}`, async () => {
        const { network, net, clock } = ground();
        const port = await freePort(network);
        const channel = dialChannel(planTo(port, ground()));
        const counted = countedSignal();
        const opened = failureOf(channel.open(counted.signal));
        await eventually('it is refused', () => network.dials.length === 1 && clock.pending === 2);
        if (how === 'abort') counted.abort(enough);
        else await channel.cancel();
        expect((await opened).code).to.equal('aborted');

        const landed: Conn[] = [];
        const next = await network.listen({ host: '127.0.0.1', port }, (conn) => landed.push(conn));
        await clock.advance(LIMITS.dial);
        expect(network.dials.length).to.equal(1);
        const wanted = await net.dial({ port });
        await eventually('the wanted connection', () => landed.length > 0);
        expect(landed.map((conn) => conn.remote.port)).to.deep.equal([wanted.local.port]);
        expect(counted.listeners()).to.equal(0);
        for (const conn of landed) conn.destroy();
        await next.close();
      });
    }

    it('ends with the very reason of the signal', async () => {
      const { network } = ground();
      const counted = countedSignal();
      const opened = failureOf(dialChannel(planTo(await freePort(network), ground())).open(counted.signal));
      counted.abort(enough);
      expect(await opened).to.equal(enough);
      expect(counted.listeners()).to.equal(0);
    });

    it('dials nobody for a plan that was cancelled, or a signal that has fired', async () => {
      const { network } = ground();
      const cancelled = dialChannel(planTo(await freePort(network), ground()));
      await cancelled.cancel();
      expect((await failureOf(cancelled.open(never))).code).to.equal('aborted');
      const channel = dialChannel(planTo(await freePort(network), ground()));
      expect(await failureOf(channel.open(AbortSignal.abort(enough)))).to.equal(enough);
      expect(network.dials).to.deep.equal([]);
    });

    it('leaves alone what was handed over', async () => {
      const { net } = ground();
      const listener = await net.listen('127.0.0.1');
      const channel = dialChannel(planTo(listener.local.port, ground()));
      const counted = countedSignal();
      const conn = await channel.open(counted.signal);
      await channel.cancel();
      counted.abort(enough);
      await conn.write(Buffer.from('alive'));
      expect(Buffer.concat((await (await listener.next()).read()) ?? []).toString()).to.equal('alive');
      expect(counted.listeners()).to.equal(0);
      conn.destroy();
    });
  });

  for (const how of ['abort', 'cancel'] as const) {
    it(`ends a dial that nobody answers, by ${how}`, async () => {
      const network = memoryNetwork();
      const clock = fakeClock();
      network.silent.add('127.0.0.1');
      const counted = countedSignal();
      const channel = dialChannel(planTo(8555, { network, clock }));
      const opened = failureOf(channel.open(counted.signal));
      await settle();
      expect(clock.pending).to.equal(1);
      if (how === 'abort') counted.abort(enough);
      else await channel.cancel();
      expect((await opened).code).to.equal('aborted');
      expect([clock.pending, counted.listeners(), network.open]).to.deep.equal([0, 0, 0]);
    });

    it(`resets a connection that comes in the moment of ${how}: FIN would be the end of a file`, async () => {
      const { network, land, peer } = stubborn();
      const counted = countedSignal();
      const channel = dialChannel(planTo(8555, { network, clock: fakeClock() }));
      const opened = failureOf(channel.open(counted.signal));
      await settle();
      const conn = land();
      if (how === 'abort') counted.abort(enough);
      else void channel.cancel();
      expect((await opened).code).to.equal('aborted');
      await conn.closed;
      expect((await failureOf(peer.read())).code).to.equal('connection-lost');
    });

    it(`destroys a connection whose token is still on its way, at ${how}`, async () => {
      const { network, land } = stubborn();
      const counted = countedSignal();
      const clock = fakeClock();
      const plan = { ...planTo(8555, { network, clock }), token: Buffer.alloc(16, 7) };
      const channel = dialChannel(plan);
      const opened = failureOf(channel.open(counted.signal));
      const conn = land();
      await settle();
      // Eight of its sixteen bytes: the peer takes no more.
      expect(conn.bytesWritten).to.equal(8);
      if (how === 'abort') counted.abort(enough);
      else await channel.cancel();
      expect((await opened).code).to.equal('aborted');
      await conn.closed;
      expect([clock.pending, counted.listeners()]).to.deep.equal([0, 0]);
    });
  }

  it('ends a token that is not taken when its time is up', async () => {
    const { network, land } = stubborn();
    const clock = fakeClock();
    const opened = failureOf(dialChannel({ ...planTo(8555, { network, clock }), token: Buffer.alloc(16) }).open(never));
    const conn = land();
    await clock.advance(LIMITS.dial);
    expect((await opened).code).to.equal('no-data-connection');
    await conn.closed;
  });

  it('has no data connection when the peer resets it before the token', async () => {
    const { network, land, peer } = stubborn();
    const clock = fakeClock();
    const opened = failureOf(dialChannel({ ...planTo(8555, { network, clock }), token: Buffer.alloc(16) }).open(never));
    peer.reset();
    const conn = land();
    const error = await opened;
    expect([error.code, error.reply]).to.deep.equal(['no-data-connection', 425]);
    await conn.closed;
    expect(clock.pending).to.equal(0);
  });

  it('is over only when nothing of the dial is left', async () => {
    const { network, land } = stubborn();
    const channel = dialChannel(planTo(8555, { network, clock: fakeClock() }));
    const opened = failureOf(channel.open(never));
    let over = false;
    const cancelling = channel.cancel().then(() => (over = true));
    await settle();
    expect(over).to.equal(false);
    const conn = land();
    await cancelling;
    await opened;
    await conn.closed;
  });
});
