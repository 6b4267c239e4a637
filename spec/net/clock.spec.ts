import { expect } from 'chai';
import { systemClock } from '../../lib/net/tcp';
import { noLeaks } from '../support/leaks';

describe('the system clock', () => {
  noLeaks();
  const clock = systemClock();

  it('never goes back', () => {
    const first = clock.now();
    expect(clock.now()).to.be.at.least(first);
  });

  it('calls once, and not before its time', async () => {
    const start = clock.now();
    let calls = 0;
    await new Promise<void>((resolve) =>
      clock.after(5, () => {
        calls += 1;
        resolve();
      }),
    );
    // Node's timers count whole milliseconds from the beginning of a turn.
    expect(clock.now() - start).to.be.greaterThan(3);
    expect(calls).to.equal(1);
  });

  it('does not call once cancelled, nor at once when it is to wait for longer than Node can', async () => {
    let calls = 0;
    const soon = clock.after(0, () => (calls += 1));
    const late = clock.after(2 ** 40, () => (calls += 1));
    soon.cancel();
    await new Promise<void>((resolve) => clock.after(5, resolve));
    late.cancel();
    late.cancel();
    expect(calls).to.equal(0);
  });
});
