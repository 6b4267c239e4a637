import type { Readable, Writable } from 'node:stream';
import type { ClientSlice, ErrandSettings } from './control/slice';
import { reasonOf, Scope } from './data/scope';
import type { DialectEntry, DialectName } from './dialects/registry';
import { TwinportError } from './errors';
import { FtSession } from './ftSession';
import { systemClock } from './net/clock';
import type { Clock, Conn, Endpoint, Network, Tls } from './net/network';
import { tcpNetwork } from './net/tcp';
import type { LoginOptions } from './loggingIn';
import { LIMITS, wholeNumber } from './options';
import type { ClientTlsOptions } from './securing';
import type { Stat } from './storage/storage';
import type {
  Digest,
  GetOptions,
  ListOptions,
  ListResult,
  MakeDirectoryOptions,
  PutOptions,
  RequestOptions,
  TransferResult,
} from './transfers';

/** Where to connect and how data connections are made. Times are milliseconds. */
export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** Aborts connecting, and later whatever the client does. */
  readonly signal?: AbortSignal;
  /** Default 30 000. */
  readonly connectTimeout?: number;
  /** Nothing moves on either connection for this long: `timeout`. Default 60 000. */
  readonly timeout?: number;
  /** The client dials the data connection instead of listening. Default false. */
  readonly passive?: boolean;
  /** After a 425 to an active request, ask again passively. Default true. */
  readonly passiveFallback?: boolean;
  /** Whose data connections to accept besides the server's own address: an address, or `any`. */
  readonly dataFrom?: string;
  /** Fail (`unverified`) where a plain server sends no count and digest. Default false. */
  readonly requireVerified?: boolean;
  /**
   * Write local files on the calling thread: a tenth less work for a large file, much less for a small one,
   * and nothing else of this process runs while a disk makes it wait. For programs that do one thing at a
   * time. Default false.
   */
  readonly blocking?: boolean;
  /**
   * TLS, and nothing else: a server without it is an error (`tls`), and so is one that cannot prove whose it is
   * (`certificate`). True: believe the authorities that Node brings. The data connections are secure as well. For
   * ft, framed and privateshare. Default false.
   */
  readonly tls?: boolean | ClientTlsOptions;
  /** Who to log in as, before the first request. In ft alone. Without it: whoever the server serves without. */
  readonly login?: LoginOptions;
  /** Send the password in clear text to other machines too, where everybody between can read it. Default false. */
  readonly clearPasswords?: boolean;
  /** The wire language of the server. Default `ft`, the native one. The others can verify nothing. */
  readonly dialect?: DialectName;
  /** What some of the other languages can be told. */
  readonly settings?: ErrandSettings;
  readonly network?: Network;
  readonly clock?: Clock;
}

/** One session with a server. Requests made at the same time are carried out one after another. */
export interface Client {
  readonly remote: Endpoint;
  list(path?: string, options?: ListOptions): Promise<ListResult>;
  /** To a local path (committed only when verified) or a Writable (ended at the end, destroyed on failure). */
  get(path: string, to: string | Writable, options?: GetOptions): Promise<TransferResult>;
  /** As a Readable: it ends only when everything was verified, and errors otherwise. */
  getStream(path: string, options?: RequestOptions): Readable;
  /** From a local path or a Readable. */
  put(from: string | Readable, path: string, options?: PutOptions): Promise<TransferResult>;
  /**
   * What the server knows of a path. The wire has a size for files only: that of anything else is 0, and so is
   * `modified` where the server does not give it. Rejects `protocol` on an answer about another path, or without
   * a type or a file's size.
   */
  stat(path: string): Promise<Stat>;
  /** Count and digest of a file, or its first `length` bytes. Rejects `protocol` when what was asked for is not in the answer. */
  digest(path: string, options?: { readonly length?: number; readonly digest?: 'crc32' | 'sha256' }): Promise<Digest>;
  /**
   * Makes a directory; with `parents` those above it too, and one that is there already is no error. Rejects
   * `refused` (553: it exists, or is not allowed; 550: no directory above it); `unsupported` in other languages than ft.
   */
  makeDirectory(path: string, options?: MakeDirectoryOptions): Promise<void>;
  /** Removes a file, a symbolic link itself, or an empty directory. Rejects as `makeDirectory`. */
  remove(path: string): Promise<void>;
  /** Gives a file or a directory another name, in another directory too. What has that name already is never replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Asks the server for a sign of life; milliseconds until its answer, to the microsecond. `unsupported` in other languages than ft. */
  ping(): Promise<number>;
  /** False once the server has ended the control connection, or this client was closed: nothing can be asked any more. */
  readonly alive: boolean;
  /** Ends the session politely; pending requests are aborted. */
  close(): Promise<void>;
}

/**
 * Connects to `ft://host:port` (port 3555 when absent), under TLS to `fts://host:port`, or as the options say. To
 * `ft://user@host` belongs a password.
 * Rejects `cannot-resolve`, `cannot-connect`, `timeout`, `tls`, `certificate`, `invalid-argument`, and `refused` where the
 * login is (530). Under TLS also `refused` (421) and `connection-lost`, which without it meet the first request.
 */
