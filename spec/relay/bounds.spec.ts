import { expect } from 'chai';
import { deferred } from '../../lib/data/scope';
import type { Conn } from '../../lib/net/network';
import type { Leg, Legs } from '../../lib/relay/legs';
import { Talk } from '../../lib/relay/talk';
import type { RelayEvent } from '../../lib/relaying';
import { fakeClock } from '../support/fakeClock';
import { portIn, withRelay, type RelayBench } from '../support/relayBench';

const notes = (bench: RelayBench): string[] =>
  bench.events.flatMap((event: RelayEvent) => (event.kind === 'note' ? [event.text] : []));

describe('a relay with a peer that asks for too much', () => {
  it(
    'opens one data port for one request, however many 150 lines answer it',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-g a 0\n-g b 0\n');
      await server.lines(2);
      const before = bench.network.open;
      await server.send('150 port=5000; x\r\n'.repeat(80));
      const lines = await client.lines(80);
      expect(bench.network.open).to.equal(before + 1);
      expect(portIn(lines[0] ?? '')).not.to.equal(5000);
      expect(new Set(lines.slice(1))).to.deep.equal(new Set(['150 port=5000; x']));
      // The next request has one of its own.
      await server.send('226 x\r\n150 port=5000; x\r\n');
      const [, second = ''] = await client.lines(2);
      expect(portIn(second)).not.to.equal(5000);
      expect(notes(bench)).to.deep.equal([]);
    }),
  );

  it(
    'dials no service for a server: data ports below 1024 pass unchanged, and are told',
    withRelay({}, async (bench) => {
      const { client, server } = await bench.session();
      await client.send('-g a 0\n');
      await server.line();
      const before = bench.network.open;
      await server.send('150 port=25; x\r\n'.repeat(3));
      expect(await client.lines(3)).to.deep.equal(Array<string>(3).fill('150 port=25; x'));
      expect(bench.network.open).to.equal(before);
      expect(notes(bench)).to.have.length(1);
      expect(notes(bench)[0]).to.match(/^data port 25 of the server is not relayed: below 1024/);
      await server.send('226 x\r\n');
      await client.send('-g a 0\n');
      await server.line();
      await server.send('150 port=1024; x\r\n');
      expect(portIn((await client.lines(2))[1] ?? '')).not.to.equal(1024);
    }),
  );

  it(
    'opens no more than 256 data ports for all clients together, and has room again when some are over',
    withRelay({}, async (bench) => {
      const ports: number[] = [];
      const sessions: Awaited<ReturnType<RelayBench['session']>>[] = [];
      for (let n = 0; n < 4; n += 1) {
        const session = await bench.session();
        sessions.push(session);
        await session.client.send('-l 8555\n'.repeat(70));
        ports.push(...(await session.server.lines(70)).map(portIn));
      }
      expect(ports.filter((port) => port !== 8555)).to.have.length(256);
      expect(notes(bench)).to.have.length(24);
      for (const text of notes(bench)) expect(text).to.match(/^more than 256 data ports .* all clients together/);

      await sessions[0]?.client.end();
      await sessions[0]?.server.end();
      await bench.clock.advance(2000);
      const late = await bench.session();
      await late.client.send('-l 8555\n');
      expect(portIn(await late.server.line())).not.to.equal(8555);
    }),
  );

  it(
    'tells a hundred notes of one connection, and of the next again',
    withRelay({}, async (bench) => {
      for (const times of [1, 2]) {
        const { client, server } = await bench.session();
        const sent = client.send('-l 8555\n'.repeat(250));
        for (let turns = 0; turns < 4; turns += 1) await bench.clock.advance(1);
        await sent;
        await server.lines(250);
        expect(notes(bench)).to.have.length(101 * times);
        expect(notes(bench).at(-1)).to.match(/^and more/);
      }
    }),
  );

  it('lets a data port go whose request was answered while it was being opened', async () => {
    const opening = deferred<Leg>();
    const legs = { active: () => opening.promise } as unknown as Legs;
    const talk = new Talk({} as Conn, legs, () => undefined, fakeClock(), 'ft');
    const passed = talk.there.push(Buffer.from('-g a 8555\n'));
    await talk.back.push(Buffer.from('226 x\r\n'));
    let expired = 0;
    opening.resolve({ port: 40000, expire: () => (expired += 1), close: () => expect.fail('closed at once') });
    expect(Buffer.concat(await passed).toString()).to.equal('-g a 40000\n');
    expect(expired).to.equal(1);
  });
});
