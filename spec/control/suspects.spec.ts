import { expect } from 'chai';
import { Suspects } from '../../lib/control/suspects';
import { LIMITS } from '../../lib/options';
import { fakeClock } from '../support/fakeClock';

const RULES = { banAfter: 10, banTime: 600_000 };

describe('control/suspects', () => {
  const failing = (suspects: Suspects, address: string, times: number): void => {
    for (let i = 0; i < times; i += 1) suspects.failed(address);
  };

  it('makes each next try wait twice as long, up to half a minute, and others not at all', () => {
    const suspects = new Suspects(fakeClock(), () => ({ ...RULES, banAfter: 100 }));
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
      suspects.failed('192.0.2.1');
      return suspects.waitOf('192.0.2.1');
    });
    expect(waits).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(suspects.waitOf('192.0.2.2')).to.equal(0);
  });

  it('turns an address away after so many failures, for so long, and forgets them', async () => {
    const clock = fakeClock();
    const suspects = new Suspects(clock, () => RULES);
    failing(suspects, '192.0.2.1', 9);
    expect(suspects.isBanned('192.0.2.1')).to.equal(false);
    suspects.failed('192.0.2.1');
    expect(suspects.isBanned('192.0.2.1')).to.equal(true);
    expect(suspects.isBanned('::ffff:192.0.2.1')).to.equal(true);
    expect(suspects.isBanned('192.0.2.2')).to.equal(false);
    await clock.advance(599_999);
    expect(suspects.isBanned('192.0.2.1')).to.equal(true);
    await clock.advance(1);
    expect(suspects.isBanned('192.0.2.1')).to.equal(false);
    failing(suspects, '192.0.2.1', 9);
    expect(suspects.isBanned('192.0.2.1')).to.equal(false);
  });

  it('counts what failed within ten minutes', async () => {
    const clock = fakeClock();
    const suspects = new Suspects(clock, () => RULES);
    failing(suspects, '192.0.2.1', 9);
    await clock.advance(LIMITS.loginWindow);
    failing(suspects, '192.0.2.1', 9);
    expect(suspects.isBanned('192.0.2.1')).to.equal(false);
    suspects.failed('192.0.2.1');
    expect(suspects.isBanned('192.0.2.1')).to.equal(true);
  });

  it('takes a /64 for one address', () => {
    const suspects = new Suspects(fakeClock(), () => RULES);
    for (let i = 0; i < 10; i += 1) suspects.failed(`2001:db8:0:1::${i.toString(16)}`);
    expect(suspects.isBanned('2001:db8:0:1:ffff::')).to.equal(true);
    expect(suspects.isBanned('2001:db8:0:2::1')).to.equal(false);
    expect(suspects.size).to.equal(1);
  });

  it('grows no further, forgets whoever failed longest ago, and never a ban', () => {
    const suspects = new Suspects(fakeClock(), () => RULES, 4);
    failing(suspects, '192.0.2.1', 10);
    for (let i = 2; i < 100; i += 1) suspects.failed(`192.0.2.${i}`);
    expect(suspects.size).to.equal(4);
    expect(suspects.isBanned('192.0.2.1')).to.equal(true);
    expect(suspects.waitOf('192.0.2.99')).to.equal(1000);
    expect(suspects.waitOf('192.0.2.96')).to.equal(0);
  });

  it('forgets what counts no more before anybody who does', async () => {
    const clock = fakeClock();
    const suspects = new Suspects(clock, () => RULES, 3);
    failing(suspects, '192.0.2.1', 10);
    suspects.failed('192.0.2.2');
    await clock.advance(LIMITS.loginWindow);
    suspects.failed('192.0.2.3');
    suspects.failed('192.0.2.4');
    suspects.failed('192.0.2.5');
    expect(suspects.size).to.equal(3);
    for (const last of [3, 4, 5]) expect(suspects.waitOf(`192.0.2.${last}`), `${last}`).to.equal(1000);
  });

  it('full of bans, it lets all others together try no faster than one, and locks none of them out', async () => {
    const clock = fakeClock();
    const suspects = new Suspects(clock, () => RULES, 2);
    for (const last of [1, 2]) failing(suspects, `192.0.2.${last}`, 10);
    for (let i = 0; i < 50; i += 1) suspects.failed(`198.51.100.${i}`);
    expect(suspects.size).to.equal(2);
    expect(suspects.isBanned('192.0.2.1')).to.equal(true);
    expect(suspects.isBanned('198.51.100.3')).to.equal(false);
    expect(suspects.waitOf('198.51.100.200')).to.equal(30_000);
    await clock.advance(600_000);
    expect(suspects.waitOf('198.51.100.200')).to.equal(0);
    suspects.failed('198.51.100.200');
    expect(suspects.waitOf('198.51.100.200')).to.equal(1000);
  });
});
