import { expect } from 'chai';
import { SharedPace, type Share } from '../../lib/data/sharedPace';
import { fakeClock, settle, type FakeClock } from '../support/fakeClock';

/** A transfer that wants all it can get, in pieces of its own size: how much it has had. */
class Greedy {
  had = 0;
  private over = false;
  private readonly share: Share;

  constructor(
    pace: SharedPace,
    private readonly piece: (slice: number) => number = (slice) => slice,
  ) {
    const share = (this.share = pace.join());
    void (async () => {
      while (!this.over) {
        const bytes = this.piece(pace.slice);
        await share.take(bytes);
        if (!this.over) this.had += bytes;
        await Promise.resolve();
      }
    })();
  }

  leave(): void {
    this.over = true;
    this.share.leave();
  }
}

function spend(clock: FakeClock, pace: SharedPace, ...amounts: number[]): Promise<number[]> {
  const began = clock.now();
  const share = pace.join();
  return (async () => {
    const times: number[] = [];
    for (const amount of amounts) {
      await share.take(amount);
      times.push(clock.now() - began);
    }
    return times;
  })();
}

describe('a shared pace', () => {
  it('lets so many bytes a second through, each paid for before the next', async () => {
    const clock = fakeClock();
    const times = spend(clock, new SharedPace(clock, () => 1000), 100, 100, 1, 500, 299, 0);
    await clock.advance(1000);
    expect(await times).to.deep.equal([0, 100, 200, 201, 701, 1000]);
    expect(clock.pending).to.equal(0);
  });

  it('does not make up for a pause by more than a slice', async () => {
    const clock = fakeClock();
    const pace = new SharedPace(clock, () => 1000);
    await clock.advance(60_000);
    const times = spend(clock, pace, 100, 100, 100, 100);
    await clock.advance(1000);
    expect(await times).to.deep.equal([0, 0, 100, 200]);
  });

  it('makes up for timers that are late', async () => {
    const clock = fakeClock();
    const pace = new SharedPace({ now: () => clock.now(), after: (ms, fn) => clock.after(ms + 30, fn) }, () => 1000);
    const times = spend(clock, pace, ...Array<number>(11).fill(100));
    await clock.advance(3000);
    expect((await times).at(-1)).to.be.within(1000, 1030);
  });

  it('is open where there is no rate, and tells so', async () => {
    const clock = fakeClock();
    const pace = new SharedPace(clock, () => undefined);
    expect(pace.join().take(1e12)).to.equal(undefined);
    expect([pace.limited, pace.slice, clock.pending]).to.deep.equal([false, Infinity, 0]);
  });

  for (const count of [2, 5, 50]) {
    it(`gives each of ${count} transfers its part`, async () => {
      const clock = fakeClock();
      const pace = new SharedPace(clock, () => 100_000);
      const all = Array.from({ length: count }, () => new Greedy(pace));
      await clock.advance(20_000);
      const part = (100_000 * 20) / count;
      for (const { had } of all) expect(had).to.be.within(part * 0.93, part * 1.07);
      for (const each of all) each.leave();
      expect([pace.waiting, clock.pending]).to.deep.equal([0, 0]);
    });
  }

  it('gives who moves little at once no fewer turns', async () => {
    const clock = fakeClock();
    const pace = new SharedPace(clock, () => 100_000);
    const sizes = [10, 100, 1000, 10_000];
    const all = sizes.map((size) => new Greedy(pace, () => size));
    await clock.advance(60_000);
    for (const [at, { had }] of all.entries())
      expect(had >= 1_300_000 || had / (sizes[at] ?? 1) >= 500, `${had} of ${sizes[at]}`).to.equal(true);
    for (const each of all) each.leave();
  });

  it('lets nobody save up while he wants nothing, and a newcomer take nothing from those before him', async () => {
    const clock = fakeClock();
    const pace = new SharedPace(clock, () => 10_000);
    const early = pace.join();
    await early.take(1);
    const steady = new Greedy(pace);
    await clock.advance(60_000);
    const before = steady.had;
    const late = new Greedy(pace);
    let again = 0;
    void (async () => {
      while (again < 40_000) {
        await early.take(pace.slice);
        again += 1000;
      }
    })();
    await clock.advance(6000);
    for (const had of [late.had, again, steady.had - before]) expect(had).to.be.within(17_000, 23_000);
    for (const each of [steady, late, early]) each.leave();
    again = Infinity;
    await settle();
    expect(clock.pending).to.equal(0);
  });

  it('whoever leaves makes room at once, waiting or not', async () => {
    const clock = fakeClock();
    const pace = new SharedPace(clock, () => 1000);
    const [one, two] = [new Greedy(pace), new Greedy(pace)];
    await clock.advance(10_000);
    const [hadOne, hadTwo] = [one.had, two.had];
    one.leave();
    await clock.advance(10_000);
    expect(one.had).to.equal(hadOne);
    expect(two.had - hadTwo).to.be.within(9_800, 10_200);
    two.leave();
    expect([pace.waiting, clock.pending]).to.deep.equal([0, 0]);
  });

  it('obeys another rate within a second, also none', async () => {
    const clock = fakeClock();
    let rate: number | undefined = 1;
    const pace = new SharedPace(clock, () => rate);
    const share = pace.join();
    await share.take(1000);
    // A quarter of an hour at the old rate.
    const times = spend(clock, pace, 100_000, 1);
    await clock.advance(5000);
    rate = 1_000_000;
    await clock.advance(1200);
    expect((await times)[0]).to.be.within(5000, 6000);
    await share.take(10_000_000);
    const more = spend(clock, pace, 5);
    await clock.advance(100);
    rate = undefined;
    await clock.advance(1000);
    expect((await more)[0]).to.be.at.most(1100);
    expect(clock.pending).to.equal(0);
  });

  for (const [rate, slice] of [
    [1, 1],
    [9, 1],
    [1000, 100],
    [1024 ** 4, 1024 * 1024],
  ] as const) {
    it(`of ${rate} bytes a second moves ${slice} at once`, () => {
      expect(new SharedPace(fakeClock(), () => rate).slice).to.equal(slice);
    });
  }

  it('moves less at once the more wait, so that each is seen to move', async () => {
    const clock = fakeClock();
    const pace = new SharedPace(clock, () => 100_000);
    const shares = Array.from({ length: 101 }, () => pace.join());
    for (const share of shares) void share.take(1000);
    expect(pace.slice).to.equal(990);
    for (const share of shares) share.leave();
  });
});
