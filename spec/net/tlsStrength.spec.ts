import { createPrivateKey } from 'node:crypto';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import type { Conn, Tls } from '../../lib/net/network';
import { tcpNetwork } from '../../lib/net/tcp';
import { clientTls, serverTls } from '../../lib/net/tls';
import { failureOf } from '../support/bytes';
import { Connections } from '../support/connections';
import { noLeaks } from '../support/leaks';
import { authority, certified, helloOf, otherAuthority } from '../support/tls';

/** Node's own client, which can be told to be weak, and our server. */
describe('what TLS is refused, and with whom', () => {
  let net: Connections;
  beforeEach(() => {
    net = new Connections(tcpNetwork());
  });
  afterEach(() => net.release());
  noLeaks();

  const begin = async (options: ConnectionOptions): Promise<{ socket: TLSSocket; accepted: Conn }> => {
    const listener = await net.listen('127.0.0.1');
    const { port } = listener.local;
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority(), rejectUnauthorized: false, ...options });
    socket.on('error', () => undefined);
    const accepted = await listener.next();
    await listener.close();
    return { socket, accepted };
  };
  const refusal = async (tls: Tls, options: ConnectionOptions): Promise<string> => {
    const { socket, accepted } = await begin(options);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const error = await failureOf(tls.secure(accepted));
    expect(error.code).to.equal('tls');
    await closed;
    return error.message;
  };

  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    it(`none of ${version}`, async () => {
      const options = { maxVersion: version, minVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      const sentence = 'the client knows no version of TLS that is still safe (1.2 or 1.3)';
      expect(await refusal(serverTls(certified('server')), options)).to.equal(sentence);
    });
  }

  for (const [what, ciphers] of [
    // Without it, two connections can be given the same binding: see CIPHERS in lib/net/tls.
    ['the RSA key exchange', 'AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA'],
    ['finite fields', 'DHE-RSA-AES128-GCM-SHA256'],
    ['CBC', 'ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA384'],
    ['nobody at the other end', 'AECDH-AES128-SHA:ADH-AES128-GCM-SHA256:@SECLEVEL=0'],
    ['no encryption', 'ECDHE-RSA-NULL-SHA:NULL-SHA256:@SECLEVEL=0'],
  ] as const) {
    it(`none of TLS 1.2 with ${what}`, async () => {
      const options = { maxVersion: 'TLSv1.2', ciphers } as const;
      expect(await refusal(serverTls(certified('rsa')), options)).to.equal(
        'the client and we have no way of TLS in common',
      );
    });
  }

  it('offers none of these as a client', async () => {
    const hello = await helloOf();
    // Behind version, random and session: two bytes of length, two of each suite (RFC 8446 §4.1.2).
    const at = 9 + 2 + 32;
    const suites = at + 1 + (hello[at] ?? 0);
    const offered = Array.from({ length: hello.readUInt16BE(suites) / 2 }, (_, i) =>
      hello.readUInt16BE(suites + 2 + i * 2),
    );
    const gcm = [0xc02b, 0xc02c, 0xc02f, 0xc030];
    const chacha = [0xcca8, 0xcca9];
    // That a renegotiation would be safe (there is none) is said by a suite, or by an extension, as OpenSSL likes (RFC 5746 §3.4).
    const suitesAlone = offered.filter((suite) => suite !== 0x00ff);
    expect(suitesAlone).to.have.members([0x1301, 0x1302, 0x1303, ...gcm, ...chacha]);
    // No compression but none.
    const compression = suites + 2 + hello.readUInt16BE(suites);
    expect([...hello.subarray(compression, compression + 2)]).to.deep.equal([1, 0]);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const clientCa of [undefined, authority()]) {
      const asking = clientCa === undefined ? '' : ', also where certificates of clients are asked for';
      it(`resumes nothing of ${version}${asking}, and takes who wants to as anybody`, async () => {
        const tls = serverTls({ ...certified('server'), ...(clientCa !== undefined && { clientCa }) });
        let session: Buffer | undefined;
        for (let i = 0; i < 3; i += 1) {
          const options = { ...certified('client'), minVersion: version, maxVersion: version };
          const { socket, accepted } = await begin({ ...options, ...(session && { session }) });
          socket.on('session', (kept: Buffer) => (session = kept));
          const shaken = new Promise((resolve) => socket.once('secureConnect', resolve));
          const secure = await tls.secure(accepted);
          await shaken;
          expect(secure.peerName).to.equal(clientCa && 'alice');
          expect(socket.isSessionReused()).to.equal(false);
          // What a client keeps comes with the first bytes behind the handshake of TLS 1.3.
          const came = new Promise((resolve) => socket.once('data', resolve));
          await secure.write(Buffer.from('x'));
          await came;
          session ??= socket.getSession();
          socket.destroy();
          await secure.read().catch(() => undefined);
          secure.destroy();
          await secure.closed;
        }
        expect(session).to.not.equal(undefined);
      });
    }
  }

  it('renegotiates with nobody', async () => {
    const { socket, accepted } = await begin({ maxVersion: 'TLSv1.2' });
    const secured = new Promise((resolve) => socket.once('secureConnect', resolve));
    const conn = await serverTls(certified('server')).secure(accepted);
    await secured;
    const read = failureOf(conn.read());
    socket.renegotiate({}, () => undefined);
    expect((await read).code).to.equal('connection-lost');
    socket.destroy();
    await conn.closed;
  });

  const why = (make: () => Tls): string => {
    try {
      make();
    } catch (error) {
      expect(error).to.include({ code: 'invalid-argument' });
      return (error as Error).message;
    }
    return 'nothing';
  };
  const { cert, key } = certified('server');

  it('refuses what is no certificate, no key, or not of each other', () => {
    const made = (pem: { cert: string; key: string }): string => why(() => serverTls(pem));
    expect(made({ cert, key: certified('client').key })).to.equal('the private key does not belong to the certificate');
    expect(made({ cert: 'rubbish', key })).to.match(/^no certificate in PEM: /);
    expect(made({ cert, key: 'rubbish' })).to.match(/^no private key in PEM: /);
    for (const type of ['pkcs8', 'sec1'] as const) {
      const options = { type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
      const encrypted = createPrivateKey(key).export(options) as string;
      expect(made({ cert, key: encrypted })).to.match(/^the private key is encrypted: /);
    }
    expect(made({ cert, key })).to.equal('nothing');
  });

  it('refuses authorities that are none, or not whole: nobody is to wonder why everybody is unknown', () => {
    const none = 'there is no certificate in PEM among the authorities';
    const spoilt = 'the authorities hold a certificate that is cut or spoilt';
    const both = authority() + otherAuthority();
    const rows: readonly [text: string, sentence: string][] = [
      ['', none],
      ['rubbish', none],
      [key, none],
      [authority().slice(0, 100), spoilt],
      [both.slice(0, -40), spoilt],
      [both.slice(0, authority().length + 200), spoilt],
      [authority().replaceAll('a', '!'), spoilt],
      [both, 'nothing'],
      [`# Ours, and theirs\r\n${both.replaceAll('\n', '\r\n')}\r\nthat is all`, 'nothing'],
    ];
    for (const [ca, sentence] of rows) {
      expect(why(() => clientTls({ host: 'localhost', ca }))).to.equal(sentence);
      expect(why(() => serverTls({ cert, key, clientCa: ca }))).to.equal(sentence);
      expect(why(() => clientTls({ host: 'localhost', ca: Buffer.from(ca) }))).to.equal(sentence);
    }
  });
});
