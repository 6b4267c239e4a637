import type { Readable, Writable } from 'node:stream';
import { BaseClient, dataPortOf, download } from './baseClient';
import type { ConnectOptions } from './clientOptions';
import type { ClientSlice, Errand } from './control/slice';
import type { Body } from './data/body';
import { mayDial } from './data/dataFrom';
import { RunningDigest } from './data/digest';
import { whileMoving } from './data/moving';
import { paceOf } from './data/pace';
import type { Sink } from './data/receive';
import { receivedOn, sentOn } from './data/stall';
import type { Download } from './download';
import { isTwinportError, TwinportError } from './errors';
import { closeGently } from './net/close';
import type { Clock, Conn, Network } from './net/network';
import { LIMITS } from './options';
import type { GetOptions, ListOptions, ListResult, PutOptions, RequestOptions, TransferResult } from './transfers';

/** What it works with. */
export interface ErrandSurroundings {
  readonly network: Network;
  readonly clock: Clock;
  /** Another connection to the same server, within the time that the first one had. */
  readonly dial: (signal: AbortSignal) => Promise<Conn>;
}

type Run<T> = (errand: Errand) => Promise<T>;

/**
 * The client of a language whose connections serve one request each, and which can verify nothing. The
 * connection that `connect` made is the first request's; each further one dials its own.
 */
export class ErrandClient extends BaseClient {
  private fresh: Conn | undefined;

  constructor(
    private readonly slice: ClientSlice,
    conn: Conn,
    options: ConnectOptions,
    private readonly around: ErrandSurroundings,
  ) {
    super(conn, options);
    this.fresh = conn;
    // A server does not wait for ever for the first request, and its patience says nothing about that request.
    void conn.closed.then(() => (this.fresh = undefined));
  }

  list(path = '', options: ListOptions = {}): Promise<ListResult> {
    return this.run(options, 'list', (list) => async (errand) => {
      if (path !== '') throw this.cannot('list anything but the directory that is served');
      if (options.facts === true) throw this.cannot('tell more of a file than its name');
      const names = await list(errand);
      return { entries: names.map((name) => ({ name })), verified: false };
    });
  }

  stat(): Promise<never> {
    return Promise.reject(this.cannot('ask about a file'));
  }

  digest(): Promise<never> {
    return Promise.reject(this.cannot('ask for a digest'));
  }

  makeDirectory(): Promise<never> {
    return Promise.reject(this.cannot('make a directory'));
  }

  remove(): Promise<never> {
    return Promise.reject(this.cannot('delete anything'));
  }

  rename(): Promise<never> {
    return Promise.reject(this.cannot('rename anything'));
  }

  ping(): Promise<never> {
    return Promise.reject(this.cannot('be asked for a sign of life'));
  }

  /** Each request has a connection of its own: the end of one says nothing of the next. */
  get alive(): boolean {
    return !this.scope.signal.aborted;
  }

  async close(): Promise<void> {
    this.scope.abort(new TwinportError('aborted', 'the client was closed'));
    await this.last.catch(() => undefined);
    this.scope.close();
    // RST: FIN alone is an empty upload where connecting is asking.
    this.fresh?.reset();
    await this.fresh?.closed;
  }

  protected async getInto(to: string | Writable, path: string, options: GetOptions): Promise<TransferResult> {
    assertNameable(path);
    return this.run(options, 'get', (get) => async (errand) => {
      const { downloadInto, downloadTo } = download();
      const { requireVerified = false, blocking = false, timeout = LIMITS.stall } = this.options;
      let fetched = false;
      const settled: Download = {
        origin: {
          unverifiable: true,
          fetch: async (sink, { onProgress, prompt = false }) => {
            // Asked for again only when the local name was taken meanwhile; the connection has served its request.
            if (fetched) throw new TwinportError('in-use', 'the local name was taken meanwhile; try again');
            fetched = true;
            const digest = new RunningDigest();
            const progress = (bytes: number, total?: number): void => {
              errand.onProgress(bytes, total);
              onProgress?.(bytes, total);
            };
            const length = await get({ ...errand, prompt, onProgress: progress }, path, digested(sink, digest));
            return { ...digest.finish(), length, verified: false };
          },
        },
        request: { path, signal: errand.signal },
        options,
        requireVerified,
        blocking,
        patience: { clock: this.around.clock, timeout },
      };
      return typeof to === 'string' ? downloadTo(to, settled) : downloadInto(to, settled);
    });
  }

