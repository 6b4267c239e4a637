import { expect } from 'chai';
import { listenChannel, type AcceptPlan, type ListeningChannel } from '../../lib/data/accept';
import { deferred } from '../../lib/data/scope';
import { TwinportError } from '../../lib/errors';
import type { Conn, Network } from '../../lib/net/network';
import { LIMITS } from '../../lib/options';
import { countedSignal, onBothNetworks, WatchedNetwork, type Ground } from '../support/bothNetworks';
import { failureOf, joined, readAll } from '../support/bytes';
import { fakeClock, settle } from '../support/fakeClock';
import { memoryPair, type MemoryConn } from '../support/memoryConn';
import { memoryNetwork } from '../support/memoryNetwork';

const never = new AbortController().signal;
const enough = new TwinportError('aborted', 'enough');

const anyPort = (plan: Partial<AcceptPlan> & Pick<AcceptPlan, 'network' | 'clock'>): AcceptPlan => ({
  host: '127.0.0.1',
  ports: [0, 0],
  allows: () => true,
  ...plan,
});

/** Nobody listens at this channel's port any more: dialling is refused, and it can be listened to again. */
async function expectClosed({ network, net }: Ground, { port }: ListeningChannel): Promise<void> {
  expect((await failureOf(net.dial({ port }))).code).to.equal('cannot-connect');
  await (await network.listen({ host: '127.0.0.1', port }, (conn) => conn.destroy())).close();
}

