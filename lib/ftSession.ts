import type { Readable, Writable } from 'node:stream';
import { BaseClient, dataPortOf, download } from './baseClient';
import type { ConnectOptions } from './clientOptions';
import { Listed } from './data/listed';
import { paceOf } from './data/pace';
import { unlessLater } from './data/scope';
import { alter, type AlterRequest } from './dialects/ft/alter';
import { digestOf, statOf } from './dialects/ft/answers';
import { FtClient, type DataRequest } from './dialects/ft/client';
import { fetchBytes, type FetchRequest } from './dialects/ft/fetch';
import { parseListing } from './dialects/ft/listing';
import type { Download, Origin } from './download';
import { isTwinportError, TwinportError } from './errors';
import type { LoginOptions } from './loggingIn';
import type { Clock, Conn, Endpoint, Network } from './net/network';
import { LIMITS } from './options';
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

type DataDefaults = Pick<DataRequest, 'dataPort' | 'passive' | 'signal' | 'onData' | 'pace'>;

/** A session in the native language. */
export class FtSession extends BaseClient {
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

  get vouches(): boolean {
    return this.ft.vouches;
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
        options.onNote?.('no data connection in active mode; trying passive mode');
        this.passive = true;
        return await attempt(true);
      }
    });
  }
}

/** Milliseconds for the server's FIN after ours, when nothing is owed any more. */
const CLOSE_WAIT = 1000;
