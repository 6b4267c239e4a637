import type { ServerTlsOptions } from '../../index';
import { isTwinportError, TwinportError } from '../../errors';
import { UsageError } from '../usage';
import { deniedTo } from './denied';
import { named, refusal, type Settings } from './settings';

export const TLS_MODES = ['off', 'offer', 'require'] as const;
export const OF_CLIENTS = ['optional', 'require'] as const;

/** Where certificate and key are. They are read when they are needed, and again at a hangup. */
export interface TlsFiles {
  readonly mode: (typeof TLS_MODES)[number];
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
  readonly verifyClient?: (typeof OF_CLIENTS)[number];
}

/** What the settings say of TLS; undefined where there is no certificate. Throws as `serverCommand`. */
export function tlsFiles(settings: Settings): TlsFiles | undefined {
  const [cert, key, clientCa] = ['tls-cert', 'tls-key', 'tls-client-ca'].map((name) => settings.get(name));
  const mode = settings.read('tls', (name, text) => oneOf(name, text, TLS_MODES));
  const verifyClient = settings.read('tls-verify-client', (name, text) => oneOf(name, text, OF_CLIENTS));
  const asks = settings.get('tls');
  if (asks !== undefined && mode !== 'off' && (cert === undefined || key === undefined)) {
    throw refusal(`${asks.origin.name} ${asks.text} needs a certificate and its key (tls-cert, tls-key)`, asks);
  }
  const demands = settings.get('tls-verify-client');
  if (demands !== undefined && clientCa === undefined) {
    throw refusal(`${demands.origin.name} needs the authorities of clients too (tls-client-ca)`, demands);
  }
  if (demands !== undefined && verifyClient === 'require' && mode !== 'require') {
    throw refusal(`${demands.origin.name} require needs tls require too: clear text would do without`, demands);
  }
  const only = cert ?? key ?? clientCa;
  if (cert === undefined || key === undefined) {
    if (only === undefined) return undefined;
    throw refusal(`${only.origin.name} needs ${cert === undefined ? 'tls-cert' : 'tls-key'} too`, only);
  }
  return {
    mode: mode ?? 'offer',
    cert: cert.text,
    key: key.text,
    ...(clientCa === undefined ? {} : { clientCa: clientCa.text }),
    ...(verifyClient === undefined ? {} : { verifyClient }),
  };
}

function oneOf<T extends string>(name: string, text: string, all: readonly T[]): T {
  const found = all.find((one) => one === text);
  if (found === undefined) throw new UsageError(`${name} is one of ${all.join(', ')}, not "${text}"`);
  return found;
}

export interface ReadTls {
  readonly tls?: ServerTlsOptions;
  /** Whose certificate it is, and until when. */
  readonly about?: string;
  /** Sentences that somebody should hear. */
  readonly warnings: readonly string[];
}

/**
 * Reads and examines them, as the user that still may. Rejects `invalid-argument`, told with where the value is from:
 * a file that cannot be read, that is none, or a key that belongs to another certificate.
 */
export async function readTls(files: TlsFiles | undefined, settings: Settings): Promise<ReadTls> {
  if (files === undefined) return { warnings: [] };
  const { checkServerTls, isReadableByOthers } = require('../../index') as typeof import('../../index');
  const cert = await contents(files.cert, settings, 'tls-cert');
  const key = await contents(files.key, settings, 'tls-key');
  const clientCa =
    files.clientCa === undefined ? {} : { clientCa: await contents(files.clientCa, settings, 'tls-client-ca') };
  const { mode, verifyClient } = files;
  const tls = { mode, cert, key, ...clientCa, ...(verifyClient === undefined ? {} : { verifyClient }) };
  try {
    checkServerTls({ cert, key });
  } catch (error) {
    const ofKey = isTwinportError(error) && error.message.includes('private key');
    throw named(error, settings.get(ofKey ? 'tls-key' : 'tls-cert'));
  }
  try {
    const { names, issuer, from, until } = checkServerTls(tls);
    const now = Date.now();
    const warnings = [
      ...((await isReadableByOthers(files.key))
        ? [`"${files.key}" is a private key that everybody here can read.`]
        : []),
      ...(until < now ? [`The certificate in "${files.cert}" expired on ${day(until)}: nobody will believe it.`] : []),
      ...(from > now ? [`The certificate in "${files.cert}" is valid only from ${day(from)} on.`] : []),
    ];
    const about = `The certificate is for ${names.join(', ')}, from ${issuer}, and valid until ${day(until)}.`;
    return { tls, about, warnings };
  } catch (error) {
    // Of the rest it is what can be wrong.
    throw named(error, settings.get('tls-client-ca'));
  }
}

/** Bytes; a chain of certificates has a few thousand, a bundle of authorities a quarter of a million. */
const MOST = 4 * 1024 * 1024;

/** The last part of the path alone; whoever named the file is told all of it. */
const NAME = /^"[^"]*"/;

async function contents(file: string, settings: Settings, name: string): Promise<Uint8Array> {
  const { readUserFile } = require('../../index') as typeof import('../../index');
  try {
    return await readUserFile(file, MOST);
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    throw named(
      new TwinportError(
        'invalid-argument',
        deniedTo(error).replace(NAME, () => `"${file}"`),
        { cause: error },
      ),
      settings.get(name),
    );
  }
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
