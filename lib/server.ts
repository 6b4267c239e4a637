import { EventEmitter } from 'node:events';
import type { SessionInfo, TransferEvent, TransferKind } from './control/events';
import type { Clock, Endpoint, Network } from './net/network';
import type { Storage } from './storage/storage';

/** Times are milliseconds. Everything is optional: the default serves the current directory, read-only. */
export interface ServerOptions {
  /** Directory to serve. Default: the current directory. */
  readonly root?: string;
  /** Serve this storage instead of a directory. */
  readonly storage?: Storage;
  /** Accept puts. Default false. */
  readonly writable?: boolean;
  /** Sessions at once, in all (default 480) and of one address (default 240). */
  readonly maxSessions?: number;
  readonly maxSessionsPerAddress?: number;
  /** A session without requests is closed after this long. Default 300 000. */
  readonly idleTimeout?: number;
  /** A transfer that does not move for this long is aborted. Default 60 000. */
  readonly stallTimeout?: number;
  /** Ports for passive data connections, inclusive. Default: any free one. */
  readonly dataPorts?: readonly [low: number, high: number];
  /** Refuse active requests (servers behind a proxy or tunnel would dial their own host). Default true: active works. */
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
  /** Listens on `port` (0, the default: any free one), on every address unless `host` is given. */
  listen(port?: number, host?: string): Promise<Endpoint>;
  /** Stops: idle sessions get 421 at once, transfers `grace` milliseconds (default 10 000) to finish. */
  close(grace?: number): Promise<void>;
}

export function createServer(_options: ServerOptions = {}): Server {
  throw new Error('unfinished');
}
