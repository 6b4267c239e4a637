import { constants, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect, createSecureContext, TLSSocket } from 'node:tls';
import type { PeerCertificate, SecureContext } from 'node:tls';
import { TwinportError } from '../errors';
import type { Conn, SecureConn, Tls } from './network';
import type { Peer, Secured } from './secured';
import { lower, overSocket, overWire, type Over } from './tlsBelow';
import {
  certificateFailure,
  clientDoubt,
  credentialsFailure,
  handshakeFailure,
  noCertificate,
  type Role,
} from './tlsFailures';

/** PEM, as files have it. */
export type Pem = string | Uint8Array;

/** What a server proves itself with, and, where it is given, whom it believes about clients. */
export interface ServerCredentials {
  /** The server's certificate, and those between it and its authority. */
  readonly cert: Pem;
  readonly key: Pem;
  /** Clients may show a certificate of these authorities. Absent: they are not asked for one. */
  readonly clientCa?: Pem;
  /** They must. */
  readonly demanded?: boolean;
}

/** Whom a client expects, and what it shows itself. */
export interface ClientCredentials {
  /** The host that was connected to, as it was named: a name or an address that the certificate must have. */
  readonly host: string;
  /** The name to ask for, and to find in the certificate, where it is not the host's. */
  readonly servername?: string;
  /** The authorities that are believed, instead of those that Node brings. */
  readonly ca?: Pem;
  readonly cert?: Pem;
  readonly key?: Pem;
  /** Believe anybody. What remains is protection from those who only listen. */
  readonly insecure?: boolean;
}

/** Older versions are broken (RFC 8996). */
const OLDEST = 'TLSv1.2';

/**
 * Of TLS 1.2 what has both forward secrecy and authenticated encryption; in 1.3 there is nothing else. With the RSA key exchange,
 * which Node's own choice has, somebody in the middle whom a client trusts could give two connections the same keys, and with
 * them the same binding of Q (the triple handshake, RFC 7627 §1), unless both ends knew the extension against it.
 */
const CIPHERS = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE+AESGCM', 'ECDHE+CHACHA20'],
].join(':');

/**
 * Nothing is resumed: a session would outlive the certificates, of either side, that it was made with, and OpenSSL ends the
 * handshake of a client that offers one where certificates of clients are asked for.
 */
const { SSL_OP_NO_TICKET } = constants;

/** The server's role, whoever dials. Throws `invalid-argument` on what cannot be used, or does not belong together. */
export function serverTls({ cert, key, clientCa, demanded = false }: ServerCredentials): Tls {
  const secureContext = contextOf({ cert, key, ca: clientCa });
  const tls: Tls = {
    // The context is this one's for good: after a reload the data connections of a session still have its certificate.
    secure: (conn) => welcomed(conn, overWire),
  };
  const welcomed = async (conn: Conn, over: Over): Promise<SecureConn> => {
    const secure = await shaken(conn, 'server', over, (stream) => ({
      socket: new TLSSocket(stream, { isServer: true, secureContext, requestCert: clientCa !== undefined }),
      event: 'secure',
      judge: (shaken) => judgeClient(shaken, demanded),
    }));
    secure.another = (other) => lower(other, (conn) => welcomed(conn, overSocket));
    return secure;
  };
  return tls;
}

/** The client's role. Throws `invalid-argument` as above. */
export function clientTls(credentials: ClientCredentials): Tls {
  const { ca, cert, key } = credentials;
  const secure = trusting(credentials, contextOf({ ca, cert, key }));
  return { secure: (conn) => secure(conn, overWire) };
}

/** `expected`: the certificate that the server has shown already, and must show again. */
function trusting(
  credentials: ClientCredentials,
  secureContext: SecureContext,
  expected?: Buffer,
): (conn: Conn, over: Over) => Promise<Secured> {
  const { servername, insecure = false } = credentials;
  // A zone is this machine's business and in nobody's certificate.
  const host = (servername ?? credentials.host).replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  return async (conn, over) => {
    const secure = await shaken(conn, 'client', over, (stream) => ({
      // Judged below, with all there is to say about it. An address is no name to ask for (RFC 6066 §3).
      socket: connect({
        socket: stream,
        host,
        servername: isIP(host) === 0 ? host : '',
        secureContext,
        rejectUnauthorized: false,
        checkServerIdentity: (_, certificate) => identityProblem(host, certificate),
      }),
      event: 'secureConnect',
      judge: (socket) => judgeServer(socket, host, insecure, expected),
    }));
    const { shown } = secure;
    secure.another = (other) => lower(other, (conn) => trusting(credentials, secureContext, shown)(conn, overSocket));
    return secure;
  };
}

