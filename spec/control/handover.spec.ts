import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import { settle } from '../support/fakeClock';
import { Owned, withOwned } from '../support/ownDialect';
import { cuts } from '../support/splits';

const words = { error: 'NO', closing: 'BYE' };

describe('a session hands its connection over', () => {
  for (const late of [false, true]) {
    const when = late ? 'long after' : 'at once';

    it(`with every byte behind the command, however it is cut, taken ${when}`, async () => {
      for (const { how, chunks } of cuts(Buffer.from('go!the data!more'))) {
        for (const moment of ['one', 'several'] as const) {
          await withOwned({}, async (owned) => {
            const gate = late ? owned.hold() : undefined;
            for (const chunk of chunks) {
              const sent = owned.peer.send(chunk);
              if (moment === 'several') await sent.then(() => settle(3));
            }
            void owned.peer.end();
            await settle();
            gate?.open();
            expect(await owned.peer.over(), how).to.equal('ended');
            expect(owned.commands, how).to.deep.equal(['go']);
            expect(owned.read, how).to.equal('the data!more');
            expect(owned.peer.received.toString(), how).to.equal('');
          })();
        }
      }
    });

    it(
      `with the read that was under way when silence decided, taken ${when}`,
      withOwned({}, async (owned) => {
        const gate = late ? owned.hold() : undefined;
        await owned.peer.send('go');
        await owned.clock.advance(499);
        expect(owned.commands).to.deep.equal([]);
        await owned.clock.advance(1);
        expect(owned.commands).to.deep.equal(['go']);
        // The pending read takes the first of these; nobody may read on before its chunks were used.
        await owned.peer.send('the ');
        await settle();
        await owned.peer.send('data');
        await settle();
        gate?.open();
        await settle();
        await owned.peer.end('!');
        expect(await owned.peer.over()).to.equal('ended');
        expect(owned.read).to.equal('the data!');
      }),
    );

    it(
      `with nothing behind a command that FIN ended, taken ${when}`,
      withOwned({}, async (owned) => {
        const gate = late ? owned.hold() : undefined;
        await owned.peer.end('go');
        await settle();
        expect(owned.commands).to.deep.equal(['go']);
        gate?.open();
        expect(await owned.peer.over()).to.equal('ended');
        expect([owned.read, owned.readEnded]).to.deep.equal(['', 'ended']);
        // The timer of the silence that did not come is nobody's any more.
        await owned.clock.advance(1000);
        expect(owned.commands).to.deep.equal(['go']);
      }),
    );

    it(
      `with a FIN that came between, taken ${when}`,
      withOwned({}, async (owned) => {
        const gate = late ? owned.hold() : undefined;
        await owned.peer.send('go');
        await owned.clock.advance(500);
        await owned.peer.end();
        await settle();
        gate?.open();
        expect(await owned.peer.over()).to.equal('ended');
        expect([owned.commands, owned.readEnded]).to.deep.equal([['go'], 'ended']);
      }),
    );

    it(
      `with a reset that came between, taken ${when}`,
      withOwned({ words }, async (owned) => {
        const gate = late ? owned.hold() : undefined;
        await owned.peer.send('go');
        await owned.clock.advance(500);
        owned.peer.conn.reset();
        await settle();
        // Nothing is let go of while a command may still be putting its part away.
        expect(owned.isOver).to.equal(!late);
        gate?.open();
        await settle();
        expect(owned.readEnded).to.equal('lost');
      }),
    );
  }

  it(
    'and a command before it is answered first',
    withOwned({}, async (owned) => {
      await owned.peer.end('?a!?b!go!data');
      expect((await owned.peer.whole()).toString()).to.equal('?a=?b=');
      expect(owned.read).to.equal('data');
    }),
  );

  it(
    'where connecting is asking, from the first byte on',
    withOwned({ opens: 'hello' }, async (owned) => {
      await settle();
      expect(owned.commands).to.deep.equal(['hello']);
      await owned.peer.end('go!data');
      expect(await owned.peer.over()).to.equal('ended');
      expect(owned.read).to.equal('go!data');
    }),
  );

  it(
    'and forgets its own clock: however long a command takes, nobody is idle who is not waited for',
    withOwned({ words }, async (owned) => {
      const gate = owned.hold();
      await owned.peer.send('go!data');
      await owned.clock.advance(3_600_000);
      expect(owned.session.idleFor()).to.equal(0);
      gate.open();
      await settle();
      // Now it waits for the rest of the data, and nothing comes: it stays, but would make room.
      expect(owned.session.idleFor()).to.equal(3_600_000);
      await owned.clock.advance(3_600_000);
      expect(owned.peer.state).to.equal('open');
      await owned.peer.end();
      expect((await owned.peer.whole()).toString()).to.equal('');
    }),
  );
});

