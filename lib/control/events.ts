import type { TwinportError } from '../errors';
import type { Endpoint } from '../net/network';

/** What a server tells its owner about the sessions and transfers it serves. */
export interface SessionInfo {
  readonly id: number;
  readonly remote: Endpoint;
  readonly local: Endpoint;
}

/** Somebody tried to log in. */
export interface LoginEvent {
  readonly session: SessionInfo;
  /** As it was given: anything, and nobody's where it was refused. */
  readonly name: string;
  readonly ok: boolean;
  /** Why not, where that was not name and password. */
  readonly why?: string;
}

/** What a client had changed on the server without moving a byte. */
export type ChangeKind = 'mkdir' | 'delete' | 'rename';

/** A change that was made, or that was refused. */
export interface ChangeEvent {
  readonly phase: 'done' | 'failed';
  readonly kind: ChangeKind;
  readonly dialect: string;
  readonly session: SessionInfo;
  /** As normalised, relative to the served root. */
  readonly path: string;
  /** Who did it, where one had logged in. */
  readonly user?: string;
  /** The new name, of a rename. */
  readonly to?: string;
  readonly error?: TwinportError;
}

export type TransferKind = 'list' | 'get' | 'put';

/** One step in the life of a transfer: `requested`, then `started`, then `done` or `failed` (`failed` may come alone after `requested`). */
export interface TransferEvent {
  readonly phase: 'requested' | 'started' | 'done' | 'failed';
  readonly kind: TransferKind;
  /** The wire language it is made in. */
  readonly dialect: string;
  readonly session: SessionInfo;
  /** As normalised, relative to the served root; '' is the root. */
  readonly path: string;
  /** Whose it is, where one had logged in. */
  readonly user?: string;
  /** The data port of the request; 0 for passive; absent when the data travel on the control connection. */
  readonly port?: number;
  /** The client's end of the connection that carries the data, from `started` on. */
  readonly data?: Endpoint;
  /** Bytes on the data connection, at the end. */
  readonly length?: number;
  /** Of one that failed behind `started`: bytes that had moved by then, as far as this end knows. */
  readonly moved?: number;
  /** Nothing vouches for its completeness: a put without `--confirm`, and whatever a dialect cannot verify. */
  readonly unverified?: boolean;
  readonly error?: TwinportError;
}

/** Whom a note is about that a client brought about. Without, it is about the server itself. */
export interface NoteAbout {
  /** `refused` by us; `failed`: nobody's decision, as a handshake that came to nothing; `ok`: it is served. */
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly address: string;
  /** Absent where the connection had no session yet, or it is about more than one. */
  readonly session?: number;
}