  protected async putFrom(from: string | Readable, path: string, options: PutOptions): Promise<TransferResult> {
    assertNameable(path);
    return this.run(options, 'put', (put) => async (errand) => {
      const { onExists = 'fail' } = options;
      if (onExists !== 'fail') throw this.cannot(`put with "${onExists}": what is there already is always left alone`);
      const send = async (body: Body): Promise<TransferResult> => {
        const digest = new RunningDigest();
        const onProgress = (bytes: number, total?: number): void => {
          errand.onProgress(bytes, total);
          options.onProgress?.({ bytes, ...(total !== undefined && { total }) });
        };
        const size = await put({ ...errand, digest, onProgress }, path, body);
        return { ...digest.finish(), size, length: size, verified: false, skipped: false };
      };
      if (typeof from !== 'string') return send(from);
      const { openUserFile } = require('./storage/userFile') as typeof import('./storage/userFile');
      const source = await openUserFile(from);
      try {
        return await send(source);
      } finally {
        await source.close();
      }
    });
  }

  private async run<V extends 'list' | 'get' | 'put', T>(
    options: RequestOptions,
    verb: V,
    work: (verb: NonNullable<ClientSlice[V]>) => Run<T>,
  ): Promise<T> {
    const { slice } = this;
    const does = slice[verb];
    if (does === undefined) throw this.cannot(`${verb} anything`);
    if (options.passive ?? this.options.passive) throw this.cannot('be passive');
    if (this.options.requireVerified === true) {
      throw new TwinportError('unverified', `nothing vouches for a transfer in the dialect ${slice.name}`);
    }
    const dataPort = dataPortOf(options);
    const pace = paceOf(options.limitRate, this.around.clock);
    return this.withSignal(options, async (scope) => {
      const { network, clock } = this.around;
      const { timeout = LIMITS.stall, dataFrom, settings = {} } = this.options;
      const conn = this.fresh ?? (await this.around.dial(scope.signal));
      this.fresh = undefined;
      let moved = 0;
      const conns = [conn];
      const resetAll = (): void => conns.forEach((each) => each.reset());
      // Only the way that the data go: a server that sends a byte now and then, of whatever, and takes none of a put, or
      // never comes to the data, would be waited for, for ever.
      const wentOn = (): number => {
        if (verb === 'put') return sentOn(conn);
        if (slice.dataApart !== true) return receivedOn(conn);
        return conns.slice(1).reduce((sum, data) => sum + receivedOn(data), sentOn(conn));
      };
      scope.signal.addEventListener('abort', resetAll, { once: true });
      const errand = {
        conn,
        network,
        clock,
        dataPort,
        settings,
        allows: (from: Conn['remote']) => mayDial(network, conn.remote, from, dataFrom),
        join: (other: Conn) => {
          conns.push(other);
          if (scope.signal.aborted) resetAll();
        },
        onData: (remote: Conn['remote']) => options.onData?.(remote),
        onProgress: (bytes: number) => void (moved = bytes),
        ...(options.onNote && { onNote: options.onNote }),
        ...(pace && { pace }),
        ...(options.onMessage && { onMessage: options.onMessage }),
      };
      try {
        const plan = {
          conn,
          clock,
          stall: timeout,
          moved: () => wentOn() + moved + (pace?.signsOfLife() ?? 0),
        };
        const value = await whileMoving(plan, scope, (signal) =>
          work(does.bind(slice) as NonNullable<ClientSlice[V]>)({ ...errand, signal }),
        );
        await closeGently(conn, clock, CLOSE_WAIT);
        return value;
      } catch (error) {
        resetAll();
        // A stall; no data connection in time is something else.
        const stalled = scope.signal.aborted && isTwinportError(error, 'data-timeout');
        throw stalled ? new TwinportError('timeout', error.message) : error;
      }
    });
  }

  private cannot(what: string): TwinportError {
    return new TwinportError('unsupported', `the dialect ${this.slice.name} cannot ${what}`);
  }
}

/** NUL ends a name in C: what was asked for would not be what is served. No file system has such a name. */
function assertNameable(name: string): void {
  if (name.includes('\0')) throw new TwinportError('invalid-name', 'a name cannot hold a NUL byte');
}

/** Milliseconds for the server's FIN after ours, when nothing is owed any more. */
const CLOSE_WAIT = 1000;

function digested(sink: Sink, digest: RunningDigest): Sink {
  return {
    write: (chunks, position) => {
      for (const chunk of chunks) digest.update(chunk);
      return sink.write(chunks, position);
    },
  };
}
