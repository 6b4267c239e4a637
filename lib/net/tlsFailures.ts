import { X509Certificate } from 'node:crypto';
import { isTwinportError, TwinportError } from '../errors';
import { escaped } from '../wire/names';

/** What OpenSSL's and Node's errors mean to a person: one sentence each, the cause kept. */

export type Role = 'client' | 'server';

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What does not begin as a TLS record does, or is one in name alone. */
const NO_TLS = /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY|PACKET_LENGTH|UNEXPECTED_MESSAGE|RECORD|UNKNOWN_PROTOCOL/;
const NO_VERSION = /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW|UNSUPPORTED_SSL_VERSION/;
const NO_CIPHER = /NO_SHARED|HANDSHAKE_FAILURE|NO_SUITABLE|INSUFFICIENT_SECURITY/;
const DISTRUST = /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/;

/**
 * `cause` undefined: the other side ended. `said`: the first bytes that came from there, undefined where nobody has seen them.
 * `answered`: we have said something.
 */
export function handshakeFailure(
  cause: unknown,
  role: Role,
  said: Buffer | undefined,
  answered: boolean,
): TwinportError {
  if (isTwinportError(cause, 'aborted', 'tls', 'certificate')) return cause;
  const details = cause === undefined ? {} : { cause };
  if (role === 'client') {
    const away = said && turnedAway(said);
    if (away !== undefined) return new TwinportError('refused', away, { reply: 421 });
    // As without TLS, where it means the same: too many come, or the server stops.
    if (said?.length === 0 && isGone(cause))
      return new TwinportError('connection-lost', 'the server closed the connection without an answer', details);
  }
  return new TwinportError('tls', handshakeSentence(cause, role, said, answered), details);
}

/** Without a word of TLS, or of what is wrong with ours. */
function isGone(cause: unknown): boolean {
  return cause === undefined || codeOf(cause) === 'ECONNRESET' || isTwinportError(cause, 'connection-lost');
}

/**
 * Of a server that sends us away before it computes anything (a ban, no place): what it says then is the same with TLS and
 * without. Anybody on the way can say it, and has us give up, which they can anyway; what is about TLS is its refusal.
 */
function turnedAway(said: Buffer): string | undefined {
  const [, words] = /^421[ -]([\x20-\x7e]+)\r?\n/.exec(said.toString('latin1')) ?? [];
  return words === undefined || /\bTLS\b/.test(words) ? undefined : words;
}

/**
 * Words where a handshake should be, of what speaks there in place of one. Whoever is on the way can have said it too: it is shown, and nothing follows from it.
 */
function wordsIn(said: Buffer): string {
  const [line = '', ...more] = said.toString('latin1').split(/\r?\n/);
  // TLS gives up at the fifth byte, whether the line is there or not.
  return /^[\x20-\x7e]{4,}$/.test(line) ? `, but says in clear text: "${line}${more.length === 0 ? '…' : ''}"` : '';
}

function handshakeSentence(cause: unknown, role: Role, said: Buffer | undefined, answered: boolean): string {
  const code = codeOf(cause);
  const they = role === 'client' ? 'the server' : 'the client';
  if (isGone(cause)) {
    if (role === 'client') return 'the server ended the connection instead of answering with TLS';
    // Node's clients, ours among them, distrust without an alert.
    return answered
      ? 'the client left when it had our certificate, which it may not trust'
      : 'the client left in the middle of the TLS handshake';
  }
  if (DISTRUST.test(code)) return `${they} does not accept our certificate`;
  if (NO_VERSION.test(code)) return `${they} knows no version of TLS that is still safe (1.2 or 1.3)`;
  if (NO_CIPHER.test(code)) return `${they} and we have no way of TLS in common`;
  if (NO_TLS.test(code)) {
    return role === 'client'
      ? `the server does not answer with TLS${said === undefined ? '' : wordsIn(said)}`
      : 'that is no TLS handshake';
  }
  return `the TLS handshake failed: ${reasonIn(cause)}`;
}

/** OpenSSL's own words, without its numbers. */
function reasonIn(cause: unknown): string {
  const reason: unknown = Reflect.get(Object(cause), 'reason');
  if (typeof reason === 'string' && reason !== '') return reason;
  return cause instanceof Error ? cause.message : String(cause);
}

