import type { Endpoint } from './net/network';
import type { FileType } from './storage/storage';

/** What the public API's list, get and put take and give. Times are milliseconds, sizes bytes. */

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
  /**
   * At most this many bytes a second on the data connection, whichever way they go. Default: no limit. A get is slowed
   * down by reading late, and the buffers between hold megabytes: a server that sees nothing move for a minute may give
   * up what is asked for at less than about 50 kB/s.
   */
  readonly limitRate?: number;
  /** The data connection is open: its far end. Called again when a request is retried passively. */
  readonly onData?: (remote: Endpoint) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** One sentence worth showing: a fallback, a new name, an unverified end. */
  readonly onNote?: (sentence: string) => void;
  /**
   * One sentence of a transfer that is about to fail: what is left of it, and how to go on. It belongs behind the reason,
   * which is the error. Where nobody listens here `onNote` is told. Undefined: what an earlier try had left is there no more.
   */
  readonly onKept?: (sentence: string | undefined) => void;
  /**
   * Whatever the server says, data included, as it comes, where the dialect can tell (colon). The bytes are good
   * until it returns; they are the server's, so escape them before they reach a terminal.
   */
  readonly onMessage?: (bytes: Uint8Array) => void;
}

export function tellKept({ onKept, onNote }: Pick<RequestOptions, 'onKept' | 'onNote'>, sentence: string): void {
  (onKept ?? onNote)?.(sentence);
}

export type OnExists = 'rename' | 'overwrite' | 'skip' | 'fail' | 'resume';

export interface GetOptions extends RequestOptions {
  /** When the local file is there already. Default `fail`. `resume` continues a kept part and leaves a whole file alone. */
  readonly onExists?: OnExists;
  /**
   * Go on from what an earlier try of the same get kept, whatever `onExists` says of a file that is there: a retry
   * fetches nothing twice. Default false.
   */
  readonly resume?: boolean;
  /**
   * A device or a pipe at the local path is written into, as `/dev/null` wants it. Default true; false, for a
   * name that nobody chose for its own sake, takes it for any other file that is there already.
   */
  readonly specialFiles?: boolean;
  /** Return only once the file, and then its name, are on disk: it outlives a power loss. Default false. */
  readonly fsync?: boolean;
}

/** A put is confirmed by count and CRC-32. */
export interface PutOptions extends Omit<RequestOptions, 'digest'> {
  /** When the remote file is there already. Default `fail`; `skip` and an equal file are no errors. */
  readonly onExists?: 'overwrite' | 'skip' | 'fail' | 'resume';
  /** Go on from what the server kept of an earlier try, whatever `onExists` says. Default false. */
  readonly resume?: boolean;
  /**
   * Make the directories above the file that are not there, should the server allow it. Default false. In other languages
   * than ft, which have no word for it, such a put is refused as it would be without.
   */
  readonly makeDirectories?: boolean;
}

export interface MakeDirectoryOptions {
  /** Make what is missing above it too; one that is there already is no error. Default false. */
  readonly parents?: boolean;
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
