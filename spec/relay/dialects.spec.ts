import { expect } from 'chai';
import { createRelay } from '../../lib/relaying';
import { CLIENT, portIn, RELAY, SERVER, withRelay, type RelayBench } from '../support/relayBench';
import { settle } from '../support/fakeClock';
import { Talker } from '../support/talker';

/** One field, and the silence behind it. */
async function field(bench: RelayBench, client: Talker, server: Talker, text: string): Promise<string> {
  const before = server.received.length;
  await client.send(text);
  await bench.clock.advance(200);
  return server.received.toString('latin1', before);
}

async function answer(client: Talker, server: Talker): Promise<void> {
  const before = client.received.length;
  await server.send('OK');
  await settle();
  expect(client.received.toString('latin1', before)).to.equal('OK');
}

/** Up to the address: the port and the address that the server is told. */
async function begun(bench: RelayBench, verb: string, port: number, client: Talker, server: Talker) {
  expect(await field(bench, client, server, verb)).to.equal(verb);
  await answer(client, server);
  const told = await field(bench, client, server, String(port));
  await answer(client, server);
  const address = await field(bench, client, server, CLIENT);
  await answer(client, server);
  return { port: Number(told), address };
}

describe('a relay between stepwise peers', () => {
  for (const pinned of [{}, { dialect: 'stepwise' }]) {
    it(
      `puts itself in the client’s place${'dialect' in pinned ? ', told so' : ''}`,
      withRelay(pinned, async (bench) => {
        const { client, server } = await bench.session();
        const door = await bench.post(CLIENT);
        const { port, address } = await begun(bench, '-g', door.port, client, server);
        expect(address).to.equal(RELAY);
        expect(port).not.to.equal(door.port);
        expect(await field(bench, client, server, 'a file.txt')).to.equal('a file.txt');
        await answer(client, server);
        const far = await bench.dial(SERVER, address, port);
        await far.end('bytes');
        expect((await (await door.next()).whole()).toString()).to.equal('bytes');
      }),
    );
  }

  it(
    'needs no name for a list, and holds nothing back behind it',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      const door = await bench.post(CLIENT);
      const { port } = await begun(bench, '-l', door.port, client, server);
      await client.send('more');
      await settle();
      expect(server.unread).to.match(/more$/);
      await bench.dial(SERVER, RELAY, port);
      await door.next();
    }),
  );

  it(
    'takes a field however it arrives, and leaves one alone that is none',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-');
      await bench.clock.advance(50);
      expect(await field(bench, client, server, 'g')).to.equal('-g');
      await answer(client, server);
      expect(await field(bench, client, server, 'eighty')).to.equal('eighty');
      expect(await field(bench, client, server, CLIENT)).to.equal(CLIENT);
      expect(bench.told).to.deep.equal([]);
    }),
  );

  it(
    'turns back to ft when a line goes on that only looked like a field',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      expect(await field(bench, client, server, '-g')).to.equal('-g');
      await client.send(' a 8555\n-l 8556\n');
      const [first = '', second = ''] = await server.lines(2);
      expect(first).to.match(/^-g a [0-9]{5}$/);
      expect(second).to.match(/^-l [0-9]{5}$/);
      expect([portIn(first), portIn(second)]).not.to.include.members([8555, 8556]);
    }),
  );

  it('says when its server is reached over IPv6, which no field can name', async () => {
    await withRelay({}, async (bench) => {
      const [far, here] = ['fd00::1', 'fd00::9'];
      const machine = bench.machine(far);
      const accepted: Talker[] = [];
      const listener = await machine.listen({ port: 0 }, (conn) => accepted.push(new Talker(conn)));
      const notes: string[] = [];
      const relay = createRelay({
        to: { host: far, port: listener.local.port },
        network: bench.network.machine(here, '10.0.0.10'),
        clock: bench.clock,
      });
      relay.on('event', (event) => event.kind === 'note' && notes.push(event.text));
      const { port } = await relay.listen();
      const client = await bench.dial(CLIENT, '10.0.0.10', port);
      for (const text of ['-l', '8555', CLIENT]) {
        await client.send(text);
        await bench.clock.advance(200);
        await accepted[0]?.send('OK');
        await settle();
      }
      expect(accepted[0]?.received.toString()).to.match(/^-l[0-9]{5}10\.0\.0\.2$/);
      expect(notes).to.have.length(1);
      expect(notes[0]).to.match(/IPv6/);
      await listener.close();
      await relay.close();
    })();
  });
});