describe('accepting a data connection', () => {
  onBothNetworks((ground) => {
    let channel: ListeningChannel;
    const listen = async (plan: Partial<AcceptPlan> = {}): Promise<ListeningChannel> => {
      channel = await listenChannel(anyPort({ ...ground(), ...plan }));
      return channel;
    };
    const dial = (localAddress = '127.0.0.1') => ground().net.dial({ port: channel.port, localAddress });

    it('hands over the one that comes, and stops listening', async () => {
      const { net } = ground();
      await listen();
      expect(channel.port).to.be.greaterThan(1023);
      const opened = channel.open(never);
      const dialled = await dial();
      const conn = await opened;
      expect(conn.remote).to.deep.equal(dialled.local);
      await expectClosed(ground(), channel);
      await dialled.write(Buffer.from('data'));
      expect(joined(await conn.read()).toString()).to.equal('data');
      await channel.cancel();
      await conn.write(Buffer.from('alive after the plan'));
      expect(joined(await dialled.read()).toString()).to.equal('alive after the plan');
      conn.destroy();
      await net.release();
    });

    it('hands over one that came before anybody asked', async () => {
      await listen();
      const dialled = await dial();
      await dialled.write(Buffer.from('early'));
      await dialled.end();
      const conn = await channel.open(never);
      expect((await readAll(conn)).toString()).to.equal('early');
      conn.destroy();
    });

    it('closes strangers, and still takes the one it waits for', async () => {
      await listen({ allows: ({ address }) => address === '127.0.0.2' });
      const opened = channel.open(never);
      const strangers = await Promise.all(Array.from({ length: 12 }, () => dial('127.0.0.1')));
      for (const stranger of strangers) expect(await stranger.read().catch(() => null)).to.equal(null);
      const wanted = await dial('127.0.0.2');
      const conn = await opened;
      expect(conn.remote).to.deep.equal(wanted.local);
      conn.destroy();
    });

    it('closes whoever comes second', async () => {
      await listen();
      // The second is let in and closed, or refused at the door, as they happen to come.
      const dials = await Promise.allSettled([dial(), dial()]);
      const conn = await channel.open(never);
      const dialled = dials.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const others = dialled.filter(({ local }) => local.port !== conn.remote.port);
      expect(others.length).to.equal(dialled.length - 1);
      for (const other of others) expect(await other.read().catch(() => null)).to.equal(null);
      conn.destroy();
    });

    it('waits 15 s, then says 425 and stops listening', async () => {
      const { clock } = ground();
      await listen();
      let over = false;
      const opened = failureOf(channel.open(never)).finally(() => (over = true));
      await clock.advance(LIMITS.awaitData - 1);
      expect([over, LIMITS.awaitData]).to.deep.equal([false, 15_000]);
      await clock.advance(1);
      const error = await opened;
      expect([error.code, error.reply]).to.deep.equal(['data-timeout', 425]);
      await expectClosed(ground(), channel);
    });

    it('waits as long as its plan says', async () => {
      const { clock } = ground();
      await listen({ wait: 40 });
      const opened = failureOf(channel.open(never));
      await clock.advance(40);
      expect((await opened).code).to.equal('data-timeout');
    });

    it('ends with the very reason of its signal, and stops listening', async () => {
      await listen();
      const counted = countedSignal();
      const opened = failureOf(channel.open(counted.signal));
      counted.abort(enough);
      expect(await opened).to.equal(enough);
      expect(counted.listeners()).to.equal(0);
      await expectClosed(ground(), channel);
    });

    it('destroys a connection that came in the moment of the abort', async () => {
      await listen();
      const dialled = await dial();
      expect(await failureOf(channel.open(AbortSignal.abort(enough)))).to.equal(enough);
      expect(await dialled.read().catch(() => null)).to.equal(null);
      await expectClosed(ground(), channel);
    });

    it('leaves no listener when it is cancelled unused', async () => {
      await listen();
      await channel.cancel();
      await channel.cancel();
      await expectClosed(ground(), channel);
      expect((await failureOf(channel.open(never))).code).to.equal('aborted');
    });

    it('leaves no listener when it is cancelled while it waits', async () => {
      await listen();
      const opened = failureOf(channel.open(never));
      await channel.cancel();
      expect((await opened).code).to.equal('aborted');
      await expectClosed(ground(), channel);
    });

    it('leaves no connection that came and was never asked for', async () => {
      await listen();
      const dialled = await dial();
      await settle();
      await channel.cancel();
      expect(await dialled.read().catch(() => null)).to.equal(null);
    });

    it('cannot listen on a port that is taken', async () => {
      const { net } = ground();
      const holder = await net.listen('127.0.0.1');
      const { port } = holder.local;
      const error = await failureOf(listen({ ports: [port, port] }));
      expect([error.code, error.message]).to.deep.equal(['cannot-listen', `port ${port} is already in use`]);
    });

    it('tries no other port when the address itself is wrong', async () => {
      const { network } = ground();
      expect((await failureOf(listen({ host: '192.0.2.1', ports: [50000, 50010] }))).code).to.equal('cannot-listen');
      expect(network.listens.length).to.equal(1);
    });

    it('asks for large read buffers only where many bytes will be read', async () => {
      const { network } = ground();
      for (const bulk of [true, false]) {
        await listen({ bulk });
        await channel.cancel();
      }
      const bind = { host: '127.0.0.1', port: 0 };
      expect(network.listens).to.deep.equal([{ ...bind, bulk: true }, bind]);
    });

    it('binds every address when it is told none', async () => {
      const { network, clock, net } = ground();
      channel = await listenChannel({ network, clock, ports: [0, 0], allows: () => true });
      expect(network.listens).to.deep.equal([{ port: 0 }]);
      await net.dial({ host: '127.0.0.9', port: channel.port });
      (await channel.open(never)).destroy();
    });
  });

  describe('on a network that is slow to close', () => {
    const clock = fakeClock();
    const at = (port: number) => ({ address: '127.0.0.1', port });

    /** What was accepted before a listener closes may still be handed over afterwards. */
    const slow = () => {
      let onConn!: (conn: Conn) => void;
      const closing = deferred<void>();
      let closes = 0;
      const network: Network = {
        ...memoryNetwork(),
        listen: async (_options, handOver) => {
          onConn = handOver;
          const close = (): Promise<void> => ((closes += 1), closing.promise);
          return { local: at(8555), close };
        },
      };
      const knock = (port: number): MemoryConn => {
        const [dialled, accepted] = memoryPair({ capacity: 1024 }, at(port), at(8555));
        onConn(accepted);
        return dialled;
      };
      return { network, knock, closed: closing.resolve, closes: () => closes };
    };

    it('closes the port as soon as the one is there, asked for or not', async () => {
      const { network, knock, closes } = slow();
      await listenChannel(anyPort({ network, clock }));
      expect(closes()).to.equal(0);
      knock(1);
      expect(closes()).to.equal(1);
    });

    it('closes whoever comes when the port should be closed', async () => {
      const { network, knock, closed } = slow();
      const channel = await listenChannel(anyPort({ network, clock }));
      knock(1);
      const late = knock(2);
      expect(await late.read()).to.equal(null);
      closed();
      expect((await channel.open(never)).remote.port).to.equal(1);
      const later = knock(3);
      expect(await later.read()).to.equal(null);
    });

    it('has cancelled only when the port is free', async () => {
      const { network, closed } = slow();
      const channel = await listenChannel(anyPort({ network, clock }));
      let over = false;
      const cancelling = channel.cancel().then(() => (over = true));
      await settle();
      expect(over).to.equal(false);
      closed();
      await cancelling;
    });
  });

  describe('from a range of ports', () => {
    const clock = fakeClock();
    const ports = [50000, 50003] as const;

    it('finds the one that is free', async () => {
      for (const free of [50000, 50001, 50002, 50003]) {
        const network = memoryNetwork();
        for (let port = ports[0]; port <= ports[1]; port += 1) {
          if (port !== free) await network.listen({ port }, () => undefined);
        }
        const channel = await listenChannel(anyPort({ network, clock, ports }));
        expect(channel.port).to.equal(free);
        await channel.cancel();
        expect(network.open).to.equal(3);
      }
    });

    it('tries each once, and cannot listen when all are taken', async () => {
      const memory = memoryNetwork();
      for (let port = ports[0]; port <= ports[1]; port += 1) await memory.listen({ port }, () => undefined);
      const network = new WatchedNetwork(memory);
      const error = await failureOf(listenChannel(anyPort({ network, clock, ports })));
      expect(error.code).to.equal('cannot-listen');
      expect(network.listens.map(({ port }) => port).sort()).to.deep.equal([50000, 50001, 50002, 50003]);
    });

    it('begins anywhere: the next port cannot be told from the last', async () => {
      const network = memoryNetwork();
      const seen = new Set<number>();
      // All four in 300 tries, but for one chance in 10^36.
      for (let i = 0; i < 300; i += 1) {
        const channel = await listenChannel(anyPort({ network, clock, ports }));
        seen.add(channel.port);
        await channel.cancel();
      }
      expect([...seen].sort()).to.deep.equal([50000, 50001, 50002, 50003]);
    });
  });
});
