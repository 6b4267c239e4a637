import type { Readable, Writable } from 'node:stream';
import type { ErrandSettings } from './control/slice';
import type { DialectName } from './dialects/registry';
import type { LoginOptions } from './loggingIn';
import type { Clock, Endpoint, Network } from './net/network';
import type { ClientTlsOptions } from './securing';
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

/** Where to connect and how data connections are made. Times are milliseconds. */
export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** Aborts connecting, and later whatever the client does. */
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
  /**
   * Write local files on the calling thread: a tenth less work for a large file, much less for a small one,
   * and nothing else of this process runs while a disk makes it wait. For programs that do one thing at a
   * time. Default false.
   */
  readonly blocking?: boolean;
  /**
   * TLS, and nothing else: a server without it is an error (`tls`), and so is one that cannot prove whose it is
   * (`certificate`). True: believe the authorities that Node brings. The data connections are secure as well. For
   * ft, framed and privateshare. Default false.
   */
  readonly tls?: boolean | ClientTlsOptions;
  /** Who to log in as, before the first request. In ft alone. Without it: whoever the server serves without. */
  readonly login?: LoginOptions;
  /** Send the password in clear text to other machines too, where everybody between can read it. Default false. */
  readonly clearPasswords?: boolean;
  /** The wire language of the server. Default `ft`, the native one. The others can verify nothing. */
  readonly dialect?: DialectName;
  /** What some of the other languages can be told. */
  readonly settings?: ErrandSettings;
  readonly network?: Network;
  readonly clock?: Clock;
}

/** One session with a server. Requests made at the same time are carried out one after another. */
export interface Client {
  readonly remote: Endpoint;
  list(path?: string, options?: ListOptions): Promise<ListResult>;
  /** To a local path (committed only when verified) or a Writable (ended at the end, destroyed on failure). */
  get(path: string, to: string | Writable, options?: GetOptions): Promise<TransferResult>;
  /** As a Readable: it ends only when everything was verified, and errors otherwise. */
  getStream(path: string, options?: RequestOptions): Readable;
  /** From a local path or a Readable. */
  put(from: string | Readable, path: string, options?: PutOptions): Promise<TransferResult>;
  /**
   * What the server knows of a path. The wire has a size for files only: that of anything else is 0, and so is
   * `modified` where the server does not give it. Rejects `protocol` on an answer about another path, or without
   * a type or a file's size.
   */
  stat(path: string): Promise<Stat>;
  /** Count and digest of a file, or its first `length` bytes. Rejects `protocol` when what was asked for is not in the answer. */
  digest(path: string, options?: { readonly length?: number; readonly digest?: 'crc32' | 'sha256' }): Promise<Digest>;
  /**
   * Makes a directory; with `parents` those above it too, and one that is there already is no error. Rejects
   * `refused` (553: it exists, or is not allowed; 550: no directory above it); `unsupported` in other languages than ft.
   */
  makeDirectory(path: string, options?: MakeDirectoryOptions): Promise<void>;
  /** Removes a file, a symbolic link itself, or an empty directory. Rejects as `makeDirectory`. */
  remove(path: string): Promise<void>;
  /** Gives a file or a directory another name, in another directory too. What has that name already is never replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Asks the server for a sign of life; milliseconds until its answer, to the microsecond. `unsupported` in other languages than ft. */
  ping(): Promise<number>;
  /** False once the server has ended the control connection, or this client was closed: nothing can be asked any more. */
  readonly alive: boolean;
  /** The server has told the size, the count or the digest of something: it is no plain one, which can vouch for nothing. */
  readonly vouches?: boolean;
  /** Ends the session politely; pending requests are aborted. */
  close(): Promise<void>;
}