/** Addresses are OpenSSL's to compare: Node's own text of an IPv6 address has been another than the certificate's (22.23). */
function identityProblem(host: string, certificate: PeerCertificate): Error | undefined {
  if (isIP(host) === 0) return checkServerIdentity(host, certificate);
  if (new X509Certificate(certificate.raw).checkIP(host) !== undefined) return undefined;
  return Object.assign(new Error('another address'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}

/**
 * OpenSSL reads as many as it can and says nothing of the rest: of a file that was cut, or is another one, somebody would be
 * told that their server has an unknown issuer.
 */
function assertAuthorities(pem: Pem): void {
  const blocks = Buffer.from(pem)
    .toString('latin1')
    .split(/^-----BEGIN (?:X509 )?CERTIFICATE-----/m)
    .slice(1);
  const sentence = 'there is no certificate in PEM among the authorities';
  if (blocks.length === 0) throw new TwinportError('invalid-argument', sentence);
  for (const block of blocks) {
    try {
      new X509Certificate(`-----BEGIN CERTIFICATE-----${block}`);
    } catch (cause) {
      const spoilt = 'the authorities hold a certificate that is cut or spoilt';
      throw new TwinportError('invalid-argument', spoilt, { cause });
    }
  }
}

function contextOf(given: { readonly [name in 'ca' | 'cert' | 'key']?: Pem | undefined }): SecureContext {
  if (given.ca !== undefined) assertAuthorities(given.ca);
  const pem = Object.fromEntries(
    Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [[name, Buffer.from(text)]])),
  );
  try {
    return createSecureContext({ ...pem, minVersion: OLDEST, ciphers: CIPHERS, secureOptions: SSL_OP_NO_TICKET });
  } catch (error) {
    throw credentialsFailure(error, given);
  }
}

interface Begun {
  readonly socket: TLSSocket;
  /** What Node calls a handshake that is over. */
  readonly event: 'secure' | 'secureConnect';
  /** Throws on whom not to talk to. */
  readonly judge: (socket: TLSSocket) => Peer;
}

async function shaken(conn: Conn, role: Role, over: Over, begin: (stream: Duplex) => Begun): Promise<Secured> {
  const { stream, secured, said } = over(conn);
  const { socket, event, judge } = begin(stream);
  const secure = secured(socket);
  // A new handshake in mid-session has cost others dearly (CVE-2009-3555), and TLS 1.3 knows none.
  socket.disableRenegotiation();
  return new Promise((resolve, reject) => {
    const fail = (error: TwinportError): void => {
      secure.onLost = () => undefined;
      secure.reset();
      reject(error);
    };
    const failed = (cause: unknown): void => fail(handshakeFailure(cause, role, said.opening, said.answered));
    secure.onLost = failed;
    // Before its end nothing can be said, so an end is a failure.
    const early = (): void => failed(said.failure);
    socket.once('end', early);
    socket.once(event, () => {
      socket.off('end', early);
      said.forget();
      secure.onLost = () => undefined;
      try {
        resolve(secure.met(judge(socket)));
      } catch (error) {
        fail(error as TwinportError);
      }
    });
  });
}

function judgeServer(socket: TLSSocket, host: string, insecure: boolean, expected: Buffer | undefined): Peer {
  const shown = certificateOf(socket);
  if (shown === undefined) throw new TwinportError('certificate', 'the server shows no certificate');
  // Whoever dials first, or sits between, may have a good certificate too: only P's server is meant.
  if (expected !== undefined && !shown.raw.equals(expected)) {
    throw new TwinportError('certificate', 'the data connection shows another certificate than the control connection');
  }
  if (!insecure && !socket.authorized) throw certificateFailure(socket.authorizationError, shown, host);
  return { shown: shown.raw, name: socket.authorized ? commonName(socket) : undefined, doubt: undefined };
}

/**
 * A certificate is a client's to show or not, unless it is demanded; one that proves nothing is no better than a lie. Who
 * is to be refused has the handshake all the same: an alert is a number, and comes with TLS 1.3 behind the client's own end
 * of it, where many take it for a broken line.
 */
function judgeClient(socket: TLSSocket, demanded: boolean): Peer {
  const certificate = certificateOf(socket);
  if (certificate === undefined)
    return { shown: undefined, name: undefined, doubt: demanded ? noCertificate() : undefined };
  const problem = verifyError(socket);
  const shown = certificate.raw;
  if (problem !== undefined) return { shown, name: undefined, doubt: clientDoubt(problem, certificate) };
  return { shown, name: commonName(socket), doubt: undefined };
}

/** `getPeerX509Certificate` would take it out of the chain: asked a second time, a client is told that there is none. */
function certificateOf(socket: TLSSocket): X509Certificate | undefined {
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer };
  return raw === undefined ? undefined : new X509Certificate(raw);
}

/**
 * What OpenSSL made of the client's certificate. Node tells it in public only to a `tls.Server`, which cannot be had
 * without its own timers and listeners. Where it cannot be asked, nothing is taken for verified.
 */
function verifyError(socket: TLSSocket): unknown {
  const handle: unknown = Reflect.get(socket, '_handle');
  const ask: unknown = Reflect.get(Object(handle), 'verifyError');
  if (typeof ask !== 'function') return new Error('the certificate could not be verified');
  return (Reflect.apply(ask, handle, []) as unknown) ?? undefined;
}

/** One name; a certificate with several of them names nobody. */
function commonName(socket: TLSSocket): string | undefined {
  const names: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof names === 'string' && names !== '' ? names : undefined;
}
