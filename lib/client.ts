import type { Client, ConnectOptions } from './clientOptions';
import type { ClientSlice } from './control/slice';
import { reasonOf, Scope } from './data/scope';
import type { DialectEntry } from './dialects/registry';
import { TwinportError } from './errors';
import { FtSession } from './ftSession';
import { systemClock } from './net/clock';
import type { Clock, Conn, Network, Tls } from './net/network';
import { tcpNetwork } from './net/tcp';
import { LIMITS, wholeNumber } from './options';

export type { Client, ConnectOptions };

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
