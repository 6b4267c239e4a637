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
