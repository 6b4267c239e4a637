import { expect } from 'chai';
import { isTwinportError } from '../../lib/errors';
import { createRelay } from '../../lib/relaying';
import { CLIENT, portIn, RELAY, SERVER, STRANGER, withRelay, type RelayBench } from '../support/relayBench';
import { settle } from '../support/fakeClock';
import type { Talker } from '../support/talker';

/** As long as the server itself tries (DESIGN §3.3). */
const ATTEMPT = 8000;

/** Is anybody listening there? A relay resets who is not wanted. */
async function refused(bench: RelayBench, port: number, from = SERVER): Promise<boolean> {
  try {
    const talker = await bench.dial(from, RELAY, port);
    talker.conn.destroy();
    return false;
  } catch (error) {
    return isTwinportError(error, 'cannot-connect');
  }
}

describe('a relay between ft peers', () => {
  it(
    'puts itself in the place of an active client',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      expect(server.conn.remote.address).to.equal(RELAY);
      const door = await bench.post(CLIENT);
      await client.send(`-g --token=${'ab'.repeat(16)} a b ${door.port}\n`);
      const line = await server.line();
      const port = portIn(line);
      expect(line).to.equal(`-g --token=${'ab'.repeat(16)} a b ${port}`);
      expect(port).not.to.equal(door.port);

      const far = await bench.dial(SERVER, RELAY, port);
      const near = await door.next();
      // From where the client reached the relay, as the server would have dialled it.
      expect(near.conn.remote.address).to.equal(RELAY);
      await far.end('file');
      expect((await near.whole()).toString()).to.equal('file');
      await far.over();
      expect(bench.told.map(({ kind }) => kind)).to.deep.equal(['data']);
    }),
  );

  it(
    'puts itself in the place of a passive server',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      const door = await bench.post(SERVER);
      await client.send('-g a 0\n');
      expect(await server.line()).to.equal('-g a 0');
      await server.send(`150 type=file;port=${door.port};size=4; port=5;\r\n226 x\r\n`);
      const line = await client.line();
      const port = Number(/port=([0-9]+);/.exec(line)?.[1]);
      expect(line).to.equal(`150 type=file;port=${port};size=4; port=5;`);
      expect(port).not.to.equal(door.port);
      expect(await client.line()).to.equal('226 x');

      const near = await bench.dial(CLIENT, RELAY, port);
      const far = await door.next();
      expect(far.conn.remote.address).to.equal(RELAY);
      await Promise.all([near.end('token'), far.end('file')]);
      expect([(await near.whole()).toString(), (await far.whole()).toString()]).to.deep.equal(['file', 'token']);
    }),
  );

  it(
    'passes everything else untouched, in order, also what it does not understand',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      const asked = '-f\r\n\n-g a 80\n-g --odd a 8555\n-c 1 00000000\nGET / HTTP/1.1\r\n-s caf\xe9\n-q\n';
      const answered = '211-x\r\n 150 port=5;\r\n211 End\r\nwords\n150 port=7; a\r\n226';
      await client.end(Buffer.from(asked, 'latin1'));
      expect((await server.over(), server.received.toString('latin1'))).to.equal(asked);
      await server.end(answered);
      expect((await client.whole()).toString()).to.equal(answered);
      expect(bench.told).to.deep.equal([]);
    }),
  );

  it(
    'keeps pipelined requests apart',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      const doors = [await bench.post(CLIENT), await bench.post(CLIENT), await bench.post(CLIENT)];
      await client.send(`-l ${doors[0]?.port}\n-g a ${doors[1]?.port}\n-q\n-p b ${doors[2]?.port}\n`);
      const ports = (await server.lines(4)).filter((line) => line !== '-q').map(portIn);
      expect(new Set(ports).size).to.equal(3);
      for (const [n, port] of [...ports.entries()].reverse()) {
        const far = await bench.dial(SERVER, RELAY, port);
        await far.end(String(n));
        expect((await (await doors[n]?.next())?.whole())?.toString()).to.equal(String(n));
      }
    }),
  );

  for (const [how, tail] of [
    ['a NUL', '\0\0'],
    ['the end', undefined],
    ['silence', ''],
  ] as const) {
    it(
      `exchanges the port of a half line ended by ${how}, and adds no newline`,
      withRelay({}, async (bench) => {
        const { client, server } = await bench.session();
        await client.send(`-g a 8555${tail ?? ''}`);
        if (tail === undefined) await client.end();
        if (tail === '') {
          await bench.clock.advance(199);
          expect(server.unread).to.equal('');
          await bench.clock.advance(1);
        }
        await server.bytes(8);
        await settle();
        expect(server.unread).to.match(new RegExp(`^-g a [0-9]{5}${tail === '\0\0' ? '\\0\\0' : ''}$`));
        expect(server.unread).not.to.contain('8555');
      }),
    );
  }

  it(
    'lets nobody but the two ends use its data ports',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      const near = await bench.post(CLIENT);
      const far = await bench.post(SERVER);
      await client.send(`-l ${near.port}\n-l 0\n`);
      const active = portIn(await server.line());
      await server.send(`226 x\r\n150 port=${far.port}; \r\n`);
      const passive = portIn((await client.lines(2))[1] ?? '');
      for (const [from, port] of [
        [STRANGER, active],
        [CLIENT, active],
        [STRANGER, passive],
        [SERVER, passive],
      ] as const) {
        expect(await (await bench.dial(from, RELAY, port)).over(), `${from} on ${port}`).to.equal('lost');
      }
      expect([near.conns.length, far.conns.length]).to.deep.equal([0, 0]);
      // Who may has lost nothing by it.
      await bench.dial(SERVER, RELAY, active);
      await near.next();
      await bench.dial(CLIENT, RELAY, passive);
      await far.next();
    }),
  );

  it(
    'shows the server that the client does not listen, and lives on',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-g a 8555\n');
      const far = await bench.dial(SERVER, RELAY, portIn(await server.line()));
      await bench.clock.advance(ATTEMPT - 1);
      expect(far.state).to.equal('open');
      await bench.clock.advance(1);
      expect(await far.over()).to.equal('lost');
      const [event] = bench.told;
      expect(event).to.deep.include({ kind: 'unreachable', connection: 1, which: 'data' });
      await client.send('-q\n');
      expect(await server.line()).to.equal('-q');
    }),
  );

  it(
    'waits for a client that listens late as long as the server would',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-g a 8555\n');
      const far = await bench.dial(SERVER, RELAY, portIn(await server.line()));
      await bench.clock.advance(ATTEMPT - 600);
      const door = await bench.post(CLIENT, 8555);
      await bench.clock.advance(500);
      await far.end('late');
      expect((await (await door.next()).whole()).toString()).to.equal('late');
    }),
  );

  it(
    'closes a data port a short while after the final reply, and not before',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-l 8555\n-g a 8556\n');
      const [first, second] = (await server.lines(2)).map(portIn) as [number, number];
      await server.send('150 x\r\n120 still\r\n550-no\r\n');
      await client.lines(3);
      await bench.clock.advance(60_000);
      expect(await refused(bench, first)).to.equal(false);
      await server.send('550 no\r\n');
      await client.line();
      await bench.clock.advance(1999);
      expect(await refused(bench, first)).to.equal(false);
      await bench.clock.advance(1);
      expect([await refused(bench, first), await refused(bench, second)]).to.deep.equal([true, false]);
      await client.end();
      await server.end();
      await bench.clock.advance(2000);
      expect(await refused(bench, second)).to.equal(true);
    }),
  );

  it(
    'opens no more data ports than a server lets wait',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-l 8555\n'.repeat(100));
      const ports = (await server.lines(100)).map(portIn);
      expect(new Set(ports.slice(0, 72)).size).to.equal(72);
      expect(new Set(ports.slice(72))).to.deep.equal(new Set([8555]));
      expect(bench.told.map(({ kind }) => kind)).to.deep.equal(Array<string>(28).fill('note'));
    }),
  );

  it(
    'takes no port of its own for a client’s',
    withRelay({}, async (bench) => {
      const near = await bench.dial(RELAY, RELAY, bench.at.port);
      const server = await bench.server.next();
      await near.send(`-l ${bench.at.port}\n`);
      const far = await bench.dial(SERVER, RELAY, portIn(await server.line()));
      expect(await far.over()).to.equal('lost');
      expect(bench.events.filter(({ kind }) => kind === 'connection')).to.have.length(1);
    }),
  );
});

