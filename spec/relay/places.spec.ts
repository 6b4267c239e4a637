import { expect } from 'chai';
import { LIMITS } from '../../lib/options';
import { CLIENT, portIn, RELAY, SERVER, withRelay, type RelayBench } from '../support/relayBench';
import { settle } from '../support/fakeClock';
import type { Talker } from '../support/talker';

const MOST = LIMITS.sessions / 2;

interface Session {
  readonly client: Talker;
  readonly server: Talker;
}

async function full(bench: RelayBench): Promise<Session[]> {
  const all: Session[] = [];
  while (all.length < MOST) all.push(await bench.session());
  return all;
}

async function works({ client, server }: Session): Promise<void> {
  await client.send('-s a\n');
  expect(await server.line()).to.equal('-s a');
  await server.send('213 x\r\n');
  expect(await client.line()).to.equal('213 x');
}

const knock = (bench: RelayBench): Promise<Talker> => bench.dial(CLIENT, RELAY, bench.at.port);
const notes = (bench: RelayBench): string[] =>
  bench.events.flatMap((event) => (event.kind === 'note' ? [event.text] : []));

describe('a relay whose places are all taken', () => {
  it(
    'has the longest idle make room, both its sides reset, and says so',
    withRelay({}, async (bench) => {
      const all = await full(bench);
      await bench.clock.advance(500);
      // Something moved on all but two of them, in either direction.
      for (const session of all.slice(2)) await works(session);
      await bench.clock.advance(100);
      const newcomer = await bench.session();
      expect([await all[0]?.client.over(), await all[0]?.server.over()]).to.deep.equal(['lost', 'lost']);
      expect(notes(bench)).to.deep.equal(['idle, and somebody else needs the place']);
      await works(newcomer);
      await bench.session();
      expect(await all[1]?.client.over()).to.equal('lost');
      for (const session of all.slice(2, 10)) await works(session);
    }),
  );

  it(
    'resets a newcomer while nobody has been idle for a tenth of a second',
    withRelay({}, async (bench) => {
      const all = await full(bench);
      await bench.clock.advance(99);
      expect(await (await knock(bench)).over()).to.equal('lost');
      expect(notes(bench)).to.deep.equal([]);
      for (const session of all.slice(0, 3)) await works(session);
    }),
  );

  it(
    'sends nobody away whose data are moving, or may at any moment',
    withRelay({}, async (bench) => {
      const all = await full(bench);
      const [waiting, moving] = all as [Session, Session];
      for (const { client } of [waiting, moving]) await client.send('-g a 8555\n');
      await waiting.server.line();
      const door = await bench.post(CLIENT, 8555);
      const far = await bench.dial(SERVER, RELAY, portIn(await moving.server.line()));
      const near = await door.next();
      await moving.server.send('226 x\r\n');
      await moving.client.line();
      await bench.clock.advance(60_000);
      await bench.session();
      expect([waiting.client.state, moving.client.state]).to.deep.equal(['open', 'open']);
      expect(await all[2]?.client.over()).to.equal('lost');
      await far.end('hello');
      expect((await near.whole()).toString()).to.equal('hello');
    }),
  );

  it(
    'lets as many in as have been idle, one for each',
    withRelay({}, async (bench) => {
      const all = await full(bench);
      await bench.clock.advance(1000);
      const knocking = await Promise.all(Array.from({ length: MOST + 5 }, () => knock(bench)));
      await settle();
      expect(all.map(({ client }) => client.state)).to.deep.equal(Array(MOST).fill('lost'));
      expect(knocking.filter(({ state }) => state === 'open')).to.have.lengthOf(MOST);
    }),
  );
});
