import type { Readable, Writable } from 'node:stream';
import { reasonOf, Scope, unlessLater } from './data/scope';
import { FtClient, type DataRequest } from './dialects/ft/client';
import { numberFact, textFact } from './dialects/ft/facts';
import { fetchBytes, type FetchRequest } from './dialects/ft/fetch';
import { parseListing } from './dialects/ft/listing';
import type { Download } from './download';
import { isTwinportError, TwinportError } from './errors';
import { systemClock } from './net/clock';
import type { Clock, Conn, Endpoint, Network } from './net/network';
import { tcpNetwork } from './net/tcp';
import { LIMITS, wholeNumber } from './options';
import type { FileType, Stat } from './storage/storage';
import type {
  Digest,
  GetOptions,
  ListOptions,
  ListResult,
  PutOptions,
  RequestOptions,
  TransferResult,
} from './transfers';
import type { Upload } from './upload';
import { parseTime } from './wire/facts';

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
  stat(path: string): Promise<Stat>;
  digest(path: string, options?: { readonly length?: number; readonly digest?: 'crc32' | 'sha256' }): Promise<Digest>;
  /** Ends the session politely; pending requests are aborted. */
  close(): Promise<void>;
}

/**
 * Connects to `ft://host:port` (port 3555 when absent) or as the options say.
 * Rejects `cannot-resolve`, `cannot-connect`, `timeout`, `invalid-argument`.
 */
export async function connect(to: string | ConnectOptions): Promise<Client> {
  const options = typeof to === 'string' ? fromUrl(to) : to;
  wholeNumber('port', options.port, 1, 65535);
  for (const name of ['connectTimeout', 'timeout'] as const) {
    if (options[name] !== undefined) wholeNumber(name, options[name], 1, LONGEST);
  }
  const { network = tcpNetwork(), clock = systemClock() } = options;
  const scope = new Scope(options.signal);
  const limit = options.connectTimeout ?? LIMITS.connect;
  const timer = clock.after(limit, () =>
    scope.abort(new TwinportError('timeout', `no answer from ${options.host}:${options.port} in ${limit / 1000} s`)),
  );
  try {
    const conn = await network.dial({ host: options.host, port: options.port }, scope.signal);
    return new TwinportClient(conn, options, network, clock);
  } finally {
    timer.cancel();
    scope.close();
  }
}

const DEFAULT_PORT = 3555;
/** A day: longer timers are mistyped numbers. */
const LONGEST = 24 * 60 * 60 * 1000;

function fromUrl(text: string): ConnectOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'ft:' || url.hostname === '') {
    throw new TwinportError('invalid-argument', `not an address to connect to (ft://host:port): ${text}`);
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}

type DataDefaults = Pick<DataRequest, 'dataPort' | 'passive' | 'signal' | 'onData'>;

class TwinportClient implements Client {
  private readonly ft: FtClient;
  private readonly scope: Scope;
  /** The end of the last request: the next one begins then. */
  private last: Promise<unknown> = Promise.resolve();
  private passive: boolean;

  constructor(
    private readonly conn: Conn,
    private readonly options: ConnectOptions,
    network: Network,
    private readonly clock: Clock,
  ) {
    this.scope = new Scope(options.signal);
    this.passive = options.passive === true;
    const { timeout = LIMITS.stall, dataFrom } = options;
    this.ft = new FtClient(conn, { network, clock, timeout, ...(dataFrom !== undefined && { dataFrom }) });
    void conn.closed.then(() => this.scope.close());
  }

  get remote(): Endpoint {
    return this.conn.remote;
  }

  list(path = '', options: ListOptions = {}): Promise<ListResult> {
    return this.withFallback(options, async (defaults) => {
      const chunks: Uint8Array[] = [];
      const facts = options.facts === true;
      const request: FetchRequest = {
        ...defaults,
        verb: 'l',
        path,
        most: LIMITS.listing,
        ...(facts && { options: { facts } }),
        ...(options.digest && { digest: options.digest }),
      };
      const sink = {
        write: (more: readonly Uint8Array[]) =>
          void chunks.push(...more.map((chunk) => Uint8Array.prototype.slice.call(chunk))),
      };
      const got = await fetchBytes(this.ft, request, sink);
      if (!got.verified) download().assertVerified(got, this.download(request, options));
      return { entries: parseListing(Buffer.concat(chunks), facts), verified: got.verified };
    });
  }

