import { expect } from 'chai';
import { fakeClock } from './fakeClock';

describe('the fake clock', () => {
  it('runs what falls due, in order, each at its own time', async () => {
    const clock = fakeClock();
    const start = clock.now();
    const calls: string[] = [];
    const note = (name: string) => () => void calls.push(`${name}@${clock.now() - start}`);
    clock.after(30, note('c'));
    clock.after(10, note('a'));
    clock.after(10, note('b'));
    clock.after(31, note('late'));
    await clock.advance(30);
    expect(calls).to.deep.equal(['a@10', 'b@10', 'c@30']);
    expect(clock.pending).to.equal(1);
    expect(clock.now() - start).to.equal(30);
  });

  it('runs timers that timers and promises set meanwhile, if they fall due', async () => {
    const clock = fakeClock();
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      void Promise.resolve().then(() => clock.after(10, tick));
    };
    clock.after(10, tick);
    await clock.advance(100);
    expect(ticks).to.equal(10);
    expect(clock.pending).to.equal(1);
  });

  it('runs nothing that was cancelled', async () => {
    const clock = fakeClock();
    let calls = 0;
    const timer = clock.after(10, () => (calls += 1));
    clock.after(5, () => timer.cancel());
    await clock.advance(1000);
    expect(calls).to.equal(0);
    expect(clock.pending).to.equal(0);
  });
});
