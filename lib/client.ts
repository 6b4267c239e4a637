import type { Readable, Writable } from 'node:stream';
import type { Clock, Endpoint, Network } from './net/network';
import type { FileType, Stat } from './storage/storage';

/** Where to connect and how data connections are made. Times are milliseconds. */
export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** Aborts connecting, and later closes the client. */
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
  readonly network?: Network;
  readonly clock?: Clock;
}

export interface Progress {
  /** Bytes so far, a resumed prefix included. */
  readonly bytes: number;
  /** The whole file's size, when it is known. */
  readonly total?: number;
}

export interface RequestOptions {
  /** The data port to listen on, 1024–65535; 0 or absent: any free one. */
  readonly dataPort?: number;
  readonly passive?: boolean;
  readonly signal?: AbortSignal;
  readonly digest?: 'crc32' | 'sha256';
  /** The data connection is open: its far end. Called again when a request is retried passively. */
  readonly onData?: (remote: Endpoint) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** One sentence worth showing: a fallback, a new name, an unverified end. */
  readonly onNote?: (sentence: string) => void;
}

export type OnExists = 'rename' | 'overwrite' | 'skip' | 'fail' | 'resume';

export interface GetOptions extends RequestOptions {
  /** When the local file is there already. Default `fail`. `resume` continues a kept part and leaves a whole file alone. */
  readonly onExists?: OnExists;
}

export interface PutOptions extends RequestOptions {
  /** When the remote file is there already. Default `fail`; `skip` and an equal file are no errors. */
  readonly onExists?: 'overwrite' | 'skip' | 'fail' | 'resume';
}

export interface TransferResult {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes moved now: less than `size` after a resume. */
  readonly length: number;
  /** CRC-32 of the bytes moved, eight hexadecimal digits. */
  readonly crc32: string;
  readonly sha256?: string;
  /** The peer's count and digest agreed with ours. */
  readonly verified: boolean;
  /** Nothing was moved: skipped, or the same file was already there. */
  readonly skipped: boolean;
  /** Where a get went, `name.1` included; absent for streams. */
  readonly localPath?: string;
}

export interface ListEntry {
  readonly name: string;
  /** With `facts` only. */
  readonly type?: FileType;
  readonly size?: number;
  readonly modified?: number;
}

export interface ListResult {
  /** As sent, `.` and `..` included (they come first). */
  readonly entries: readonly ListEntry[];
  readonly verified: boolean;
}

export interface ListOptions extends RequestOptions {
  /** Ask for type, size and time of each entry (RFC 3659 §7 lines). Default false. */
  readonly facts?: boolean;
}

export interface Digest {
  readonly length: number;
  readonly crc32: string;
  readonly sha256?: string;
  readonly version?: string;
}

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

/** Connects to `ft://host:port` (port 3555 when absent) or as the options say. */
export function connect(_to: string | ConnectOptions): Promise<Client> {
  return Promise.reject(new Error('unfinished'));
}
