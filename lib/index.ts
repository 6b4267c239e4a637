/** Twinport as a library: files between two machines over two connections. No code but its two doors. */
import type { Client, ConnectOptions } from './client';
import type { Server, ServerOptions } from './server';

// Each half is loaded when it is first asked for: loading the server takes a client longer than a whole listing.

/** A server of the native dialect. Throws `invalid-argument` on options that make no sense. */
export function createServer(options: ServerOptions = {}): Server {
  return (require('./server') as typeof import('./server')).createServer(options);
}

/**
 * Connects to `ft://host:port` (port 3555 when absent) or as the options say.
 * Rejects `cannot-resolve`, `cannot-connect`, `timeout`, `invalid-argument`.
 */
export async function connect(to: string | ConnectOptions): Promise<Client> {
  return (require('./client') as typeof import('./client')).connect(to);
}

export type { Server, ServerEvents, ServerOptions, SessionInfo, TransferEvent, TransferKind } from './server';
export type { Client, ConnectOptions } from './client';
export type {
  Digest,
  GetOptions,
  ListEntry,
  ListOptions,
  ListResult,
  OnExists,
  Progress,
  PutOptions,
  RequestOptions,
  TransferResult,
} from './transfers';
export { TwinportError, isTwinportError, sentenceOf } from './errors';
export type { ErrorCode, ErrorDetails, ErrorKind } from './errors';
export type { Clock, Conn, Endpoint, Listener, Network } from './net/network';
export type { Entry, FileType, Source, Stat, Storage, StorageFeatures, Target, WriteOptions } from './storage/storage';
export { localStorage } from './storage/local';
export type { LocalStorage, LocalStorageOptions } from './storage/local';
export { memoryStorage } from './storage/memory';
export type { MemoryStorage, MemoryStorageOptions } from './storage/memory';