  async get(path: string, to: string | Writable, options: GetOptions = {}): Promise<TransferResult> {
    if (typeof to === 'string') return this.getInto(to, path, options);
    // A reader that goes away ends the transfer, also while nothing comes: nobody wants the rest.
    const gone = new AbortController();
    const { cannotWrite, streamClosed } = download();
    to.once('close', () => gone.abort(to.errored ? cannotWrite(to.errored) : streamClosed()));
    const signal = options.signal === undefined ? gone.signal : AbortSignal.any([gone.signal, options.signal]);
    try {
      return await this.getInto(to, path, { ...options, signal });
    } catch (error) {
      to.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
  }

  getStream(path: string, options: RequestOptions = {}): Readable {
    const { PassThrough } = require('node:stream') as typeof import('node:stream');
    const stream = new PassThrough();
    // Its failure is the stream's error already.
    this.get(path, stream, options).catch(() => undefined);
    return stream;
  }

  async put(from: string | Readable, path: string, options: PutOptions = {}): Promise<TransferResult> {
    if (typeof from === 'string') return this.putFrom(from, path, options);
    // From here on its errors are ours, also while nobody reads it yet: an unheard one would end the process.
    const failed = new AbortController();
    const { cannotRead } = require('./dialects/ft/store') as typeof import('./dialects/ft/store');
    from.on('error', (error) => failed.abort(cannotRead(error)));
    if (from.errored) failed.abort(cannotRead(from.errored));
    const signal = options.signal === undefined ? failed.signal : AbortSignal.any([failed.signal, options.signal]);
    try {
      return await this.putFrom(from, path, { ...options, signal });
    } catch (error) {
      from.destroy();
      throw error;
    }
  }

  stat(path: string): Promise<Stat> {
    return this.inTurn(async () => {
      const reply = await this.ft.ask('s', {}, path, this.scope.signal);
      const version = textFact(reply, 'version');
      return {
        type: fileType(textFact(reply, 'type')),
        size: numberFact(reply, 'size') ?? 0,
        modified: parseTime(textFact(reply, 'modify') ?? '') ?? 0,
        ...(version !== undefined && { version }),
      };
    });
  }

  digest(
    path: string,
    options: { readonly length?: number; readonly digest?: 'crc32' | 'sha256' } = {},
  ): Promise<Digest> {
    return this.inTurn(async () => {
      const reply = await this.ft.ask('h', options, path, this.scope.signal);
      const length = numberFact(reply, 'length');
      const crc32 = textFact(reply, 'crc32');
      if (length === undefined || crc32 === undefined) throw new TwinportError('protocol', 'the server gave no digest');
      const [sha256, version] = [textFact(reply, 'sha256'), textFact(reply, 'version')];
      return { length, crc32, ...(sha256 !== undefined && { sha256 }), ...(version !== undefined && { version }) };
    });
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

  private getInto(to: string | Writable, path: string, options: GetOptions): Promise<TransferResult> {
    return this.withFallback(options, (defaults) => {
      const request: FetchRequest = { ...defaults, verb: 'g', path, ...(options.digest && { digest: options.digest }) };
      const { downloadInto, downloadTo } = download();
      const settled = this.download(request, options);
      return typeof to === 'string' ? downloadTo(to, settled) : downloadInto(to, settled);
    });
  }

  private putFrom(from: string | Readable, path: string, options: PutOptions): Promise<TransferResult> {
    return this.withFallback(options, async (defaults) => {
      const { uploadFile, uploadStream } = require('./upload') as typeof import('./upload');
      const upload: Upload = { client: this.ft, clock: this.clock, options, request: { ...defaults, path } };
      if (typeof from !== 'string') return uploadStream(from, upload);
      const { openUserFile } = require('./storage/userFile') as typeof import('./storage/userFile');
      const source = await openUserFile(from);
      try {
        return await uploadFile(source, upload);
      } finally {
        await source.close();
      }
    });
  }

  private download(request: FetchRequest, options: GetOptions): Download {
    const { requireVerified = false, blocking = false } = this.options;
    return { client: this.ft, request, options, requireVerified, blocking };
  }

  /** One request at a time: its data port is free again only after its final reply. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work, work);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** Active first where that was wanted; after a 425 (a firewall, a NAT) once more, passively. */
  private withFallback<T>(options: RequestOptions, work: (defaults: DataDefaults) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      const scope = new Scope(this.scope.signal);
      const onAbort = (): void => {
        if (options.signal !== undefined) scope.abort(reasonOf(options.signal));
      };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted === true) onAbort();
      try {
        const dataPort = wholeNumber('dataPort', options.dataPort ?? 0, 0, 65535);
        if (dataPort > 0 && dataPort < 1024)
          throw new TwinportError('invalid-port', `data port ${dataPort} is not between 1024 and 65535`);
        let opened = false;
        const onData = (remote: Endpoint): void => {
          opened = true;
          options.onData?.(remote);
        };
        const attempt = (passive: boolean): Promise<T> => work({ dataPort, passive, signal: scope.signal, onData });
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
      } finally {
        options.signal?.removeEventListener('abort', onAbort);
        scope.close();
      }
    });
  }
}

/**
 * A get's half, and with it files. Here and above, what only some requests need is loaded by the first of them:
 * a whole listing takes less time than loading all that it can do without.
 */
function download(): typeof import('./download') {
  return require('./download') as typeof import('./download');
}

/** Milliseconds for the server's FIN after ours, when nothing is owed any more. */
const CLOSE_WAIT = 1000;

function fileType(text: string | undefined): FileType {
  return text === 'file' || text === 'dir' ? text : 'other';
}
