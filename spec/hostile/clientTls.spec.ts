import { expect } from 'chai';
import { connect } from '../../lib/client';
import { serverTls } from '../../lib/net/tls';
import { endsIn } from '../support/attacked';
import { fakeClock } from '../support/fakeClock';
import { watch } from '../support/ftPlay';
import { memoryNetwork } from '../support/memoryNetwork';
import { eventually, Talker } from '../support/talker';
import { authority, certified, type Certified } from '../support/tls';

const SERVER = '10.0.0.1';
const LOGIN = { name: 'alice', password: 'open sesame' };

/** A client that wants TLS and has a password, and what its server hears of it in clear text. */
async function refused(
  serve: (p: Talker) => unknown,
  codes: readonly string[],
  servername = 'localhost',
): Promise<void> {
  const network = memoryNetwork({ addresses: [SERVER] });
  const clock = fakeClock();
  const callers: Talker[] = [];
  const listener = await network.listen(
    { port: 3555 },
    (conn) => void callers.push(new Talker(conn, { reads: false })),
  );
  const to = { host: SERVER, port: 3555, network: network.machine('10.0.0.2'), clock, login: LOGIN };
  const connecting = watch(connect({ ...to, tls: { ca: authority(), servername }, connectTimeout: 10_000 }));
  await eventually('a caller', () => callers.length > 0);
  const [p] = callers as [Talker];
  await serve(p);
  if (codes.includes('late')) await clock.advance(10_000);
  const failed = await endsIn(connecting, ...codes);
  expect(failed.message).to.not.include(LOGIN.password);
  // It did not come again without: one call, and of what it said nothing but the beginning of a handshake.
  await clock.advance(60_000);
  expect(callers).to.have.length(1);
  // Not "-u": two bytes are found by chance in the random ones of a handshake.
  expect(p.received.includes(LOGIN.name)).to.equal(false);
  if (p.received.length > 0) expect(p.received[0]).to.equal(0x16);
  p.conn.destroy();
  await listener.close();
  await eventually('nothing is left', () => network.open === 0);
  expect(clock.pending).to.equal(0);
}

/** Reads, and answers the first bytes so. */
const answering = (answer: (p: Talker) => unknown) => async (p: Talker) => {
  p.listen();
  await p.bytes(1);
  await answer(p);
};

describe('hostile: servers that refuse TLS', () => {
  it('C37 TLS refused', async () => {
    await refused(
      answering((p) => p.send('500 Unknown\r\n')),
      ['tls'],
    );
    await refused(
      answering((p) => p.send('220 ready\r\n230 Logged in, go on without.\r\n')),
      ['tls'],
    );
    await refused(
      answering((p) => p.end('421 There is no TLS here, closing.\r\n')),
      ['tls'],
    );
    await refused(
      answering((p) => p.conn.reset()),
      ['connection-lost'],
    );
    await refused(
      answering((p) => p.end()),
      ['connection-lost'],
    );
    // As it would be turned away without TLS; it believes that, and tries nothing else.
    await refused(
      answering((p) => p.end('421 Too many failed logins, closing.\r\n230 Logged in.\r\n')),
      ['refused'],
    );
    await refused(
      answering((p) => p.send(Buffer.from('15030300020246', 'hex'))),
      ['tls'],
    );
    await refused(
      answering((p) => p.send(Buffer.from('150303000201', 'hex')).then(() => p.end())),
      ['tls'],
    );
    // It is sent back its own words, or none at all, for as long as it waits.
    await refused(
      answering((p) => p.send(p.received)),
      ['tls'],
    );
    await refused((p) => p.listen(), ['tls', 'late']);
  });

  it('C38 a certificate that proves nothing', async () => {
    const rows: readonly [Certified, servername: string][] = [
      ['elsewhere', 'localhost'],
      ['expired', 'localhost'],
      ['self-signed', 'localhost'],
      ['unknown', 'localhost'],
      ['server', 'other.example'],
    ];
    for (const [name, servername] of rows) {
      let heard = 0;
      const serve = (p: Talker): void => {
        // Whatever is said under TLS is heard here as well.
        void serverTls(certified(name))
          .secure(p.conn)
          .then(async (secure) => {
            for (let chunks; (chunks = await secure.read()) !== null;) for (const one of chunks) heard += one.length;
          })
          .catch(() => undefined);
      };
      await refused(serve, ['certificate'], servername);
      expect(heard, name).to.equal(0);
    }
  });
});