describe('a session after an in-band command', () => {
  const fails = (): Promise<never> => Promise.reject(new TwinportError('not-found', 'not there'));

  it(
    'says its last word to a peer that is still sending, and no reset destroys it',
    withOwned({ words, run: fails, capacity: 1024 }, async (owned) => {
      void owned.peer.send(Buffer.alloc(500_000));
      await owned.peer.send('go!').catch(() => undefined);
      void owned.peer.end();
      expect((await owned.peer.whole()).toString()).to.equal('NO not-found');
    }),
  );

  it(
    'resets where it has no word, and so it does for what it cannot understand',
    withOwned({ run: fails }, async (owned) => {
      await owned.peer.send('go!');
      expect(await owned.peer.over()).to.equal('lost');
    }),
  );

  for (const bad of ['bad!', 'bad']) {
    it(`refuses ${JSON.stringify(bad)} by a reset where it has no word, by words where it has`, async () => {
      await withOwned({}, async (owned) => {
        await owned.peer.send(bad);
        await owned.clock.advance(500);
        expect(await owned.peer.over()).to.equal('lost');
      })();
      await withOwned({ words }, async (owned) => {
        await owned.peer.send(bad);
        await owned.clock.advance(500);
        expect((await owned.peer.whole()).toString()).to.equal('NO syntaxBYE');
      })();
    });
  }

  it(
    'sends a final reply, and nothing behind it, stop or no stop',
    withOwned({ words, run: () => Promise.resolve(Buffer.from('DONE')) }, async (owned) => {
      const gate = owned.hold();
      await owned.peer.send('go!');
      await settle();
      owned.session.close('the server stops');
      gate.open();
      expect((await owned.peer.whole()).toString()).to.equal('DONE');
    }),
  );

  it(
    'does not wait longer than ten seconds for a peer that keeps its end open',
    withOwned({ run: () => Promise.resolve(undefined) }, async (owned) => {
      await owned.peer.send('go!');
      expect(await owned.peer.over()).to.equal('ended');
      await owned.clock.advance(9_999);
      expect(owned.isOver).to.equal(false);
      await owned.clock.advance(1);
      expect(owned.isOver).to.equal(true);
    }),
  );

  it(
    'waits for a command that is being aborted',
    withOwned({ words }, async (owned) => {
      const gate = owned.hold();
      await owned.peer.send('go!');
      await settle();
      owned.session.destroy();
      await settle();
      expect(owned.isOver).to.equal(false);
      gate.open();
      await settle();
      expect(owned.isOver).to.equal(true);
    }),
  );
});

describe('a session disturbed at any moment of the hand-over', () => {
  type Disturbance = (owned: Owned) => void;
  const disturbances: Readonly<Record<string, Disturbance>> = {
    'the server stops': ({ session }) => session.close('the server stops'),
    'the place is needed': ({ session }) => session.evict(),
    'the grace is over': ({ session }) => {
      session.close('the server stops');
      session.abort(new TwinportError('aborted', 'the server stops'));
    },
    'it is destroyed': ({ session }) => session.destroy(),
    'the peer resets': ({ peer }) => peer.conn.reset(),
    'the peer ends': ({ peer }) => void peer.end(),
    'the peer is killed': ({ peer }) => peer.conn.destroy(),
  };
  /** Turns of the microtask queue from the deciding byte to the end of the hand-over, and some more. */
  const TURNS = 24;

  for (const [what, disturb] of Object.entries(disturbances)) {
    for (const decided of ['by its mark', 'by silence', 'by its mark, with data behind'] as const) {
      it(`${what}, the command decided ${decided}: all or nothing, and nothing is left`, async () => {
        for (let turns = 0; turns <= TURNS; turns += 1) {
          for (const dumb of [true, false]) {
            const owned = new Owned(dumb ? {} : { words });
            await owned.start();
            if (decided === 'by silence') {
              await owned.peer.send('go');
              // The timer fires in the midst of this; the disturbance comes so many turns later.
              const passing = owned.clock.advance(500);
              await settle(26);
              await microtasks(turns);
              disturb(owned);
              await passing;
            } else {
              void owned.peer.send(decided === 'by its mark' ? 'go!' : 'go!data');
              await microtasks(turns);
              disturb(owned);
            }
            await owned.clock.advance(0);
            if (owned.peer.state === 'open') await owned.peer.end().catch(() => undefined);
            await owned.over();
            const said = owned.peer.received.toString();
            expect(owned.commands.length, `after ${turns}`).to.be.at.most(1);
            expect(owned.read === '' || owned.read === 'data', `after ${turns}: ${owned.read}`).to.equal(true);
            // One answer at most; whoever was not served and asked in vain is not left with a mere end.
            expect(said, `after ${turns}`).to.match(/^(|BYE|NO aborted|NO connection-lost)$/);
            const unheard = owned.commands.length === 0 && said === '' && owned.peer.state === 'ended';
            if (what === 'the server stops' || what === 'the place is needed')
              expect(unheard, `after ${turns}, dumb: ${dumb}`).to.equal(false);
          }
        }
      });
    }
  }
});

async function microtasks(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}
