import { expect } from 'chai';
import { withUnread } from '../../lib/data/unread';
import { onBothNetworks } from '../support/bothNetworks';
import { failureOf, joined, readAll } from '../support/bytes';

describe('a connection with bytes put back', () => {
  onBothNetworks((ground) => {
    const before = Buffer.from('before ');

    it('gives them first, then what comes', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const conn = withUnread(accepted, before);
      await dialled.write(Buffer.from('after'));
      await dialled.end();
      expect(joined(await conn.read()).toString()).to.equal('before ');
      expect((await readAll(conn)).toString()).to.equal('after');
      expect(await conn.read()).to.equal(null);
    });

    it('gives them also when nothing more comes, and then the end', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const conn = withUnread(accepted, before);
      await dialled.end();
      expect((await readAll(conn, 960 * 1024)).toString()).to.equal('before ');
    });

    for (const behind of [true, false]) {
      it(`gives the outcome of a read that was under way${behind ? ', behind them' : ''}, once, then what comes`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const pending = accepted.read();
        const conn = withUnread(accepted, behind ? before : new Uint8Array(), pending);
        await dialled.write(Buffer.from('pending '));
        await pending;
        await dialled.write(Buffer.from('after'));
        await dialled.end();
        if (behind) expect(joined(await conn.read(1000)).toString()).to.equal('before ');
        expect(joined(await conn.read(1000)).toString()).to.equal('pending ');
        expect((await readAll(conn)).toString()).to.equal('after');
      });
    }

    it('gives the end, or the loss, that a read under way had met', async () => {
      const ended = await ground().net.pair();
      const end = withUnread(ended.accepted, new Uint8Array(), ended.accepted.read());
      await ended.dialled.end();
      expect(await end.read()).to.equal(null);
      expect(await end.read()).to.equal(null);
      const lost = await ground().net.pair();
      const pending = lost.accepted.read();
      const loss = withUnread(lost.accepted, before, pending);
      lost.dialled.reset();
      await failureOf(pending);
      expect(joined(await loss.read()).toString()).to.equal('before ');
      expect((await failureOf(loss.read())).code).to.equal('connection-lost');
      expect((await failureOf(loss.read())).code).to.equal('connection-lost');
    });

    it('allows one read at a time, the one under way included', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const conn = withUnread(accepted, new Uint8Array(), accepted.read());
      const first = conn.read();
      expect((await failureOf(conn.read())).code).to.equal('invalid-argument');
      await dialled.write(Buffer.from('x'));
      expect(joined(await first).toString()).to.equal('x');
    });

    it('is the same connection in everything else', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const conn = withUnread(accepted, before);
      expect([conn.local, conn.remote]).to.deep.equal([accepted.local, accepted.remote]);
      await dialled.write(Buffer.from('12345'));
      await conn.write(Buffer.from('123'));
      await conn.end();
      expect((await readAll(dialled)).toString()).to.equal('123');
      await conn.read();
      await conn.read();
      expect([conn.bytesRead, conn.bytesWritten]).to.deep.equal([accepted.bytesRead, accepted.bytesWritten]);
      expect([conn.bytesRead, conn.bytesWritten]).to.deep.equal([5, 3]);
    });

    for (const how of ['destroy', 'reset'] as const) {
      it(`has nothing to read any more after ${how}`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const conn = withUnread(accepted, before);
        conn[how]();
        expect((await failureOf(conn.read())).code).to.equal('aborted');
        await conn.closed;
        if (how === 'reset') expect((await failureOf(dialled.read())).code).to.equal('connection-lost');
        else expect(await dialled.read()).to.equal(null);
      });
    }
  });
});
