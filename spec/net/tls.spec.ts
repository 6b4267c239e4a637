import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import type { SecureConn, Tls } from '../../lib/net/network';
import { tcpNetwork } from '../../lib/net/tcp';
import { clientTls, serverTls } from '../../lib/net/tls';
import { failureOf, joined } from '../support/bytes';
import { Connections } from '../support/connections';
import { noLeaks } from '../support/leaks';
import { memoryNetwork } from '../support/memoryNetwork';
import { connectRaw } from '../support/peer';
import {
  authority,
  certified,
  type Certified,
  helloOf,
  otherAuthority,
  securedPair,
  tamper,
  wholeChain,
} from '../support/tls';

const CONTEXT = Buffer.from('1');

describe('TLS', () => {
  let net: Connections;
  beforeEach(() => {
    net = new Connections(tcpNetwork());
  });
  afterEach(() => net.release());
  noLeaks();

  const server = (name: Certified = 'server'): Tls => serverTls(certified(name));
  const client = (more: Partial<Parameters<typeof clientTls>[0]> = {}): Tls =>
    clientTls({ host: 'localhost', ca: authority(), ...more });

  /** What becomes of a handshake at both ends. */
  const met = async (ours: Tls, theirs: Tls): Promise<[SecureConn | Error, SecureConn | Error]> => {
    const { dialled, accepted } = await net.pair();
    const told = (error: Error): Error => error;
    return Promise.all([ours.secure(dialled).catch(told), theirs.secure(accepted).catch(told)]);
  };

  it('has the same keying material at both ends, and another for each context, label and connection', async () => {
    const one = await securedPair(await net.pair());
    const two = await securedPair(await net.pair());
    const of = (conn: SecureConn, label = 'EXPORTER-twinport-data', context = CONTEXT): string =>
      conn.exporter(32, label, context).toString('hex');
    expect(of(one.client)).to.equal(of(one.server)).and.have.lengthOf(64);
    const others = [of(two.client), of(one.client, 'EXPORTER-other'), of(one.client, undefined, Buffer.from('2'))];
    expect(new Set([of(one.client), ...others]).size).to.equal(4);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`speaks ${version}, with the same keying material`, async () => {
      const listener = await net.listen('127.0.0.1');
      const socket = connectTls({
        port: listener.local.port,
        host: '127.0.0.1',
        ca: authority(),
        maxVersion: version,
        minVersion: version,
      });
      const secured = new Promise((resolve) => socket.once('secureConnect', resolve));
      const conn = await server().secure(await listener.next());
      await secured;
      expect(conn.protocol).to.equal(version);
      expect(conn.exporter(32, 'x', CONTEXT).equals(socket.exportKeyingMaterial(32, 'x', CONTEXT))).to.equal(true);
      socket.end();
      expect(await conn.read()).to.equal(null);
      await conn.end();
      await conn.closed;
      expect(() => conn.exporter(32, 'x', CONTEXT), 'when it is gone')
        .to.throw(TwinportError)
        .with.property('code', 'connection-lost');
      await listener.close();
    });
  }

  it('takes a handshake in pieces, cut at every byte', async () => {
    // Over memory in segments of one byte every record comes one byte at a time, in both directions.
    for (const segment of [1, 2, 3, 7, 100]) {
      const slow = new Connections(memoryNetwork({ segment }));
      const pair = await securedPair(await slow.pair());
      await pair.client.write(Buffer.from('in pieces'));
      let text = '';
      while (text.length < 9) text += joined(await pair.server.read()).toString();
      expect(text).to.equal('in pieces');
      await slow.release();
    }
  });

  it('learns in the middle of a handshake that the client is gone, wherever it stops, and keeps nothing', async () => {
    const hello = await helloOf();
    for (let cut = 1; cut < hello.length; cut += Math.ceil(hello.length / 40)) {
      for (const how of ['end', 'reset'] as const) {
        const listener = await net.listen('127.0.0.1');
        const peer = await connectRaw(listener.local.port);
        await peer.send(hello.subarray(0, cut));
        const failed = failureOf(server().secure(await listener.next()));
        if (how === 'end') await peer.end();
        else peer.reset();
        expect((await failed).code).to.equal('tls');
        expect((await failed).message).to.equal('the client left in the middle of the TLS handshake');
        peer.destroy();
        await peer.closed;
        await listener.close();
      }
    }
  });

  it('learns that a client left when it had the certificate, and says why that may be', async () => {
    const listener = await net.listen('127.0.0.1');
    const peer = await connectRaw(listener.local.port);
    const failed = failureOf(server().secure(await listener.next()));
    await peer.send(await helloOf());
    await peer.until((received) => received.length > 0);
    peer.reset();
    const message = 'the client left when it had our certificate, which it may not trust';
    expect(await failed).to.include({ code: 'tls', message });
    peer.destroy();
    await peer.closed;
    await listener.close();
  });

  it('learns in the middle of a handshake that the server is gone, whatever it had said', async () => {
    for (const said of ['', '\x16', '\x16\x03\x03\x00\x7a\x02\x00']) {
      for (const how of ['end', 'reset'] as const) {
        const { dialled, accepted } = await net.pair();
        const failed = failureOf(client().secure(dialled));
        await accepted.read();
        if (said !== '') await accepted.write(Buffer.from(said, 'latin1'));
        if (how === 'end') await accepted.end();
        else accepted.reset();
        expect(await failed).to.include(
          said === ''
            ? { code: 'connection-lost', message: 'the server closed the connection without an answer' }
            : { code: 'tls', message: 'the server ended the connection instead of answering with TLS' },
        );
        await dialled.closed;
      }
    }
  });

  it('learns that it is turned away, in the words that it would hear without TLS', async () => {
    for (const [said, words] of [
      ['421 Too many failed logins, closing.\r\n', 'Too many failed logins, closing.'],
      ['421-The server stops, closing.\n421 .\n', 'The server stops, closing.'],
    ] as const) {
      const { dialled, accepted } = await net.pair();
      const failed = failureOf(client().secure(dialled));
      await accepted.write(Buffer.from(said));
      await accepted.end();
      expect(await failed).to.include({ code: 'refused', reply: 421, message: words });
      await dialled.closed;
    }
  });

  for (const [what, said, shown] of [
    ['a greeting', '220 Welcome\r\n', '220 Welcome'],
    ['a refusal', '421 There is no TLS here, closing.\r\n', '421 There is no TLS here, closing.'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    ['an SSH server', 'SSH-2.0-OpenSSH_9.6\r\n', 'SSH-2.0-OpenSSH_9.6'],
    ['a line that is cut', '421 Too ma', '421 Too ma…'],
    ['a line without end', 'x'.repeat(10_000), `${'x'.repeat(160)}…`],
    ['escapes', '421 \x1b]0;owned\x07\r\n', undefined],
    ['garbage', '\x00\x01\x02\x03\xff\xfe'.repeat(10), undefined],
  ] as const) {
    it(`says that a server does not answer with TLS, but with ${what}`, async () => {
      const { dialled, accepted } = await net.pair();
      const failed = failureOf(client().secure(dialled));
      await accepted.write(Buffer.from(said, 'latin1'));
      const words = shown === undefined ? '' : `, but says in clear text: "${shown}"`;
      expect(await failed).to.include({ code: 'tls', message: `the server does not answer with TLS${words}` });
      await dialled.closed;
    });
  }

  it('refuses garbage that begins as a handshake', async () => {
    const { dialled, accepted } = await net.pair();
    const failed = failureOf(server().secure(accepted));
    await dialled.write(Buffer.concat([Buffer.of(0x16), Buffer.alloc(400, 0x2d)]));
    expect((await failed).code).to.equal('tls');
    await accepted.closed;
  });

  it('gives up a handshake with its connection', async () => {
    const { dialled, accepted } = await net.pair();
    const [ours, theirs] = [failureOf(client().secure(dialled)), failureOf(server().secure(accepted))];
    dialled.reset();
    expect((await ours).code).to.equal('aborted');
    expect((await theirs).code).to.equal('tls');
    await Promise.all([dialled.closed, accepted.closed]);
  });

  const WRONG: readonly [name: string, server: Certified, more: object, sentence: RegExp][] = [
    ['expired', 'expired', {}, /^the certificate of localhost expired on 2021-01-01$/],
    ['from an unknown issuer', 'unknown', {}, /is from an unknown issuer, "Nobody knows this one"$/],
    ['from an authority that is not given', 'server', { ca: otherAuthority() }, /unknown issuer, "Twinport specs"$/],
    ['good some day', 'future', {}, /^the certificate of localhost is valid only from 2119-01-01 on$/],
    [
      'without the one between',
      'chained',
      {},
      /^the certificate of localhost is from an unknown issuer, "Between the two"$/,
    ],
    ['only for clients', 'client', { servername: 'alice' }, /^the certificate of alice is not for servers$/],
    ['self-signed', 'self-signed', {}, /^the certificate of localhost is self-signed: nobody vouches for it$/],
    [
      'for others',
      'elsewhere',
      {},
      /^the certificate is for elsewhere.example, www.elsewhere.example, not for localhost$/,
    ],
    ['for other addresses', 'server', { host: '192.0.2.7' }, /for localhost, 127.0.0.1, .*, not for 192.0.2.7$/],
    ['for another name than asked for', 'server', { servername: 'else.where' }, /not for else.where$/],
  ];
  for (const [name, which, more, sentence] of WRONG) {
    it(`refuses a certificate that is ${name}, and says so; not with insecure`, async () => {
      const [refused] = await met(client(more), server(which));
      expect(refused).to.include({ code: 'certificate' });
      expect((refused as Error).message).to.match(sentence);
      const [taken] = await met(client({ ...more, insecure: true }), server(which));
      expect((taken as SecureConn).protocol).to.equal('TLSv1.3');
      expect((taken as SecureConn).peerName).to.equal(undefined);
    });
  }

  it('believes a chain, with either kind of key', async () => {
    const [chained] = await met(client(), serverTls(wholeChain()));
    expect((chained as SecureConn).peerName).to.equal('localhost');
    const [rsa] = await met(client(), server('rsa'));
    expect((rsa as SecureConn).peerName).to.equal('localhost');
  });

  it('believes a name, addresses of both families, and a zone that is only this machine’s', async () => {
    for (const host of ['localhost', '127.0.0.1', '::1', '[::1]', '::1%lo']) {
      const [secured] = await met(client({ host }), server());
      expect((secured as SecureConn).peerName, host).to.equal('localhost');
    }
  });

  it('knows a client by its certificate, where one is asked for', async () => {
    const asks = serverTls({ ...certified('server'), clientCa: authority() });
    const names = async (tls: Tls, from: Tls): Promise<[string | undefined, string | undefined]> => {
      const [, accepted] = await met(from, tls);
      return [(accepted as SecureConn).peerName, (accepted as SecureConn).doubt?.message];
    };
    expect(await names(asks, client(certified('client')))).to.deep.equal(['alice', undefined]);
    expect(await names(asks, client())).to.deep.equal([undefined, undefined]);
    expect(await names(server(), client(certified('client')))).to.deep.equal([undefined, undefined]);
    const doubt = 'the client certificate is from nobody who is believed here';
    expect(await names(asks, client(certified('stranger')))).to.deep.equal([undefined, doubt]);
    const expired = 'the client certificate expired on 2021-01-01';
    expect(await names(asks, client(certified('expired')))).to.deep.equal([undefined, expired]);
    const future = 'the client certificate is valid only from 2119-01-01 on';
    expect(await names(asks, client(certified('future')))).to.deep.equal([undefined, future]);
    const unfit = 'the client certificate is not for clients';
    expect(await names(asks, client(certified('rsa')))).to.deep.equal([undefined, unfit]);
  });

  it('takes the very certificate of the first connection for another, and no other, however good', async () => {
    const [first] = await met(client(), server());
    const again = async (tls: Tls): Promise<SecureConn | Error> => {
      const { dialled, accepted } = await net.pair();
      const [ours] = await Promise.all([
        (first as SecureConn).another(dialled).catch((error: Error) => error),
        tls.secure(accepted).catch((error: Error) => error),
      ]);
      return ours;
    };
    expect(await again(server())).to.have.property('protocol', 'TLSv1.3');
    expect(await again(server('server2'))).to.include({
      code: 'certificate',
      message: 'the data connection shows another certificate than the control connection',
    });
    const [careless] = await met(client({ insecure: true }), server('self-signed'));
    const { dialled, accepted } = await net.pair();
    const other = server('server')
      .secure(accepted)
      .catch((error: Error) => error);
    expect((await failureOf((careless as SecureConn).another(dialled))).code).to.equal('certificate');
    await other;
  });

  it('takes tampering for a loss, and says goodbye to nobody', async () => {
    const { dialled, accepted } = await net.pair();
    const tampered = tamper(dialled);
    const pair = await securedPair({ dialled: tampered.conn, accepted });
    tampered.spoil();
    await pair.client.write(Buffer.from('spoilt on its way'));
    expect((await failureOf(pair.server.read())).code).to.equal('connection-lost');
    await accepted.closed;
  });
});