describe('a relay where there is one connection', () => {
  const BINARY = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7) & 0xff));

  for (const [what, first] of [
    ['privateshare', 'get,150 port=5;'],
    ['framed', '7:put abc-l 8555\n'],
    ['colon', 'name : GET'],
    ['anything', '\0\x01\xff\n-l 8555\n'],
  ] as const) {
    it(
      `passes ${what} as it is, at once, both ways`,
      withRelay({}, async (bench) => {
        const { client, server } = await bench.session();
        await client.send(Buffer.from(first, 'latin1'));
        await server.bytes(first.length);
        await server.send('150 port=5; x\n');
        await server.send('15');
        await client.bytes(16);
        await client.end(BINARY);
        await server.end(BINARY);
        const [there, back] = [await server.whole(), await client.whole()];
        expect(there.toString('latin1')).to.equal(first + BINARY.toString('latin1'));
        expect(back.toString('latin1')).to.equal(`150 port=5; x\n15${BINARY.toString('latin1')}`);
        expect(bench.told).to.deep.equal([]);
        expect(bench.clock.pending).to.equal(0);
      }),
    );
  }

  it(
    'passes what a server says first, and then tells by the client',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await server.send('accio\r\n');
      await client.line();
      await client.send('-l 8555\n');
      expect(await server.line()).to.match(/^-l [0-9]{5}$/);
    }),
  );

  it(
    'believes what it is told: raw is raw, whatever it looks like',
    withRelay({ dialect: 'raw' }, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-l');
      await server.bytes(2);
      await client.send(' 8555\n');
      expect(await server.line()).to.equal('-l 8555');
    }),
  );

  it(
    'and ft is ft, also before anything is said',
    withRelay({ dialect: 'ft' }, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('\0-l 8555\n');
      expect(await server.line()).to.match(/^\0-l [0-9]{5}$/);
    }),
  );

  it(
    'says once what it cannot do under TLS, and passes it',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      const hello = Buffer.concat([Buffer.of(0x16, 3, 1), BINARY]);
      await client.send(hello.subarray(0, 1));
      await client.end(hello.subarray(1));
      await server.end('150 port=5; x\n');
      expect((await server.whole()).equals(hello)).to.equal(true);
      expect((await client.whole()).toString()).to.equal('150 port=5; x\n');
      expect(bench.told.map(({ kind }) => kind)).to.deep.equal(['note']);
      expect(bench.told[0])
        .to.have.property('text')
        .that.matches(/TLS.*cannot read.*data ports/);
    }),
  );

  it('says once that its data connections cannot be corrupted: there are none', async () => {
    for (const [options, first, notes] of [
      [{ corrupt: 2 }, 'get,a', 1],
      [{ corrupt: 2, dialect: 'raw' }, '-l 8555\n', 1],
      [{ corrupt: 2, corruptControl: true }, 'get,a', 0],
      [{ corrupt: 0 }, 'get,a', 0],
      [{ corrupt: 2 }, '-f\n', 0],
    ] as const) {
      await withRelay(options, async (bench) => {
        const { client, server } = await bench.session();
        await client.send(first);
        await server.bytes(first.length);
        await client.send(first);
        await server.bytes(first.length);
        const told = bench.events.flatMap((event) => (event.kind === 'note' ? [event.text] : []));
        expect(told).to.have.length(notes);
        for (const text of told) expect(text).to.match(/no data connection to corrupt.*--corrupt-control/);
      })();
    }
  });

  it('cuts and resets it after so many bytes, and control connections never', async () => {
    for (const [options, how] of [
      [{ cutAfter: 4 }, 'ended'],
      [{ resetAfter: 4 }, 'lost'],
    ] as const) {
      await withRelay(options, async (bench) => {
        const single = await bench.session();
        await single.client.send('get,a');
        expect([await single.client.over(), await single.server.over()]).to.deep.equal([how, how]);
        expect(single.server.received.toString()).to.equal('get,');
        expect(bench.told).to.have.length(1);
        expect(bench.told[0]).to.deep.include({ which: 'control', offset: 4 });
        // What was passed on, not what came.
        await single.client.end().catch(() => undefined);
        await single.server.end().catch(() => undefined);
        await settle();
        expect(bench.events.find(({ kind }) => kind === 'closed')).to.deep.include({ there: 4, back: 0 });
        const two = await bench.session();
        await two.client.send('-f\n-q\n');
        await two.server.lines(2);
        expect(two.client.state).to.equal('open');
      })();
    }
  });
});
