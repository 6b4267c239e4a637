import { expect } from 'chai';
import { OwnPorts } from '../../lib/data/ownPorts';
import { Rates, type SessionRates } from '../../lib/data/rates';
import type { Conn } from '../../lib/net/network';
import { onBothNetworks, passTime, type Ground } from '../support/bothNetworks';
import { pattern, readAll } from '../support/bytes';

const BYTES = pattern(20_000);

/** Milliseconds from the beginning at which each of these was through. */
async function times(ground: Ground, works: readonly Promise<unknown>[]): Promise<number[]> {
  const began = ground.clock.now();
  const over = works.map((work) => work.then(() => ground.clock.now() - began));
  await passTime(ground.clock, 10, Promise.all(over));
  return Promise.all(over);
}

/** Sends all of it under these rates. */
async function sending(ground: Ground, rates: SessionRates): Promise<Conn> {
  const { dialled, accepted } = await ground.net.pair();
  readAll(accepted).catch(() => undefined);
  return rates.over(dialled);
}

describe('the rates of sessions', () => {
  onBothNetworks((ground) => {
    it('are each its own, and of one user together', async () => {
      const rates = new Rates(ground().clock, () => ({ session: 10_000 }));
      const [one, two, other] = [rates.session(), rates.session(), rates.session()];
      // A login, said twice as a reload does: the last rate holds.
      one.as('ann', 1);
      two.as('ann', 5000);
      other.as('bob', undefined);
      const conns = await Promise.all([one, two, other].map((each) => sending(ground(), each)));
      const [first = 0, second = 0, third = 0] = await times(
        ground(),
        conns.map((conn) => conn.write(BYTES)),
      );
      for (const time of [first, second]) expect(time).to.be.within(7000, 8500);
      expect(third).to.be.within(1700, 2300);
    });

    it('move every byte in order, also of writes that nobody waits for, and end behind them', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const conn = new Rates(ground().clock, () => ({ server: 10_000 })).session().over(dialled);
      const received = readAll(accepted);
      const writes = [0, 1, 2, 3].map((at) => conn.write(BYTES.subarray(at * 5000, (at + 1) * 5000)));
      const ended = conn.end();
      await times(ground(), [...writes, ended]);
      expect((await received).equals(BYTES)).to.equal(true);
    });

    it('hold up nothing of what comes before a transfer, and have it paid for behind', async () => {
      const session = new Rates(ground().clock, () => ({ server: 100 })).session();
      const { dialled, accepted } = await ground().net.pair();
      const conn = session.over(dialled);
      const began = ground().clock.now();
      const asked = await conn.opening?.(async () => {
        await Promise.all([conn.write(BYTES.subarray(0, 1000)), accepted.write(BYTES.subarray(0, 500))]);
        for (let had = 0; had < 500;)
          had += (await conn.read(500 - had))?.reduce((sum, { length }) => sum + length, 0) ?? 0;
        // TLS asks for more before it is needed: what comes then is the transfer's.
        return [conn.read(300)];
      });
      expect(ground().clock.now()).to.equal(began);
      await accepted.write(BYTES.subarray(0, 300));
      const more = async (): Promise<void> => {
        for (let had = (await asked?.[0])?.[0]?.length ?? 0; had < 300;)
          had += (await conn.read(300 - had))?.reduce((sum, { length }) => sum + length, 0) ?? 0;
      };
      const [out = 0, into = 0] = await times(ground(), [conn.write(BYTES.subarray(0, 100)), more()]);
      expect(out).to.be.within(9900, 11_500);
      expect(into).to.be.within(6500, 8500);
      for (const each of [dialled, accepted]) each.destroy();
    });

    it('let go at once of what is reset while it waits', async () => {
      const { clock, network } = ground();
      const ports = new Rates(clock, () => ({ server: 1 })).session().network(new OwnPorts(network));
      const { dialled, accepted } = await ground().net.pair();
      expect(ports.isOwnAddress('127.0.0.1')).to.equal(network.isOwnAddress('127.0.0.1'));
      const conn = new Rates(clock, () => ({ server: 1 })).session().over(dialled);
      const before = conn.signsOfLife?.('out');
      const writing = conn.write(BYTES).then(
        () => 'done',
        () => 'failed',
      );
      await clock.advance(1000);
      expect(conn.signsOfLife?.('out')).to.not.equal(before);
      expect(conn.signsOfLife?.('in')).to.equal(conn.signsOfLife?.('in'));
      conn.reset();
      expect(await writing).to.equal('failed');
      expect(clock.pending).to.equal(0);
      await accepted.read().catch(() => undefined);
    });
  });
});
