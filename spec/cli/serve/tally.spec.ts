import { expect } from 'chai';
import { Tally, type Kind } from '../../../lib/cli/serve/tally';
import { fakeClock, type FakeClock } from '../../support/fakeClock';
import { withLimit } from '../../support/limits';

interface Bench {
  readonly clock: FakeClock;
  readonly said: string[];
  readonly tally: Tally;
  /** So many of them; how many may be told. */
  readonly come: (count: number, address: string, kind?: Kind) => number;
}

function bench(): Bench {
  const clock = fakeClock();
  const said: string[] = [];
  const tally = new Tally(clock, (sentence) => said.push(sentence));
  const come = (count: number, address: string, kind: Kind = 'note'): number => {
    let told = 0;
    for (let i = 0; i < count; i += 1) {
      if (tally.admits(kind, address)) told += 1;
      else tally.left(kind, address);
    }
    return told;
  };
  return { clock, said, tally, come };
}

describe('what a log says how often', () => {
  it('has a hundred lines of a kind about an address in a minute, and then their number', async () => {
    const { clock, said, come } = bench();
    expect(come(1334, '192.0.2.1')).to.equal(100);
    expect(come(5, '192.0.2.2')).to.equal(5);
    expect(come(150, '192.0.2.1', 'request')).to.equal(100);
    expect(come(150, '192.0.2.1', 'session')).to.equal(100);
    expect(come(101, '192.0.2.1', 'login')).to.equal(100);
    await clock.advance(59_999);
    expect(said).to.deep.equal([]);
    await clock.advance(1);
    expect(said.splice(0)).to.deep.equal([
      '... and 1234 more connections from 192.0.2.1 that were not served.',
      '... and 50 more refused requests from 192.0.2.1.',
      '... and 50 more connections from 192.0.2.1.',
      '... and 1 more refused logins from 192.0.2.1.',
    ]);
    expect(clock.pending).to.equal(0);
    expect(come(100, '192.0.2.1')).to.equal(100);
    await clock.advance(60_000);
    expect(come(100, '192.0.2.1')).to.equal(100);
    expect(said).to.deep.equal([]);
  });

  it('takes a /64 for one address', async () => {
    const { clock, said, come } = bench();
    for (let i = 0; i < 120; i += 1) come(1, `2001:db8:0:7::${i.toString(16)}`);
    await clock.advance(60_000);
    expect(said).to.deep.equal(['... and 20 more connections from 2001:db8:0:7::/64 that were not served.']);
  });

  it(
    'is bounded too where the addresses are many, and so are the sums',
    withLimit('logLinesInAll', 300, async () => {
      const { clock, said, come } = bench();
      let told = 0;
      for (let i = 0; i < 5000; i += 1) told += come(i === 4 ? 9 : 2, `10.1.${i >> 8}.${i & 255}`);
      // Of a thousand all the same, and then of none.
      expect(told).to.equal(1000 * 2 + 7);
      await clock.advance(60_000);
      expect(said).to.have.lengthOf(1001);
      expect(said[0]).to.match(/^\.\.\. and \d+ more connections from other addresses that/);
      const sum = said.reduce((all, line) => all + Number(/and (\d+) more/.exec(line)?.[1]), 0);
      expect(sum).to.equal(4000 * 2);
    }),
  );

  it('tells of each address, though a dozen others say all that may be said', async () => {
    const { clock, said, come } = bench();
    for (let i = 0; i < 12; i += 1) come(200, `2001:db8:0:${i.toString(16)}::1`, 'login');
    expect(come(150, '203.0.113.7', 'login')).to.equal(10);
    await clock.advance(60_000);
    expect(said).to.have.lengthOf(13);
    expect(said).to.include('... and 140 more refused logins from 203.0.113.7.');
  });

  it('says at once what was left out, when it is asked to', () => {
    const { clock, said, tally, come } = bench();
    come(102, '192.0.2.1');
    tally.sum();
    expect(said).to.have.lengthOf(1);
    expect(clock.pending).to.equal(0);
    tally.sum();
    expect(said).to.have.lengthOf(1);
  });
});
