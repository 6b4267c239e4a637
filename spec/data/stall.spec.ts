import { expect } from 'chai';
import { receivedOn, sentOn, watchStall } from '../../lib/data/stall';
import type { TwinportError } from '../../lib/errors';
import { onBothNetworks } from '../support/bothNetworks';
import { fakeClock } from '../support/fakeClock';

describe('watching for a stall', () => {
  const watched = () => {
    const clock = fakeClock();
    const stalls: TwinportError[] = [];
    const counter = { moved: 0, asked: 0 };
    const moved = (): number => ((counter.asked += 1), counter.moved);
    const watch = watchStall(clock, 60_000, moved, (error) => stalls.push(error));
    return { clock, stalls, counter, watch };
  };

  it('notices when nothing has moved for one interval, once, and leaves no timer', async () => {
    const { clock, stalls } = watched();
    await clock.advance(59_999);
    expect(stalls).to.deep.equal([]);
    await clock.advance(1);
    expect(stalls.map(({ code, message }) => [code, message])).to.deep.equal([
      ['data-timeout', 'nothing moved for 60 s'],
    ]);
    await clock.advance(600_000);
    expect([stalls.length, clock.pending]).to.deep.equal([1, 0]);
  });

  it('notices within two intervals of the last byte, and not within one', async () => {
    const { clock, stalls, counter } = watched();
    await clock.advance(1000);
    counter.moved += 1;
    await clock.advance(60_000);
    expect(stalls).to.deep.equal([]);
    await clock.advance(59_000);
    expect(stalls.length).to.equal(1);
  });

  it('lets a byte a minute pass, for hours', async () => {
    const { clock, stalls, counter, watch } = watched();
    for (let minute = 0; minute < 300; minute += 1) {
      await clock.advance(59_000);
      counter.moved += 1;
      await clock.advance(1000);
    }
    expect([stalls.length, clock.pending]).to.deep.equal([0, 1]);
    watch.cancel();
  });

  it('looked at ten times an interval, it is noticed within a tenth of one, and never early', async () => {
    const clock = fakeClock();
    const stalls: TwinportError[] = [];
    let moved = 0;
    watchStall(
      clock,
      10_000,
      () => moved,
      (error) => stalls.push(error),
      10,
    );
    await clock.advance(9500);
    moved += 1;
    await clock.advance(9999);
    expect(stalls).to.deep.equal([]);
    await clock.advance(1001);
    expect(stalls.map(({ message }) => message)).to.deep.equal(['nothing moved for 10 s']);
    expect(clock.pending).to.equal(0);
  });

  it('asks once per interval, however much moves', async () => {
    const { clock, counter, watch } = watched();
    for (let i = 0; i < 100; i += 1) {
      counter.moved += 1_000_000;
      await clock.advance(1200);
    }
    expect(counter.asked).to.equal(3);
    watch.cancel();
  });

  it('is over when it is cancelled, whichever timer it has by then', async () => {
    for (const intervals of [0, 1, 2]) {
      const { clock, stalls, counter, watch } = watched();
      for (let i = 0; i < intervals; i += 1) {
        counter.moved += 1;
        await clock.advance(60_000);
      }
      watch.cancel();
      watch.cancel();
      expect(clock.pending).to.equal(0);
      await clock.advance(600_000);
      expect(stalls).to.deep.equal([]);
    }
  });

  onBothNetworks((ground) => {
    it('counts the bytes of each direction', async () => {
      const { dialled, accepted } = await ground().net.pair();
      expect([receivedOn(accepted), sentOn(accepted)]).to.deep.equal([0, 0]);
      await dialled.write(Buffer.alloc(1000));
      await accepted.write(Buffer.alloc(300));
      await accepted.read(1000);
      await dialled.read(300);
      expect([receivedOn(accepted), sentOn(accepted)]).to.deep.equal([1000, 300]);
      expect([receivedOn(dialled), sentOn(dialled)]).to.deep.equal([300, 1000]);
    });
  });
});
