import { expect } from 'chai';
import { settle } from '../support/fakeClock';
import { withBench, type Bench } from '../support/ftBench';
import type { Talker } from '../support/talker';

/** Another port of the bench's server, whose connections say that descriptors run short while `short` is true. */
async function portOf(bench: Bench): Promise<{ short: boolean }> {
  const state = { short: false };
  const { network } = bench;
  const listen = network.listen.bind(network);
  network.listen = (options, onConn) =>
    listen(options, (conn) => {
      Object.defineProperty(conn, 'scarce', { value: state.short });
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

describe('sessions while descriptors run short', () => {
  it(
    'make room as in a full house, who has been idle longest first, and the owner is told once',
    withBench({}, async (bench) => {
      const told: string[] = [];
      bench.server.on('note', (sentence) => told.push(sentence));
      const state = await portOf(bench);
      const idle = await crowd(bench, 5);
      await bench.clock.advance(100);
      state.short = true;
      await bench.dial('10.0.2.1');
      await settle();
      expect(states(idle)).to.equal('-++++');
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
});