describe('a relay and its connections', () => {
  it(
    'resets a client when the server cannot be reached, and lives on',
    withRelay({}, async (bench) => {
      await bench.server.close();
      for (let times = 1; times <= 2; times += 1) {
        const client = await bench.dial(CLIENT, RELAY, bench.at.port);
        expect(await client.over()).to.equal('lost');
        expect(bench.told.at(-1)).to.deep.include({ kind: 'unreachable', connection: times, which: 'control' });
      }
    }),
  );

  it(
    'gives up on a server that never answers',
    withRelay({}, async (bench) => {
      bench.network.silent.add(SERVER);
      const client = await bench.dial(CLIENT, RELAY, bench.at.port);
      await bench.clock.advance(30_000);
      expect(await client.over()).to.equal('lost');
    }),
  );

  it(
    'takes one end down with the other, either way',
    withRelay({}, async (bench) => {
      for (const dies of ['client', 'server'] as const) {
        const ends = await bench.session();
        ends[dies].conn.reset();
        expect(await ends[dies === 'client' ? 'server' : 'client'].over()).to.equal('lost');
      }
      expect(bench.events.filter(({ kind }) => kind === 'closed')).to.have.length(2);
    }),
  );

  it(
    'resets whatever is open when it closes, with a dial on its way too',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-l 8555\n');
      await bench.dial(SERVER, RELAY, portIn(await server.line()));
      bench.network.silent.add(SERVER);
      const waiting = await bench.dial(CLIENT, RELAY, bench.at.port);
      await settle();
      await bench.relay.close();
      expect([await client.over(), await server.over(), await waiting.over()]).to.deep.equal(['lost', 'lost', 'lost']);
    }),
  );

  it(
    'has no room for more than 240 clients at once',
    withRelay({}, async (bench) => {
      const clients: Talker[] = [];
      for (let n = 0; n < 241; n += 1) clients.push(await bench.dial(CLIENT, RELAY, bench.at.port));
      expect(await clients.at(-1)?.over()).to.equal('lost');
      expect(clients[239]?.state).to.equal('open');
      clients[0]?.conn.reset();
      await settle();
      expect((await bench.dial(CLIENT, RELAY, bench.at.port)).state).to.equal('open');
    }),
  );

  it(
    'relays pairs of ports it is given, as data',
    withRelay({ cutAfter: 3 }, async (bench) => {
      const far = await bench.post(SERVER);
      const relay = createRelay({
        to: { host: SERVER, port: bench.server.port },
        data: [[0, far.port]],
        cutAfter: 3,
        network: bench.machine(RELAY),
        clock: bench.clock,
      });
      await relay.listen();
      const near = await bench.dial(CLIENT, RELAY, relay.dataPorts[0]?.listen ?? 0);
      const server = await far.next();
      await server.send('data');
      expect((await near.whole()).toString()).to.equal('dat');
      await server.whole();
      await relay.close();
    }),
  );

  it('refuses what makes no sense', () => {
    const to = { host: 'h', port: 1 };
    for (const [options, sentence] of [
      [{ to: { host: 'h', port: 0 } }, /^the port to relay to must be/],
      [{ to, seed: -1 }, /^seed must be/],
      [{ to, latency: 1e9 }, /^latency must be/],
      [{ to, rate: 0 }, /^rate must be/],
      [{ to, cutAfter: 0.5 }, /^cutAfter must be/],
      [{ to, resetAfter: NaN }, /^resetAfter must be/],
      [{ to, corrupt: 41 }, /^corrupt must be/],
      [{ to, dialect: 'toString' }, /^the dialect is one of auto, ft, /],
      [{ to, data: [[1, 0]] }, /^a port of data must be/],
    ] as const) {
      expect(() => createRelay(options)).to.throw(sentence);
    }
    expect(createRelay({ to }).seed).not.to.equal(createRelay({ to }).seed);
  });
});
