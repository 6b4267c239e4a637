/** Twinport as a library: files between two machines over two connections. Re-exports only. */
export { createServer } from './server';
export type { Server, ServerEvents, ServerOptions, SessionInfo, TransferEvent, TransferKind } from './server';
export { connect } from './client';
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
