import type { TwinportError } from '../errors';
import type { Endpoint } from '../net/network';

/** What a server tells its owner about the sessions and transfers it serves. */
export interface SessionInfo {
  readonly id: number;
  readonly remote: Endpoint;
  readonly local: Endpoint;
}

export type TransferKind = 'list' | 'get' | 'put';

/** One step in the life of a transfer: `requested`, then `started`, then `done` or `failed` (`failed` may come alone after `requested`). */
export interface TransferEvent {
  readonly phase: 'requested' | 'started' | 'done' | 'failed';
  readonly kind: TransferKind;
  readonly session: SessionInfo;
  /** As normalised, relative to the served root; '' is the root. */
  readonly path: string;
  /** The data port of the request; 0 for passive. */
  readonly port: number;
  /** The client's end of the data connection, from `started` on. */
  readonly data?: Endpoint;
  /** Bytes on the data connection, at the end. */
  readonly length?: number;
  /** A put without `--confirm`: nothing vouches for its completeness. */
  readonly unverified?: boolean;
  readonly error?: TwinportError;
}