/** As PKCS #8 has it, and as OpenSSL had it before. What OpenSSL says of a key for which it has no password differs by version. */
const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

interface Shown {
  readonly cert?: Uint8Array | string | undefined;
  readonly key?: Uint8Array | string | undefined;
}

/** Of certificate and key that cannot be used: OpenSSL says the same of either. */
export function credentialsFailure(cause: unknown, { cert, key }: Shown): TwinportError {
  const code = codeOf(cause);
  const sentence = code.includes('KEY_VALUES_MISMATCH')
    ? 'the private key does not belong to the certificate'
    : ENCRYPTED.test(Buffer.from(key ?? '').toString('latin1'))
      ? 'the private key is encrypted: a server that starts by itself can ask nobody for the password'
      : `no ${isCertificate(cert) ? 'private key' : 'certificate'} in PEM: ${reasonIn(cause)}`;
  return new TwinportError('invalid-argument', sentence, { cause });
}

function isCertificate(cert: Uint8Array | string | undefined): boolean {
  try {
    return cert !== undefined && new X509Certificate(cert).raw.length > 0;
  } catch {
    return false;
  }
}

/** Why a server's certificate proves nothing to us. */
export function certificateFailure(problem: unknown, certificate: X509Certificate, host: string): TwinportError {
  return new TwinportError('certificate', serverSentence(nameOf(problem), certificate, host), { cause: problem });
}

function serverSentence(code: string, certificate: X509Certificate, host: string): string {
  const whose = `the certificate of ${host}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `${whose} expired on ${day(certificate.validTo)}`;
    case 'CERT_NOT_YET_VALID':
      return `${whose} is valid only from ${day(certificate.validFrom)} on`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `${whose} is self-signed: nobody vouches for it`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `${whose} is from an unknown issuer, ${issuerOf(certificate)}`;
    case 'INVALID_PURPOSE':
      return `${whose} is not for servers`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate is for ${namesIn(certificate)}, not for ${host}`;
    default:
      return `${whose} cannot be verified: ${code}`;
  }
}

/** Why a client's certificate proves nothing to us, in the words it is told. */
export function clientDoubt(problem: unknown, certificate: X509Certificate): TwinportError {
  const code = nameOf(problem);
  const why =
    code === 'CERT_HAS_EXPIRED'
      ? `expired on ${day(certificate.validTo)}`
      : code === 'CERT_NOT_YET_VALID'
        ? `is valid only from ${day(certificate.validFrom)} on`
        : code === 'INVALID_PURPOSE'
          ? 'is not for clients'
          : 'is from nobody who is believed here';
  return new TwinportError('certificate', `the client certificate ${why}`, { cause: problem });
}

export function noCertificate(): TwinportError {
  return new TwinportError('certificate', 'a client certificate is required here');
}

/** Node says it as a word, or as an error with that word for its code. */
function nameOf(problem: unknown): string {
  return codeOf(problem) || (problem instanceof Error ? problem.message : String(problem));
}

/** `Jan  1 00:00:00 2021 GMT`, as people write it. */
function day(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? shown(text) : new Date(time).toISOString().slice(0, 10);
}

/** All names in it are the peer's, and may drive a terminal. */
function namesIn({ subjectAltName, subject }: X509Certificate): string {
  const names = [...(subjectAltName ?? '').matchAll(/(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]+)/g)];
  if (names.length > 0) return shown(names.map(([, name = '']) => name).join(', '));
  return shown(commonNameIn(subject) ?? 'nobody');
}

function issuerOf({ issuer }: X509Certificate): string {
  return `"${shown(commonNameIn(issuer) ?? issuer.replaceAll('\n', ', '))}"`;
}

function commonNameIn(subject: string | undefined): string | undefined {
  return /^CN=(.*)$/m.exec(subject ?? '')?.[1];
}

/** A certificate may name thousands. */
const MOST_SHOWN = 200;

function shown(text: string): string {
  const cut = [...text].slice(0, MOST_SHOWN).join('');
  return escaped(cut.length < text.length ? `${cut}…` : cut);
}
