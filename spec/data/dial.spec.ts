import { expect } from 'chai';
import { dialChannel, type DialPlan } from '../../lib/data/dial';
import { OwnPorts } from '../../lib/data/ownPorts';
import type { Conn, Network } from '../../lib/net/network';
import { LIMITS } from '../../lib/options';
import { eventually, freePort, onBothNetworks, passTime } from '../support/bothNetworks';
import { failureOf, readAll } from '../support/bytes';
import { planTo } from '../support/dataPlans';
import { fakeClock } from '../support/fakeClock';
import { memoryPair } from '../support/memoryConn';
import { memoryNetwork } from '../support/memoryNetwork';

const never = new AbortController().signal;

const told = ({ code, message, reply }: { code: string; message: string; reply: number | undefined }) => ({
  code,
  message,
  reply,
});

describe('dialling a data connection', () => {
  onBothNetworks((ground) => {
    it('opens it to the one that listens', async () => {
      const { net } = ground();
      const listener = await net.listen('127.0.0.1');
      const channel = dialChannel(planTo(listener.local.port, ground()));
      const conn = await channel.open(never);
      const accepted = await listener.next();
      expect(conn.remote).to.deep.equal(accepted.local);
      await conn.write(Buffer.from('data'));
      await conn.end();
      expect((await readAll(accepted)).toString()).to.equal('data');
      conn.destroy();
    });

    it('tries again while it is refused, until the listener appears', async () => {
      const { network, net, clock } = ground();
      const port = await freePort(network);
      const opened = dialChannel(planTo(port, ground())).open(never);
      const refused = (times: number): Promise<void> =>
        eventually(`refused ${times} times`, () => network.dials.length === times && clock.pending === 2);
      await refused(1);
      await clock.advance(15);
      await refused(2);
      const listener = await network.listen({ host: '127.0.0.1', port }, (conn) => conn.destroy());
      await clock.advance(30);
      const conn = await opened;
      expect(network.dials.length).to.equal(3);
      expect(conn.remote.port).to.equal(port);
      conn.destroy();
      await listener.close();
      await net.release();
    });

    it('gives up 8 s after it began, with 425', async () => {
      const { network, clock } = ground();
      const began = clock.now();
      const opened = failureOf(dialChannel(planTo(await freePort(network), ground())).open(never));
      await passTime(clock, 100, opened, 2);
      expect(told(await opened)).to.deep.equal({
        code: 'no-data-connection',
        message: 'cannot open the data connection',
        reply: 425,
      });
      expect(clock.now() - began).to.equal(LIMITS.dial);
      expect(LIMITS.dial).to.equal(8000);
    });

    it('never dials a port this process listens on', async () => {
      const { network, net, clock } = ground();
      const own = new OwnPorts(network);
      const knocks: Conn[] = [];
      const listener = await own.listen({ host: '127.0.0.1', port: 0 }, (conn) => knocks.push(conn));
      const plan = { ...planTo(listener.local.port, { network: own, clock }), isOurs: own.isOurs.bind(own) };
      const refusal = await failureOf(dialChannel(plan).open(never));
      expect(told(refusal)).to.deep.include({ code: 'no-data-connection', reply: 425 });
      await net.dial({ port: listener.local.port });
      await eventually('our own knock', () => knocks.length > 0);
      expect(knocks.length).to.equal(1);
      for (const conn of knocks) conn.destroy();
      await listener.close();
    });

    it('writes the token before anything else', async () => {
      const { net } = ground();
      const listener = await net.listen('127.0.0.1');
      const token = Buffer.from('0123456789abcdef');
      const conn = await dialChannel({ ...planTo(listener.local.port, ground()), token }).open(never);
      await conn.write(Buffer.from('data'));
      await conn.end();
      expect((await readAll(await listener.next())).toString()).to.equal('0123456789abcdefdata');
      conn.destroy();
    });

    it('comes from 127.0.1.1 to a client that connected there', async () => {
      const { net } = ground();
      const control = await net.listen();
      const client = await net.dial({ host: '127.0.1.1', port: control.local.port });
      const session = await control.next();
      const data = await net.listen('127.0.0.1');
      const to = { address: session.remote.address, port: data.local.port };
      const plan = { ...planTo(data.local.port, ground()), to, from: session.local.address };
      const conn = await dialChannel(plan).open(never);
      expect((await data.next()).remote.address)
        .to.equal(client.remote.address)
        .and.to.equal('127.0.1.1');
      conn.destroy();
    });
  });

  it('waits longer from try to try, and never longer than half a second', async () => {
    const network = memoryNetwork();
    const clock = fakeClock();
    const times: number[] = [];
    const watched: Network = {
      listen: network.listen,
      isOwnAddress: network.isOwnAddress,
      dial: (...args) => {
        times.push(clock.now() - 1000);
        return network.dial(...args);
      },
    };
    const opened = failureOf(dialChannel(planTo(8555, { network: watched, clock })).open(never));
    await clock.advance(LIMITS.dial - 1);
    expect(times.slice(0, 9)).to.deep.equal([0, 15, 45, 105, 225, 465, 945, 1445, 1945]);
    expect(times.length).to.equal(21);
    await clock.advance(1);
    expect((await opened).code).to.equal('no-data-connection');
    await clock.advance(60_000);
    expect(times.length).to.equal(21);
    expect(clock.pending).to.equal(0);
  });

  it('says the same of a port that is refused, filtered, out of reach or its own', async () => {
    const network = memoryNetwork();
    const clock = fakeClock();
    network.silent.add('10.0.0.8');
    const plans: Record<string, DialPlan> = {
      refused: planTo(8555, { network, clock }),
      filtered: { ...planTo(8555, { network, clock }), to: { address: '10.0.0.8', port: 8555 }, from: '10.0.0.1' },
      'out of reach': {
        ...planTo(8555, { network, clock }),
        to: { address: '10.0.0.9', port: 8555 },
        from: '10.0.0.1',
      },
      own: { ...planTo(8555, { network, clock }), isOurs: () => true },
    };
    const answers: Record<string, unknown> = {};
    for (const [cause, plan] of Object.entries(plans)) {
      const opened = failureOf(dialChannel(plan).open(never));
      await clock.advance(LIMITS.dial);
      answers[cause] = told(await opened);
    }
    const same = { code: 'no-data-connection', message: 'cannot open the data connection', reply: 425 };
    expect(answers).to.deep.equal({ refused: same, filtered: same, 'out of reach': same, own: same });
    expect(network.open).to.equal(0);
    expect(clock.pending).to.equal(0);
  });

  it('takes a connection to itself for a refusal: destroys it and tries again', async () => {
    const network = memoryNetwork();
    const clock = fakeClock();
    const end = { address: '127.0.0.1', port: 50123 };
    const [itself] = memoryPair({ capacity: 1024 }, end, end);
    const [sound] = memoryPair({ capacity: 1024 }, { ...end, port: 50124 }, end);
    const results = [itself, sound];
    const looped: Network = {
      listen: network.listen,
      isOwnAddress: network.isOwnAddress,
      dial: async () => results.shift() ?? sound,
    };
    const opened = dialChannel(planTo(end.port, { network: looped, clock })).open(never);
    await itself.closed;
    expect(results.length).to.equal(1);
    await clock.advance(15);
    expect(await opened).to.equal(sound);
    expect(clock.pending).to.equal(0);
  });

  it('asks for large read buffers only where many bytes will be read', async () => {
    for (const bulk of [true, false]) {
      const network = memoryNetwork();
      const asked: unknown[] = [];
      const watched: Network = {
        listen: network.listen,
        isOwnAddress: network.isOwnAddress,
        dial: (options) => {
          asked.push(options);
          return Promise.reject(new Error('enough'));
        },
      };
      await failureOf(dialChannel({ ...planTo(8555, { network: watched, clock: fakeClock() }), bulk }).open(never));
      expect(asked).to.deep.equal([{ host: '127.0.0.1', port: 8555, localAddress: '127.0.0.1', bulk }]);
    }
  });
});
