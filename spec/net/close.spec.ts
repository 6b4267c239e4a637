import { expect } from 'chai';
import { closeGently } from '../../lib/net/close';
import { tcpNetwork } from '../../lib/net/tcp';
import type { Conn, Network } from '../../lib/net/network';
import { LIMITS } from '../../lib/options';
import { failureOf, pattern, readAll } from '../support/bytes';
import { Connections } from '../support/connections';
import { fakeClock } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { memoryNetwork } from '../support/memoryNetwork';
import { connectRaw } from '../support/peer';

const networks: Record<string, () => Network> = { TCP: tcpNetwork, memory: memoryNetwork };

for (const [name, make] of Object.entries(networks)) {
  describe(`closing gently over ${name}`, () => {
    const net = new Connections(make());
    afterEach(() => net.release());
    noLeaks();

    // Nothing moves the clock: only the peer's FIN can end the wait.
    it('delivers 3 MB to a peer that sends stray input all the while', async () => {
      const clock = fakeClock();
      const { dialled, accepted } = await net.pair();
      const stray = (async () => {
        for (let count = 0; count < 200; count += 1) await dialled.write(pattern(40_000));
        await dialled.end();
      })();
      const sent = accepted.write(pattern(3_000_000));
      const closing = Promise.all([sent, closeGently(accepted, clock)]);
      expect((await readAll(dialled)).equals(pattern(3_000_000))).to.equal(true);
      await Promise.all([stray, closing]);
      await Promise.all([accepted.closed, dialled.closed]);
      expect(clock.pending).to.equal(0);
    });

    it('waits for a peer that does not end, but not longer than the limit', async () => {
      const clock = fakeClock();
      const { dialled, accepted } = await net.pair();
      let closed = false;
      const closing = closeGently(accepted, clock).then(() => (closed = true));
      expect(await dialled.read()).to.equal(null);
      await clock.advance(LIMITS.linger - 1);
      expect(closed).to.equal(false);
      await clock.advance(1);
      await closing;
    });

    it('does not wait for a peer that does not read, either', async () => {
      const clock = fakeClock();
      const { accepted } = await net.pair();
      const write = failureOf(accepted.write(pattern(32 * 1024 * 1024)));
      const closing = closeGently(accepted, clock, 500);
      await clock.advance(500);
      await closing;
      expect((await write).code).to.equal('aborted');
    });

    for (const [how, spoil] of Object.entries({
      'reset by the peer': (_own: Conn, peer: Conn) => peer.reset(),
      'closed by the peer': (_own: Conn, peer: Conn) => peer.destroy(),
      destroyed: (own: Conn) => own.destroy(),
      reset: (own: Conn) => own.reset(),
    })) {
      it(`never rejects: ${how} before or meanwhile`, async () => {
        const clock = fakeClock();
        for (const before of [true, false]) {
          const { dialled, accepted } = await net.pair();
          if (before) spoil(accepted, dialled);
          const closing = closeGently(accepted, clock);
          if (!before) spoil(accepted, dialled);
          await closing;
        }
        expect(clock.pending).to.equal(0);
      });
    }

    it('leaves the reading to whoever is at it', async () => {
      const clock = fakeClock();
      const { dialled, accepted } = await net.pair();
      const reading = readAll(accepted);
      const closing = closeGently(accepted, clock);
      await dialled.write(Buffer.from('last words'));
      await dialled.end();
      expect((await reading).toString()).to.equal('last words');
      await closing;
    });
  });
}

describe('closing gently towards a bare socket', () => {
  const net = new Connections(tcpNetwork());
  afterEach(() => net.release());
  noLeaks();

  it('delivers 3 MB though the peer talks, does not read for a while, and closes last', async () => {
    const listener = await net.listen();
    const peer = await connectRaw(listener.local.port);
    peer.pause();
    const stray = peer.send(pattern(8_000_000));
    const accepted = await listener.next();
    const closing = Promise.all([accepted.write(pattern(3_000_000)), closeGently(accepted, fakeClock())]);
    await stray;
    peer.resume();
    expect((await peer.untilEnd()).equals(pattern(3_000_000))).to.equal(true);
    await peer.end();
    await Promise.all([closing, peer.closed]);
  });
});
