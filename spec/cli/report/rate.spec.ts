import { expect } from 'chai';
import { Rate } from '../../../lib/cli/report/rate';

describe('the rate of a transfer', () => {
  it('is nothing at first', () => {
    const rate = new Rate();
    expect(rate.at(0)).to.equal(0);
    rate.add(5, 1000);
    expect(rate.at(5)).to.equal(0);
  });

  it('is the mean of a short while', () => {
    const rate = new Rate();
    rate.add(0, 0);
    rate.add(1000, 2000);
    expect(rate.at(1000)).to.equal(2000);
    expect(rate.at(2000)).to.equal(1000);
  });

  it('forgets how it was some seconds ago', () => {
    const rate = new Rate();
    for (let at = 0; at <= 60_000; at += 10) rate.add(at, at * 1000);
    const begun = 60_000_000;
    for (let at = 10; at <= 6000; at += 10) rate.add(60_000 + at, begun + at);
    expect(rate.at(66_000)).to.be.closeTo(1000, 1);
  });

  it('does not jump with each report', () => {
    const rate = new Rate();
    const seen: number[] = [];
    // A burst each half second: 1 MB a second.
    for (let at = 0; at <= 20_000; at += 10) {
      rate.add(at, Math.floor(at / 500) * 500_000);
      if (at > 5000) seen.push(rate.at(at));
    }
    expect(Math.max(...seen) - Math.min(...seen)).to.be.below(250_000);
  });

  it('falls when nothing comes, and is nothing in the end', () => {
    const rate = new Rate();
    for (let at = 0; at <= 5000; at += 100) rate.add(at, at * 1000);
    const seen = [5000, 6000, 7000, 8000, 9000, 9999, 10_000, 10_000_000].map((at) => rate.at(at));
    expect(seen).to.deep.equal([...seen].sort((a, b) => b - a));
    expect(seen.at(-2)).to.equal(0);
  });
});
