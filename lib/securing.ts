import type { TlsRule } from './control/gate';
import { knowsTls, type PortDialect } from './dialects/registry';
import { isTwinportError, TwinportError } from './errors';
import type { Tls } from './net/network';
import type { Pem } from './net/tls';

/** TLS as the public API has it. Nothing of it is loaded before somebody asks for it. */

const MODES = ['off', 'offer', 'require'] as const;
const OF_CLIENTS = ['optional', 'require'] as const;

/** A server's TLS, on all its ports whose language can have it: ft, default, auto, framed and privateshare. */
export interface ServerTlsOptions {
  /**
   * `offer`, the default: who begins with a handshake has TLS, anybody else clear text. `require`: nobody is served in clear
   * text, and no port can speak a language without TLS.
   */
  readonly mode?: (typeof MODES)[number];
  /** PEM: the server's certificate, then those between it and its authority. */
  readonly cert: Pem;
  readonly key: Pem;
  /** PEM: authorities of clients. A client may show a certificate; one that is not from these is refused. */
  readonly clientCa?: Pem;
  /** `optional`, the default, or `require`: who shows no certificate is refused as well. Needs `clientCa`, and the mode `require`. */
  readonly verifyClient?: (typeof OF_CLIENTS)[number];
}

/** A file of this machine's user, in PEM. */
export interface PemFile {
  readonly file: string;
}

/** Whom a client believes, and what it shows. */
export interface ClientTlsOptions {
  /** The authorities that are believed, instead of those that Node brings. */
  readonly ca?: Pem | PemFile;
  /** A certificate to show, and its key. */
  readonly cert?: Pem | PemFile;
  readonly key?: Pem | PemFile;
  /** What the certificate is for, where that is not the host connected to. */
  readonly servername?: string;
  /** Believe whoever answers: what is left is protection from those who only listen. Default false. */
  readonly insecure?: boolean;
}

/** What a port makes of TLS. Throws `invalid-argument` on what cannot be used. */
export function tlsRuleOf(options: ServerTlsOptions | undefined): TlsRule {
  if (options === undefined) return {};
  const { mode = 'offer', verifyClient = 'optional', ...credentials } = options;
  oneOf('TLS', mode, MODES);
  oneOf('verifyClient', verifyClient, OF_CLIENTS);
  const demanded = verifyClient === 'require';
  if (demanded && credentials.clientCa === undefined) {
    throw new TwinportError('invalid-argument', 'client certificates are required, but of no authority: give clientCa');
  }
  // Or whoever has none would be served without TLS.
  if (demanded && mode !== 'require') {
    throw new TwinportError(
      'invalid-argument',
      'client certificates are required, but TLS is not: clear text would do',
    );
  }
  // Looked at also where it is off: what is wrong shows before it is needed.
  const tls = (require('./net/tls') as typeof import('./net/tls')).serverTls({ ...credentials, demanded });
  return mode === 'off' ? {} : { tls, required: mode === 'require' };
}

function oneOf(what: string, given: string, all: readonly string[]): void {
  if (all.includes(given)) return;
  throw new TwinportError('invalid-argument', `${what} is one of ${all.join(', ')}, not "${String(given)}"`);
}

/** Undefined where a handshake could be something else. Throws `invalid-argument` where it must not be. */
export function ruleOn(dialect: PortDialect, rule: TlsRule): TlsRule | undefined {
  if (rule.tls === undefined) return HAVE_WORDS.includes(dialect) ? rule : undefined;
  if (knowsTls(dialect)) return rule;
  if (rule.required !== true) return undefined;
  throw new TwinportError('invalid-argument', `${dialect} knows no TLS, which is required here`);
}

/** Where there is no TLS, those that can say so to who expects it. */
const HAVE_WORDS: readonly PortDialect[] = ['default', 'auto', 'ft'];

/** The client's half. Rejects `invalid-argument` on what cannot be used, `unsupported` for a language without TLS. */
export async function clientTlsOf(
  options: boolean | ClientTlsOptions | undefined,
  { host, dialect }: { readonly host: string; readonly dialect: PortDialect },
): Promise<Tls | undefined> {
  if (options === undefined || options === false) return undefined;
  if (!knowsTls(dialect)) throw new TwinportError('unsupported', `the dialect ${dialect} has no TLS`);
  const { ca, cert, key, servername, insecure } = options === true ? {} : options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new TwinportError('invalid-argument', 'a certificate and its key belong together: give both');
  }
  const { clientTls } = require('./net/tls') as typeof import('./net/tls');
  const credentials = {
    host,
    ...(ca === undefined ? {} : { ca: await pem(ca, 'authorities') }),
    ...(cert === undefined ? {} : { cert: await pem(cert, 'certificate') }),
    ...(key === undefined ? {} : { key: await pem(key, 'private key') }),
    ...(servername === undefined ? {} : { servername }),
    ...(insecure === undefined ? {} : { insecure }),
  };
  try {
    return clientTls(credentials);
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    const { message } = error;
    const from = message.includes('private key') ? key : message.includes('authorities') ? ca : cert;
    if (from === undefined || typeof from === 'string' || !('file' in from)) throw error;
    throw new TwinportError(error.code, `"${from.file}": ${message}`, { cause: error.cause });
  }
}

/** Bundles of authorities have a quarter of a megabyte. */
const MOST = 4 * 1024 * 1024;

/** The last part of the path alone; whoever named the file is told all of it. */
const NAME = /^"[^"]*"/;

async function pem(from: Pem | PemFile, what: string): Promise<Pem> {
  if (typeof from === 'string' || !('file' in from)) return from;
  const { readUserFile } = require('./storage/userFile') as typeof import('./storage/userFile');
  try {
    return await readUserFile(from.file, MOST);
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    throw new TwinportError(
      'invalid-argument',
      `cannot read the ${what}: ${error.message.replace(NAME, () => `"${from.file}"`)}`,
      { cause: error },
    );
  }
}

/** What there is to know of a certificate before anybody is shown it. */
export interface CertificateFacts {
  readonly names: readonly string[];
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

/** Of the first certificate in a PEM text. Throws `invalid-argument` where there is none. */
export function certificateFacts(cert: Pem): CertificateFacts {
  const { X509Certificate } = require('node:crypto') as typeof import('node:crypto');
  try {
    const { subjectAltName = '', subject, issuer, validFrom, validTo } = new X509Certificate(Buffer.from(cert));
    const names = [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(([, name = '']) => name);
    return {
      names: names.length > 0 ? names : [commonNameIn(subject)],
      issuer: commonNameIn(issuer),
      from: Date.parse(validFrom),
      until: Date.parse(validTo),
    };
  } catch (error) {
    throw new TwinportError('invalid-argument', 'that is no certificate in PEM', { cause: error });
  }
}

function commonNameIn(subject: string | undefined): string {
  return /^CN=(.*)$/m.exec(subject ?? '')?.[1] ?? (subject ?? '').replaceAll('\n', ', ');
}
