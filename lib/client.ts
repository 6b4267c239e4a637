import type { Readable, Writable } from 'node:stream';
import { BaseClient, download } from './baseClient';
import type { ClientSlice, ErrandSettings } from './control/slice';
import { Listed } from './data/listed';
import { paceOf } from './data/pace';
import { reasonOf, Scope, unlessLater } from './data/scope';
import type { DialectEntry, DialectName } from './dialects/registry';
import { alter, type AlterRequest } from './dialects/ft/alter';
import { digestOf, statOf } from './dialects/ft/answers';
import { FtClient, type DataRequest } from './dialects/ft/client';
import { fetchBytes, type FetchRequest } from './dialects/ft/fetch';
import { parseListing } from './dialects/ft/listing';
import type { Download, Origin } from './download';
import { isTwinportError, TwinportError } from './errors';
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
import type { Upload } from './upload';

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
 * Rejects `cannot-resolve`, `cannot-connect`, `timeout`, `tls`, `certificate`, `invalid-argument`, and `refused` (530)
 * where the login is.
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

type DataDefaults = Pick<DataRequest, 'dataPort' | 'passive' | 'signal' | 'onData' | 'pace'>;

class FtSession extends BaseClient {
  private readonly ft: FtClient;
  private passive: boolean;

  constructor(
    conn: Conn,
    options: ConnectOptions,
    network: Network,
    private readonly clock: Clock,
  ) {
    super(conn, options);
    this.passive = options.passive === true;
    const { timeout = LIMITS.stall, dataFrom } = options;
    this.ft = new FtClient(conn, { network, clock, timeout, ...(dataFrom !== undefined && { dataFrom }) });
    void conn.closed.then(() => this.scope.close());
    void this.ft.asker.ended.then(() => this.hangUp());
  }