export async function connect(to: string | ConnectOptions, password?: string): Promise<Client> {
  const options = typeof to === 'string' ? fromUrl(to, password) : to;
  wholeNumber('port', options.port, 1, 65535);
  // An address of the Web would be looked up whole, with the password in it, and repeated where it is not found.
  if (/[@/\s]/.test(options.host)) {
    throw new TwinportError('invalid-argument', 'the host is a name or an address, without a user or a path');
  }
  for (const name of ['connectTimeout', 'timeout'] as const) {
    if (options[name] !== undefined) wholeNumber(name, options[name], 1, LONGEST);
  }
  const { network = tcpNetwork(), clock = systemClock() } = options;
  const slice = clientSlice(options);
  const { login } = options;
  if (login !== undefined && slice !== undefined) {
    throw new TwinportError('invalid-argument', `${slice.name} has no word for a login`);
  }
  const tls = await tlsOf(options);
  const dial = (signal?: AbortSignal): Promise<Conn> => dialWithin(options, { network, clock, tls }, signal);
  const conn = await dial(options.signal);
  if (slice === undefined) {
    const session = new FtSession(conn, options, network, clock);
    if (login !== undefined) await session.logIn(login);
    return session;
  }
  const { ErrandClient } = require('./errandClient') as typeof import('./errandClient');
  return new ErrandClient(slice, conn, options, { network, clock, dial });
}

/** The other half is loaded for whom it is asked. */
async function tlsOf({ tls, host, dialect = 'ft' }: ConnectOptions): Promise<Tls | undefined> {
  if (tls === undefined || tls === false) return undefined;
  return (require('./securing') as typeof import('./securing')).clientTlsOf(tls, { host, dialect });
}

/** A connection to the server, within `connectTimeout`, and under TLS where that was asked for: never without it. */
async function dialWithin(
  { host, port, connectTimeout = LIMITS.connect }: ConnectOptions,
  { network, clock, tls }: { readonly network: Network; readonly clock: Clock; readonly tls: Tls | undefined },
  signal: AbortSignal | undefined,
): Promise<Conn> {
  const scope = new Scope(signal);
  let conn: Conn | undefined;
  const timer = clock.after(connectTimeout, () => {
    const [code, what] = conn === undefined ? (['timeout', 'answer'] as const) : (['tls', 'TLS'] as const);
    scope.abort(new TwinportError(code, `no ${what} from ${host}:${port} in ${connectTimeout / 1000} s`));
  });
  const giveUp = (): void => conn?.reset();
  scope.signal.addEventListener('abort', giveUp, { once: true });
  try {
    conn = await network.dial({ host, port }, scope.signal);
    return tls === undefined ? conn : await tls.secure(conn);
  } catch (error) {
    throw scope.signal.aborted ? reasonOf(scope.signal) : error;
  } finally {
    scope.signal.removeEventListener('abort', giveUp);
    timer.cancel();
    scope.close();
  }
}

/** The client of another language than the native one; it is loaded only when it is spoken. */
function clientSlice({ dialect = 'ft', port }: ConnectOptions): ClientSlice | undefined {
  if (dialect === 'ft') return undefined;
  const { DIALECTS, assertPort } = require('./dialects/registry') as typeof import('./dialects/registry');
  assertPort(dialect, port);
  const entry: DialectEntry | undefined = Object.hasOwn(DIALECTS, dialect) ? DIALECTS[dialect] : undefined;
  if (entry?.client !== undefined) return entry.client();
  const names = Object.keys(DIALECTS).join(', ');
  throw new TwinportError('invalid-argument', `a dialect is one of ${names}, not "${dialect}"`);
}

const DEFAULT_PORT = 3555;
/** A day: longer timers are mistyped numbers. */
const LONGEST = 24 * 60 * 60 * 1000;

function fromUrl(text: string, password: string | undefined): ConnectOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if ((url?.protocol !== 'ft:' && url?.protocol !== 'fts:') || url.hostname === '') {
    const shown = text.replace(/[^/]*@/, '…@');
    throw new TwinportError('invalid-argument', `not an address to connect to (ft://host:port): ${shown}`);
  }
  // Addresses are kept, shown and logged by whatever they pass through.
  if (url.password !== '') throw new TwinportError('invalid-argument', 'a password does not belong in an address');
  const name = unescapedUser(url.username);
  if ((name === '') !== (password === undefined)) {
    throw new TwinportError('invalid-argument', 'a user in an address and a password belong together');
  }
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    ...(url.protocol === 'fts:' && { tls: true }),
    ...(password !== undefined && { login: { name, password } }),
  };
}

function unescapedUser(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new TwinportError('invalid-argument', 'the user in the address is not percent-encoded UTF-8', {
      cause: error,
    });
  }
}
