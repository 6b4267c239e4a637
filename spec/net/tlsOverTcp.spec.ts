import { expect } from 'chai';
import { Rates } from '../../lib/data/rates';
import { listenTcp } from '../../lib/net/listen';
import type { Tls } from '../../lib/net/network';
import { tcpNetwork } from '../../lib/net/tcp';
import { clientTls, serverTls } from '../../lib/net/tls';
import { TlsConn } from '../../lib/net/tlsConn';
import { TlsOverTcp } from '../../lib/net/tlsOverTcp';
import { passTime } from '../support/bothNetworks';
import { failureOf, joined, pattern, readAll } from '../support/bytes';
import { Connections } from '../support/connections';
import { eventually } from '../support/eventually';
import { fakeClock, settle } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { connectRaw } from '../support/peer';
import { anotherTls, authority, certified, helloOf, securedPair, tamper } from '../support/tls';

for (const bulk of [false, true]) {
  describe(`TLS on the socket of a connection${bulk ? ' for bulk' : ''}`, () => {
    let another: { client: Tls; server: Tls };
    before(async () => {
      another = await anotherTls();
    });
    let net: Connections;
    beforeEach(() => {
      net = new Connections({
        ...tcpNetwork(),
        listen: (options, onConn) => listenTcp({ ...options, bulk }, onConn),
      });
    });
    afterEach(() => net.release());
    noLeaks();

    it('speaks with TLS that stands on a connection, each way', async () => {
      const fromAbove = clientTls({ host: 'localhost', ca: authority() });
      const { dialled, accepted } = await net.pair({ bulk });
      const { client, server } = await securedPair({ dialled, accepted }, another.server, fromAbove);
      expect([client instanceof TlsConn, server instanceof TlsOverTcp]).to.deep.equal([true, true]);
      const bytes = pattern(700_001);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        const [got] = await Promise.all([readAll(to), from.write(bytes).then(() => from.end())]);
        expect(got.equals(bytes)).to.equal(true);
      }
    });

    it('leaves a connection alone of which something was read before', async () => {
      const { dialled, accepted } = await net.pair({ bulk });
      const shaking = another.client.secure(dialled);
      await eventually('a hello', () => accepted.bytesRead > 0);
      const server = await another.server.secure(accepted);
      expect(server).to.be.an.instanceOf(TlsConn);
      const client = await shaking;
      await client.write(Buffer.from('all the same'));
      expect(joined(await server.read()).toString()).to.equal('all the same');
    });

    it('takes FIN beneath for an end that is not the peer’s, and can tell no end for the peer’s', async () => {
      for (const own of [true, false]) {
        const { dialled, accepted } = await net.pair({ bulk });
        const fromAbove = clientTls({ host: 'localhost', ca: authority() });
        const { client, server } = await securedPair({ dialled, accepted }, another.server, fromAbove);
        await client.write(Buffer.from('before it'));
        expect(joined(await server.read()).toString()).to.equal('before it');
        await (own ? client : dialled).end();
        expect(await server.read()).to.equal(null);
        expect(server.farewell).to.equal(false);
        await server.write(Buffer.from('behind it'));
        expect(joined(await client.read()).toString()).to.equal('behind it');
      }
    });

    it('takes tampering for a loss, at either end, and says goodbye to nobody', async () => {
      const { dialled, accepted } = await net.pair({ bulk });
      const fromAbove = clientTls({ host: 'localhost', ca: authority() });
      const tampered = tamper(dialled);
      const { client, server } = await securedPair({ dialled: tampered.conn, accepted }, another.server, fromAbove);
      const written = pattern(100_000);
      await client.write(written);
      for (let had = 0; had < written.length;) had += joined(await server.read()).length;
      tampered.spoil();
      await client.write(Buffer.from('spoilt on its way'));
      expect((await failureOf(server.read())).code).to.equal('connection-lost');
      expect((await failureOf(server.write(written))).code).to.equal('connection-lost');
      await Promise.all([accepted.closed, server.closed]);
    });

    it('gives up a handshake with its connection, from either end and in either way', async () => {
      for (const which of ['dialled', 'accepted'] as const) {
        for (const how of ['reset', 'destroy'] as const) {
          for (const turns of [0, 1, 3]) {
            const pair = await net.pair({ bulk });
            const [ours, theirs] = [another.client.secure(pair.dialled), another.server.secure(pair.accepted)];
            const outcomes = Promise.allSettled([ours, theirs]);
            await settle(turns);
            pair[which][how]();
            const [client, server] = await outcomes;
            const own = which === 'dialled' ? client : server;
            if (own.status === 'rejected') expect(own.reason).to.include({ code: 'aborted' });
            // Who was through is told of it all the same.
            for (const each of [client, server]) if (each.status === 'fulfilled') each.value.reset();
            await Promise.all([pair.dialled.closed, pair.accepted.closed]);
          }
        }
      }
    });

    it('learns in the middle of a handshake that the client is gone, wherever it stops, or talks rubbish', async () => {
      const hello = await helloOf();
      const rubbish = Buffer.concat([Buffer.of(0x16), Buffer.alloc(400, 0x2d)]);
      for (const said of [Buffer.alloc(0), hello.subarray(0, 1), hello.subarray(0, 200), hello, rubbish]) {
        for (const how of ['end', 'reset'] as const) {
          const listener = await net.listen('127.0.0.1');
          const peer = await connectRaw(listener.local.port);
          const accepted = await listener.next();
          const failed = failureOf(another.server.secure(accepted));
          if (said.length > 0) await peer.send(said);
          if (how === 'end') await peer.end();
          else peer.reset();
          expect((await failed).code).to.equal('tls');
          await accepted.closed;
          peer.destroy();
          await peer.closed;
          await listener.close();
        }
      }
    });

    it('tells at either end why a handshake failed, in the words of TLS that stands on a connection', async () => {
      const above = {
        client: clientTls({ host: 'localhost', ca: authority() }),
        server: serverTls(certified('server')),
      };
      const hello = await helloOf();
      for (const [where, tls] of Object.entries({ above, another })) {
        for (const how of ['end', 'reset'] as const) {
          for (const said of ['', '\x16', '\x16\x03\x03\x00\x7a\x02\x00']) {
            const { dialled, accepted } = await net.pair({ bulk });
            const failed = failureOf(tls.client.secure(dialled));
            await accepted.read();
            if (said !== '') await accepted.write(Buffer.from(said, 'latin1'));
            await accepted[how]();
            expect(await failed, `${where}, ${how} behind ${said.length} bytes`).to.include(
              said === ''
                ? { code: 'connection-lost', message: 'the server closed the connection without an answer' }
                : { code: 'tls', message: 'the server ended the connection instead of answering with TLS' },
            );
            await dialled.closed;
          }
          for (const whole of [false, true]) {
            const { dialled, accepted } = await net.pair({ bulk });
            const failed = failureOf(tls.server.secure(accepted));
            await dialled.write(whole ? hello : hello.subarray(0, 100));
            if (whole) await dialled.read();
            await dialled[how]();
            const message = whole
              ? 'the client left when it had our certificate, which it may not trust'
              : 'the client left in the middle of the TLS handshake';
            expect(await failed, `${where}, ${how}`).to.include({ code: 'tls', message });
            await accepted.closed;
          }
        }
      }
    });

    it('keeps to a limit on the rate, whether it is there before the handshake or comes behind it', async () => {
      for (const before of [true, false]) {
        const clock = fakeClock();
        let rate = before ? 1000 : undefined;
        const rates = new Rates(clock, () => ({ server: rate })).session();
        const { dialled, accepted } = await net.pair({ bulk });
        const over = rates.over(dialled);
        const opening = over.opening?.(() => another.client.secure(over));
        const server = await another.server.secure(accepted);
        const client = await opening;
        if (client === undefined) throw new Error('a paced connection has an opening');
        rate = 1000;
        const received = readAll(server);
        const sent = client.write(pattern(5000));
        for (let i = 0; i < 30; i += 1) await clock.advance(100);
        expect(server.bytesRead, 'after three seconds').to.be.within(0, 4500);
        const arrived = sent.then(() => client.end()).then(() => received);
        await passTime(clock, 100, arrived);
        expect((await received).equals(pattern(5000))).to.equal(true);
        expect(client instanceof TlsConn, 'above the limit').to.equal(before);
      }
    });
  });
}