  /** Before anything else is asked. Nothing is left of the connection where it fails. */
  async logIn(login: LoginOptions): Promise<void> {
    const { logIn } = require('./loggingIn') as typeof import('./loggingIn');
    try {
      await logIn(this.ft, login, this.options.clearPasswords === true, this.scope.signal);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  list(path = '', options: ListOptions = {}): Promise<ListResult> {
    return this.withFallback(options, async (defaults) => {
      const listed = new Listed();
      const facts = options.facts === true;
      const request: FetchRequest = {
        ...defaults,
        verb: 'l',
        path,
        ...(facts && { options: { facts } }),
        ...(options.digest && { digest: options.digest }),
      };
      const got = await fetchBytes(this.ft, request, listed);
      if (!got.verified) download().assertVerified(got, this.download(request, options));
      return { entries: parseListing(listed.bytes(), facts), verified: got.verified };
    });
  }

  stat(path: string): Promise<Stat> {
    return this.inTurn(async () => statOf(await this.ft.ask('s', {}, path, this.scope.signal)));
  }

  digest(
    path: string,
    options: { readonly length?: number; readonly digest?: 'crc32' | 'sha256' } = {},
  ): Promise<Digest> {
    return this.inTurn(async () => digestOf(await this.ft.ask('h', options, path, this.scope.signal), options));
  }

  makeDirectory(path: string, { parents = false }: MakeDirectoryOptions = {}): Promise<void> {
    return this.alter({ verb: 'm', path, ...(parents && { options: { parents } }) });
  }

  remove(path: string): Promise<void> {
    return this.alter({ verb: 'd', path });
  }

  rename(from: string, to: string): Promise<void> {
    return this.alter({ verb: 'r', path: from, to });
  }

  /** The features are the cheapest question there is. */
  ping(): Promise<number> {
    return this.inTurn(async () => {
      const began = this.clock.now();
      await this.ft.ask('f', {}, undefined, this.scope.signal);
      // Whole microseconds: the clock is no finer, and its digits beyond them are noise.
      return Math.round((this.clock.now() - began) * 1000) / 1000;
    });
  }

  get alive(): boolean {
    return this.ft.asker.alive && !this.scope.signal.aborted;
  }

  async close(): Promise<void> {
    this.scope.abort(new TwinportError('aborted', 'the client was closed'));
    await this.last.catch(() => undefined);
    this.scope.close();
    // FIN says "no more requests" as well as -q does, and costs no round trip.
    this.conn.end().catch(() => this.conn.destroy());
    const late = (): TwinportError => new TwinportError('timeout', 'the server keeps its end open');
    await unlessLater(this.ft.asker.ended, this.clock, CLOSE_WAIT, late).catch(() => undefined);
    this.conn.destroy();
    await this.conn.closed;
  }

  /** The server has ended its side: a server that is to stop would wait for ours, for as long as its grace. */
  private async hangUp(): Promise<void> {
    // What is under way may still be settled by its data connection.
    await this.last.catch(() => undefined);
    await this.conn.end().catch(() => this.conn.destroy());
  }

  protected getInto(to: string | Writable, path: string, options: GetOptions): Promise<TransferResult> {
    return this.withFallback(options, (defaults) => {
      const request: FetchRequest = { ...defaults, verb: 'g', path, ...(options.digest && { digest: options.digest }) };
      const { downloadInto, downloadTo } = download();
      const settled = this.download(request, options);
      return typeof to === 'string' ? downloadTo(to, settled) : downloadInto(to, settled);
    });
  }

  protected putFrom(from: string | Readable, path: string, options: PutOptions): Promise<TransferResult> {
    return this.withFallback(options, async (defaults) => {
      const { uploadFile, uploadStream, withDirectories } = require('./upload') as typeof import('./upload');
      const upload: Upload = { client: this.ft, clock: this.clock, options, request: { ...defaults, path } };
      const { makeDirectories = false } = options;
      const put = (once: () => Promise<TransferResult>): Promise<TransferResult> =>
        makeDirectories ? withDirectories(upload, once) : once();
      if (typeof from !== 'string') return put(() => uploadStream(from, upload));
      const { openUserFile } = require('./storage/userFile') as typeof import('./storage/userFile');
      const source = await openUserFile(from);
      try {
        return await put(() => uploadFile(source, upload));
      } finally {
        await source.close();
      }
    });
  }

  private alter(request: AlterRequest): Promise<void> {
    return this.inTurn(() => alter(this.ft, request, this.scope.signal));
  }

  private download(request: FetchRequest, options: GetOptions): Download {
    const { requireVerified = false, blocking = false, timeout = LIMITS.stall } = this.options;
    const client = this.ft;
    const origin: Origin = { client, fetch: (sink, how) => fetchBytes(client, { ...request, ...how }, sink) };
    return { origin, request, options, requireVerified, blocking, patience: { clock: this.clock, timeout } };
  }

  /** Active first where that was wanted; after a 425 (a firewall, a NAT) once more, passively. */
  private withFallback<T>(options: RequestOptions, work: (defaults: DataDefaults) => Promise<T>): Promise<T> {
    return this.withSignal(options, async ({ signal }) => {
      const dataPort = dataPortOf(options);
      let opened = false;
      const onData = (remote: Endpoint): void => {
        opened = true;
        options.onData?.(remote);
      };
      const pace = paceOf(options.limitRate, this.clock);
      const defaults = { dataPort, signal, onData, ...(pace && { pace }) };
      const attempt = (passive: boolean): Promise<T> => work({ ...defaults, passive });
      const passive = options.passive ?? this.passive;
      try {
        return await attempt(passive);
      } catch (error) {
        // Once a connection was open, bytes may have gone where they cannot be taken back.
        const unreachable = isTwinportError(error, 'refused') && error.reply === 425 && !opened;
        if (passive || !unreachable || this.options.passiveFallback === false) throw error;
        options.onNote?.('the server cannot open a data connection to this machine; trying passive mode');
        this.passive = true;
        return await attempt(true);
      }
    });
  }
}

/** Milliseconds for the server's FIN after ours, when nothing is owed any more. */
const CLOSE_WAIT = 1000;

/** The data port asked for; 0: any. */
export function dataPortOf(options: RequestOptions): number {
  const dataPort = wholeNumber('dataPort', options.dataPort ?? 0, 0, 65535);
  if (dataPort === 0 || dataPort >= 1024) return dataPort;
  throw new TwinportError('invalid-port', `data port ${dataPort} is not between 1024 and 65535`);
}
