import type { Readable, Writable } from 'node:stream';
import { reasonOf, Scope } from './data/scope';
import type { Client, ConnectOptions } from './clientOptions';
import { TwinportError } from './errors';
import type { Conn, Endpoint } from './net/network';
import { wholeNumber } from './options';
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

/** What every client does alike, whatever it speaks: one request after another, and streams at either end. */
export abstract class BaseClient implements Client {
  protected readonly scope: Scope;
  /** The end of the last request: the next one begins then. */
  protected last: Promise<unknown> = Promise.resolve();

  constructor(
    protected readonly conn: Conn,
    protected readonly options: ConnectOptions,
  ) {
    this.scope = new Scope(options.signal);
  }

  get remote(): Endpoint {
    return this.conn.remote;
  }

  abstract list(path?: string, options?: ListOptions): Promise<ListResult>;
  abstract stat(path: string): Promise<Stat>;
  abstract digest(
    path: string,
    options?: { readonly length?: number; readonly digest?: 'crc32' | 'sha256' },
  ): Promise<Digest>;
  abstract makeDirectory(path: string, options?: MakeDirectoryOptions): Promise<void>;
  abstract remove(path: string): Promise<void>;
  abstract rename(from: string, to: string): Promise<void>;
  abstract ping(): Promise<number>;
  abstract readonly alive: boolean;
  abstract close(): Promise<void>;
  protected abstract getInto(to: string | Writable, path: string, options: GetOptions): Promise<TransferResult>;
  protected abstract putFrom(from: string | Readable, path: string, options: PutOptions): Promise<TransferResult>;

  async get(path: string, to: string | Writable, options: GetOptions = {}): Promise<TransferResult> {
    if (typeof to === 'string') return this.getInto(to, path, options);
    // A reader that goes away ends the transfer, also while nothing comes: nobody wants the rest.
    const gone = new AbortController();
    const { cannotWrite, streamClosed } = download();
    to.once('close', () => {
      // Most streams close themselves at their end: that is nobody going away.
      if (!to.writableFinished) gone.abort(to.errored ? cannotWrite(to.errored) : streamClosed());
    });
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
    const { cannotRead } = require('./data/body') as typeof import('./data/body');
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

  /** One request at a time: its data port is free again only after its final reply. */
  protected inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work, work);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** In turn, with a signal that the caller's, or the end of this client, aborts. */
  protected withSignal<T>(options: RequestOptions, work: (scope: Scope) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      const scope = new Scope(this.scope.signal);
      const onAbort = (): void => {
        if (options.signal !== undefined) scope.abort(reasonOf(options.signal));
      };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted === true) onAbort();
      try {
        return await work(scope);
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
export function download(): typeof import('./download') {
  return require('./download') as typeof import('./download');
}

/** The data port asked for; 0: any. */
export function dataPortOf(options: RequestOptions): number {
  const dataPort = wholeNumber('dataPort', options.dataPort ?? 0, 0, 65535);
  if (dataPort === 0 || dataPort >= 1024) return dataPort;
  throw new TwinportError('invalid-port', `data port ${dataPort} is not between 1024 and 65535`);
}
