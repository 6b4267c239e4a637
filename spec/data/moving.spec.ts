import { expect } from 'chai';
import { whileMoving } from '../../lib/data/moving';
import { Scope } from '../../lib/data/scope';
import { receivedOn } from '../../lib/data/stall';
import { TwinportError } from '../../lib/errors';
import { onBothNetworks } from '../support/bothNetworks';
import { failureOf, readAll } from '../support/bytes';
import { settle } from '../support/fakeClock';

const STALL = 10_000;

describe('while something moves', () => {
  onBothNetworks((ground) => {
    it('gives what the body gives, and leaves the connection as it is', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const scope = new Scope();
      const plan = { conn: accepted, clock: ground().clock, stall: STALL, moved: () => receivedOn(accepted) };
      expect(await whileMoving(plan, scope, () => Promise.resolve(7))).to.equal(7);
      expect(ground().clock.pending).to.equal(0);
      scope.abort(new TwinportError('aborted', 'too late'));
      await dialled.write(Buffer.from('still here'));
      await dialled.end();
      expect((await readAll(accepted)).toString()).to.equal('still here');
      scope.close();
    });

    it('resets when the body fails, and throws what it threw', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const scope = new Scope();
      const plan = { conn: accepted, clock: ground().clock, stall: STALL, moved: () => receivedOn(accepted) };
      const failed = failureOf(
        whileMoving(plan, scope, () => Promise.reject(new TwinportError('no-space', 'the disk is full'))),
      );
      expect((await failed).code).to.equal('no-space');
      // FIN would be the end of the file.
      expect((await failureOf(readAll(dialled))).code).to.equal('connection-lost');
      scope.close();
    });

    for (const when of ['before', 'meanwhile'] as const) {
      it(`an abort ${when} resets, which ends a body that hangs, and its reason is what is thrown`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const scope = new Scope();
        const reason = new TwinportError('aborted', 'enough');
        if (when === 'before') scope.abort(reason);
        const plan = { conn: accepted, clock: ground().clock, stall: STALL, moved: () => receivedOn(accepted) };
        const done = failureOf(whileMoving(plan, scope, () => accepted.read()));
        await settle();
        scope.abort(reason);
        scope.abort(new TwinportError('timeout', 'a later reason'));
        expect(await done).to.equal(reason);
        expect((await failureOf(readAll(dialled))).code).to.equal('connection-lost');
        scope.close();
      });
    }

    it('a stall resets: data-timeout, within twice the time and never before it', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const scope = new Scope();
      const { clock } = ground();
      let over = false;
      const done = failureOf(
        whileMoving({ conn: accepted, clock, stall: STALL, moved: () => receivedOn(accepted) }, scope, () =>
          readAll(accepted),
        ),
      ).finally(() => (over = true));
      await dialled.write(Buffer.from('x'));
      while (accepted.bytesRead === 0) await settle(1);
      await clock.advance(STALL);
      await clock.advance(STALL - 1);
      expect(over).to.equal(false);
      await clock.advance(1);
      expect((await done).code).to.equal('data-timeout');
      expect((await failureOf(readAll(dialled))).code).to.equal('connection-lost');
      scope.close();
    });

    it('counts as movement what it is told to count', async () => {
      const { accepted } = await ground().net.pair();
      const scope = new Scope();
      const { clock } = ground();
      let moved = 0;
      let over = false;
      const plan = { conn: accepted, clock, stall: STALL, moved: () => moved };
      const done = failureOf(whileMoving(plan, scope, () => readAll(accepted))).finally(() => (over = true));
      for (let turn = 0; turn < 10; turn += 1) {
        moved += 1;
        await clock.advance(STALL);
        expect(over).to.equal(false);
      }
      await clock.advance(STALL);
      expect((await done).code).to.equal('data-timeout');
      scope.close();
    });
  });
});
