import { expect } from 'chai';
import { settle } from '../support/fakeClock';
import { withBench, type Bench } from '../support/ftBench';
import type { Talker } from '../support/talker';

interface Shortage {
  /** Connections have one of the last descriptors. */
  short: boolean;
  /** What the system says when it is asked, and how often it was. */
  counted: boolean | undefined;
  asked: number;
}

/** Another port of the bench's server, on whose connections descriptors run short. */
async function portOf(bench: Bench): Promise<Shortage> {
  const state: Shortage = { short: false, counted: undefined, asked: 0 };
  const { network } = bench;
  const listen = network.listen.bind(network);
  network.listen = (options, onConn) =>
    listen(options, (conn) => {
      Object.defineProperty(conn, 'scarce', { value: state.short });
      conn.runsShort = () => {
        state.asked += 1;
        return state.counted;
      };
      onConn(conn);
    });
  bench.port = (await bench.server.listen(0)).port;
  network.listen = listen;
  return state;
}

async function crowd(bench: Bench, count: number): Promise<Talker[]> {
  const all: Talker[] = [];
  for (let i = 0; i < count; i += 1) {
    all.push(await bench.dial(`10.0.1.${i}`));
    await bench.clock.advance(10);
  }
  return all;
}

const states = (all: readonly Talker[]): string => all.map(({ state }) => (state === 'open' ? '+' : '-')).join('');

/** Five that are idle, of whom the first made room when one came with whom descriptors ran short. */
async function shortWithFive(bench: Bench) {
  const state = await portOf(bench);
  const idle = await crowd(bench, 5);
  await bench.clock.advance(100);
  state.short = true;
  await bench.dial('10.0.2.1');
  await settle();
  expect(states(idle)).to.equal('-++++');
  return { state, idle };
}

describe('sessions while descriptors run short', () => {
  it(
    'make room as in a full house, who has been idle longest first, and the owner is told once',
    withBench({}, async (bench) => {
      const told: string[] = [];
      bench.server.on('note', (sentence) => told.push(sentence));
      const { state, idle } = await shortWithFive(bench);
      expect(idle[0]?.received.toString()).to.match(/^421 /);
      // The next one has the low descriptor of whoever left, and is one too many all the same.
      state.short = false;
      await bench.dial('10.0.2.2');
      await settle();
      expect(states(idle)).to.equal('--+++');
      expect(told).to.deep.equal([
        'File descriptors run short: whoever has been idle longest makes room. Let the server have more (ulimit -n).',
      ]);
      // A minute later there may be more of them.
      await bench.clock.advance(59_000);
      for (const p of idle.slice(2)) await p.send('-s\n');
      await bench.clock.advance(1000);
      await bench.dial('10.0.2.3');
      await settle();
      expect(states(idle)).to.equal('--+++');
    }),
  );

  it(
    'refuse who comes while nobody is idle, at once, and never the only one',
    withBench({}, async (bench) => {
      const state = await portOf(bench);
      state.short = true;
      const only = await bench.dial('10.0.1.1');
      const second = await bench.dial('10.0.1.2');
      // Without a farewell: that would have a descriptor for a second.
      await second.over();
      await only.send('-f\n');
      expect(await only.line()).to.match(/^211/);
    }),
  );

  it(
    'are over when the system says so, and it is not asked for each connection',
    withBench({}, async (bench) => {
      const { state, idle } = await shortWithFive(bench);
      Object.assign(state, { short: false, counted: true });
      for (let i = 2; i < 4; i += 1) await bench.dial(`10.0.2.${i}`);
      await settle();
      expect(states(idle)).to.equal('---++');
      expect(state.asked).to.equal(1);
      await bench.clock.advance(100);
      state.counted = false;
      const fresh = await crowd(bench, 20);
      expect(states([...idle, ...fresh])).to.equal(`---${'+'.repeat(22)}`);
      expect(state.asked).to.equal(2);
    }),
  );

  it(
    'have the last word written to who comes too late with a descriptor that is none of the last',
    withBench({}, async (bench) => {
      const state = await portOf(bench);
      const busy: Talker[] = [];
      for (let i = 0; i < 5; i += 1) {
        busy.push(await bench.dial(`10.0.1.${i}`));
        if (i === 3) state.short = true;
      }
      expect(states(busy)).to.equal('++++-');
      state.short = false;
      const late = await bench.dial('10.0.2.1');
      expect(await late.line()).to.match(/^421 /);
      // One that came while nobody was there is no reason to serve one at a time.
      for (const p of busy) p.conn.destroy();
      await settle();
      state.short = true;
      await bench.dial('10.0.3.1');
      state.short = false;
      for (let i = 2; i < 5; i += 1) busy.push(await bench.dial(`10.0.3.${i}`));
      await settle();
      expect(states(busy.slice(5))).to.equal('+++');
    }),
  );
});
