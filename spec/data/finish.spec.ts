import { expect } from 'chai';
import { discard, finishSending } from '../../lib/data/finish';
import { sendFile } from '../../lib/data/send';
import { tcpNetwork } from '../../lib/net/tcp';
import { LIMITS } from '../../lib/options';
import { eventually, onBothNetworks } from '../support/bothNetworks';
import { failureOf, pattern, readAll } from '../support/bytes';
import { Connections } from '../support/connections';
import { SpecSource } from '../support/dataSource';
import { fakeClock, settle } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { connectRaw, type RawPeer } from '../support/peer';

const never = new AbortController().signal;

describe('the end of sending', () => {
  onBothNetworks((ground) => {
    it('waits for the peer to have it all, then closes', async () => {
      const { net, clock } = ground();
      const { dialled, accepted } = await net.pair();
      const bytes = pattern(1_000_000);
      const discarded = discard(dialled);
      const sent = sendFile(dialled, new SpecSource(bytes), { length: bytes.length, signal: never });
      let over = false;
      const finished = sent.then(() => finishSending(dialled, discarded, clock)).then(() => (over = true));
      expect((await readAll(accepted)).equals(bytes)).to.equal(true);
      await settle();
      expect(over).to.equal(false);
      await accepted.end();
      await finished;
      await Promise.all([dialled.closed, accepted.closed]);
    });

    it('gives a peer that keeps its end open 10 s', async () => {
      const { net, clock } = ground();
      const { dialled, accepted } = await net.pair();
      let over = false;
      const finished = finishSending(dialled, discard(dialled), clock).then(() => (over = true));
      expect(await accepted.read()).to.equal(null);
      await eventually('it waits', () => clock.pending === 1);
      await clock.advance(LIMITS.linger - 1);
      expect([over, LIMITS.linger]).to.deep.equal([false, 10_000]);
      await clock.advance(1);
      await finished;
      await dialled.closed;
      expect((await failureOf(dialled.write(Buffer.from('x')))).code).to.equal('aborted');
    });

    it('rejects when the peer resets instead, and leaves no timer', async () => {
      const { net, clock } = ground();
      const { dialled, accepted } = await net.pair();
      const finished = failureOf(finishSending(dialled, discard(dialled), clock));
      expect(await accepted.read()).to.equal(null);
      await eventually('it waits', () => clock.pending === 1);
      accepted.reset();
      expect((await finished).code).to.equal('connection-lost');
      expect(clock.pending).to.equal(0);
    });

    it('rejects when the connection was lost before', async () => {
      const { net, clock } = ground();
      const { dialled, accepted } = await net.pair();
      const discarded = discard(dialled);
      accepted.reset();
      expect((await failureOf(discarded)).code).to.equal('connection-lost');
      expect((await failureOf(finishSending(dialled, discarded, clock))).code).to.equal('connection-lost');
    });

    it('rejects when the connection is given up meanwhile', async () => {
      const { net, clock } = ground();
      const { dialled, accepted } = await net.pair();
      const finished = failureOf(finishSending(dialled, discard(dialled), clock));
      expect(await accepted.read()).to.equal(null);
      dialled.reset();
      expect((await finished).code).to.equal('aborted');
    });

    it('is no surprise to a peer that ended first, as nc -N does', async () => {
      const { net, clock } = ground();
      const { dialled, accepted } = await net.pair();
      const discarded = discard(dialled);
      await accepted.end();
      await discarded;
      const bytes = pattern(500_000);
      const sending = sendFile(dialled, new SpecSource(bytes), { length: bytes.length, signal: never });
      const finished = sending.then(() => finishSending(dialled, discarded, clock));
      expect((await readAll(accepted)).equals(bytes)).to.equal(true);
      await finished;
      expect(clock.pending).to.equal(0);
    });

    it('lets a connection that is lost while nobody waits for it be lost quietly', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const unhandled: unknown[] = [];
      const heard = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', heard);
      try {
        void discard(dialled);
        accepted.reset();
        await dialled.closed;
        await settle();
      } finally {
        process.off('unhandledRejection', heard);
      }
      expect(unhandled).to.deep.equal([]);
    });
  });

  describe('to a peer that sends what nobody asked for', () => {
    const size = 3_000_000;
    /** More than a connection reads ahead by itself: some of it stays in the kernel unless somebody reads. */
    const stray = pattern(2_000_000);
    let net: Connections;
    let peer: RawPeer;
    beforeEach(() => {
      net = new Connections(tcpNetwork());
    });
    afterEach(async () => {
      peer.destroy();
      await Promise.all([peer.closed, net.release()]);
    });
    noLeaks();

    // Measured (DESIGN §3): closing a socket whose input is unread resets it and destroys what is on its way:
    // 128 to 160 KB of 3 MB arrived. Kernel behaviour, so over TCP alone.
    for (const when of ['before, while and after', 'after'] as const) {
      it(`still delivers every byte, when the stray bytes come ${when} the file`, async () => {
        const listener = await net.listen('127.0.0.1');
        peer = await connectRaw(listener.local.port);
        const conn = await listener.next();
        const clock = fakeClock();
        const bytes = pattern(size);
        peer.pause();
        if (when !== 'after') await peer.send(stray);
        const discarded = discard(conn);
        const source = new SpecSource(bytes);
        const sending = sendFile(conn, source, { length: size, signal: never });
        if (when !== 'after') await peer.send(stray);
        peer.socket.once('data', () => {
          peer.pause();
          void peer.send(stray).then(() => peer.resume());
        });
        peer.resume();
        await sending;
        const finished = finishSending(conn, discarded, clock);
        const received = await peer.untilEnd();
        await peer.send(stray);
        await peer.end();
        await finished;
        expect(received.equals(bytes)).to.equal(true);
        expect(clock.pending).to.equal(0);
      });
    }

    it('would not, if they were left unread: this is the fact', async () => {
      const listener = await net.listen('127.0.0.1');
      peer = await connectRaw(listener.local.port);
      const conn = await listener.next();
      peer.pause();
      // Nobody reads these; the reset destroys what is left of them, too.
      peer.send(stray).catch(() => undefined);
      await eventually('read-ahead is full', () => conn.bytesRead >= 1024 * 1024);
      conn.write(pattern(size)).catch(() => undefined);
      await settle();
      conn.destroy();
      peer.resume();
      await peer.outcome();
      expect(peer.received.length).to.be.lessThan(size);
    });
  });
});
