import { EventEmitter } from 'node:events';
import type { SessionInfo, TransferEvent, TransferKind } from './control/events';
import { SessionKeeper } from './control/serve';
import { OwnPorts } from './data/ownPorts';
import { Turnstile } from './data/turnstile';
import { ftDialect, type FtService } from './dialects/ft/server';
import { sentenceOf, TwinportError } from './errors';
import { logFor } from './log';
import { systemClock } from './net/clock';
import type { Clock, Endpoint, Network } from './net/network';
import { tcpNetwork } from './net/tcp';
import { LIMITS, wholeNumber } from './options';
import { localStorage, type LocalStorage } from './storage/local';
import type { Storage } from './storage/storage';

const log = logFor('server');

/** Times are milliseconds. Everything is optional: the default serves the current directory, read-only. */
export interface ServerOptions {
  /** Directory to serve. Default: the current directory. */
  readonly root?: string;
  /** Serve this storage instead of a directory. */
  readonly storage?: Storage;
  /** Accept puts. Default false. */
  readonly writable?: boolean;
  /** Sessions at once, in all (default 480) and of one address (default: half of all). */
  readonly maxSessions?: number;
  readonly maxSessionsPerAddress?: number;
  /** A session without requests is closed after this long. Default 300 000. */
  readonly idleTimeout?: number;
  /** A transfer that does not move for this long is aborted. Default 60 000. */
  readonly stallTimeout?: number;
  /** Ports for passive data connections, inclusive. Default: any free one. */
  readonly dataPorts?: readonly [low: number, high: number];
  /** Answer active requests. Servers behind a proxy or tunnel must not: they would dial their own host. Default true. */
  readonly active?: boolean;
  /** Refuse puts that are not confirmed by count and digest. Default false. */
  readonly strictPut?: boolean;
  /** Send error replies only, for homemade clients that take any text on P as an error. Default false. */
  readonly plainReplies?: boolean;
  readonly network?: Network;
  readonly clock?: Clock;
}

export type { SessionInfo, TransferEvent, TransferKind };

export interface ServerEvents {
  session: [session: SessionInfo];
  transfer: [transfer: TransferEvent];
  /** Something went wrong outside any request. Emitted only when somebody listens: it can kill nobody. */
  error: [error: Error];
}

export interface Server extends EventEmitter<ServerEvents> {
  /**
   * Listens on `port` (0, the default: any free one), on every address unless `host` is given.
   * Rejects `cannot-listen`, or `not-found`, `denied`, `not-a-directory` when the root cannot be served.
   */
  listen(port?: number, host?: string): Promise<Endpoint>;
  /** Stops: idle sessions get 421 at once, transfers `grace` milliseconds (default 10 000) to finish. */
  close(grace?: number): Promise<void>;
}

/** A server of the native dialect. Throws `invalid-argument` on options that make no sense. */
export function createServer(options: ServerOptions = {}): Server {
  return new TwinportServer(options);
}

class TwinportServer extends EventEmitter<ServerEvents> implements Server {
  private readonly network: OwnPorts;
  private readonly clock: Clock;
  private readonly keeper: SessionKeeper;
  private readonly digests = new Turnstile();
  private readonly stall: number;
  /** Opened with the first `listen`, closed with the server. */
  private opened: Promise<LocalStorage> | undefined;

  constructor(private readonly options: ServerOptions) {
    super();
    const sessions = wholeNumber('maxSessions', options.maxSessions ?? LIMITS.sessions, 1, MOST_SESSIONS);
    const perAddress = options.maxSessionsPerAddress ?? Math.max(1, Math.ceil(sessions / 2));
    const idle = wholeNumber('idleTimeout', options.idleTimeout ?? LIMITS.idle, 1, LONGEST);
    this.stall = wholeNumber('stallTimeout', options.stallTimeout ?? LIMITS.stall, 1, LONGEST);
    if (options.dataPorts !== undefined) {
      const [low, high] = options.dataPorts;
      wholeNumber('the last of dataPorts', high, wholeNumber('the first of dataPorts', low, 1024, 65535), 65535);
    }
    this.network = new OwnPorts(options.network ?? tcpNetwork());
    this.clock = options.clock ?? systemClock();
    this.keeper = new SessionKeeper({
      network: this.network,
      clock: this.clock,
      times: { idle, firstRequest: LIMITS.firstRequest, stall: this.stall },
      limits: { sessions, perAddress: wholeNumber('maxSessionsPerAddress', perAddress, 1, MOST_SESSIONS) },
    });
  }

  async listen(port = 0, host?: string): Promise<Endpoint> {
    wholeNumber('port', port, 0, 65535);
    const service = await this.service();
    const listener = await this.keeper.listen({ port, ...(host !== undefined && { host }) }, (session) => {
      this.tell('session', { id: session.id, remote: session.conn.remote, local: session.conn.local });
      return ftDialect(service, session);
    });
    return listener.local;
  }

  async close(grace: number = LIMITS.grace): Promise<void> {
    await this.keeper.close(grace);
    const opened = this.opened;
    this.opened = undefined;
    await (await opened?.catch(() => undefined))?.close();
  }

  private async service(): Promise<FtService> {
    const { options } = this;
    return {
      storage: options.storage ?? (await this.openRoot()),
      network: this.network,
      clock: this.clock,
      writable: options.writable === true,
      active: options.active !== false,
      strictPut: options.strictPut === true,
      plainReplies: options.plainReplies === true,
      dataPorts: options.dataPorts ?? [0, 0],
      stall: this.stall,
      digests: this.digests,
      emit: (event) => this.tell('transfer', event),
    };
  }

  private openRoot(): Promise<LocalStorage> {
    const { root = '.', writable = false } = this.options;
    return (this.opened ??= localStorage({ root, writable }));
  }

  /** A listener that throws must not take a session with it, and an `error` nobody listens for must not kill. */
  private tell<K extends 'session' | 'transfer'>(name: K, value: ServerEvents[K][0]): void {
    try {
      (this.emit as (name: string, value: unknown) => boolean).call(this, name, value);
    } catch (error) {
      if (this.listenerCount('error') === 0) return;
      try {
        this.emit('error', error instanceof Error ? error : new TwinportError('io-error', String(error)));
      } catch (again) {
        log.trace('an error listener failed: %s', sentenceOf(again));
      }
    }
  }
}

/** A session costs descriptors; more than this is a mistyped number. */
const MOST_SESSIONS = 1_000_000;
/** A day: the longest a timer here can sensibly run (`setTimeout` itself breaks at 24.8 days). */
const LONGEST = 24 * 60 * 60 * 1000;
