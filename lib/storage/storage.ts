/**
 * Where files live, as the engine sees it. A storage is given paths that are already normalised
 * (`wire/paths`): `/`-separated, no leading slash, no empty, `.` or `..` segment, `''` for the root.
 * Names are strings; bytes that are not UTF-8 travel as lone surrogates (`wire/names`), losslessly.
 *
 * Every method rejects with a coded TwinportError: `not-found`, `denied`, `exists`, `not-a-file`,
 * `not-a-directory`, `not-empty`, `no-space`, `too-large`, `in-use`, `cannot-resume`, `unsupported`, `io-error`.
 */

export type FileType = 'file' | 'dir' | 'other';

export interface Stat {
  readonly type: FileType;
  /** Bytes. */
  readonly size: number;
  /** Last modification, milliseconds since the epoch. */
  readonly modified: number;
  /**
   * Opaque mark of this very content: equal marks mean equal bytes. Absent when the storage cannot be
   * sure (a local file changed less than 2 s ago can change again within one tick of its clock).
   */
  readonly version?: string;
}

export interface Entry {
  readonly name: string;
  readonly type: FileType;
  /** The name is a link's; with facts asked for, `type` and `stat` are those of what it leads to. */
  readonly link?: true;
  /** Present when facts were asked for and the entry did not vanish meanwhile. */
  readonly stat?: Stat;
}

/** What a storage can do; the house suite skips only by these. */
export interface StorageFeatures {
  readonly write: boolean;
  /** Kept parts: `WriteOptions.key` and `offset` work. */
  readonly resume: boolean;
}

export interface Storage {
  readonly features: StorageFeatures;

  stat(path: string, signal?: AbortSignal): Promise<Stat>;

  /**
   * The entries of a directory, in no particular order, without `.` and `..` and without part files.
   * Rejects before the first entry when the directory cannot be opened.
   */
  list(path: string, options: { readonly facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>>;

  /** Opens a regular file for reading (`not-a-file` for anything else; never blocks on a FIFO). */
  read(path: string): Promise<Source>;

  /** Opens a part beside `path`; the file itself appears, or is replaced, only by `Target.commit`. */
  write(path: string, options: WriteOptions): Promise<Target>;

  /** Bytes in the kept part that `write` with this key would continue; 0 when there is none. */
  partLength(path: string, key: string): Promise<number>;

  /** One directory, in one that is there. `exists` where anything has that name, the root's included. */
  makeDirectory(path: string): Promise<void>;

  /**
   * Removes a file, a symbolic link (never what it leads to), or a directory with nothing in it (`not-empty`; a kept
   * part is something). The root is `denied`, parts are `not-found`.
   */
  remove(path: string): Promise<void>;

  /**
   * Gives a file, a symbolic link itself, or a directory with all that is in it another name, in any directory of this
   * storage. Never replaces: `exists`. The root, and a directory into itself, are `denied`.
   */
  rename(from: string, to: string): Promise<void>;

  /**
   * The directory at `path` as a storage of its own, beyond which nothing leads, no link either. For storages that have
   * links; where there are only names, whoever asks puts them in front. Rejects `not-found`, `not-a-directory`, `denied`.
   */
  within?(path: string): Promise<Storage & { close?(): Promise<void> }>;

  /**
   * The one path of this storage, without a link on the way, that leads to the same place: the last name is taken as it is,
   * unless `follow` says to go where it leads. For storages that have links. Rejects as `stat`.
   */
  real?(path: string, follow: boolean): Promise<string>;

  /** What a name takes of a quota: itself, never what a link leads to, nor what is in a directory. Nothing: there is none. */
  weigh?(path: string): Promise<Weight>;

  /**
   * What all in a directory takes, whatever clients are shown of it: kept parts too, but none that is being written by this
   * process. Rejects `too-large` where that are more than `most` files.
   */
  measure?(path: string, most: number): Promise<Weight>;
}

/** What something takes of a quota. A directory, a link and a part are each a file to it. */
export interface Weight {
  readonly bytes: number;
  readonly files: number;
}

/** An open file being read. */
export interface Source {
  readonly stat: Stat;
  /** Reads up to `into.length` bytes from `position`; 0 at the end of the file. */
  read(into: Uint8Array, position: number): number | Promise<number>;
  /** The file's state now, through the same handle: to notice that it shrank or changed meanwhile. */
  restat(): Promise<Stat>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

export interface WriteOptions {
  /** May an existing regular file be replaced? Otherwise `exists`, at once and again at commit. */
  readonly replace: boolean;
  /** Names the part so that it can be kept and continued; without it the part never outlives this write. */
  readonly key?: string;
  /**
   * Continue the kept part of `key` after this many bytes (what lies beyond is cut off). 0, the default,
   * starts afresh. `cannot-resume` when the part is shorter; `in-use` while another writer holds it.
   */
  readonly offset?: number;
  /** Bytes that the whole file is said to have: to refuse at once what can never fit. Nothing is taken on trust in it. */
  readonly size?: number;
  /**
   * Ends waiting for whoever shall read what is neither file nor directory, with its reason. Files are not waited
   * for, and a target that was given is not touched.
   */
  readonly signal?: AbortSignal;
}

/** A part being written. Exactly one of `commit`, `keep` and `discard` ends it. */
export interface Target {
  /** Bytes already there: `WriteOptions.offset`. */
  readonly offset: number;
  /** Writes the chunks one after another from `position`. They may be reused once it has returned/resolved. */
  write(chunks: readonly Uint8Array[], position: number): void | Promise<void>;
  /** Reads back what the part holds, to digest a resumed prefix; 0 at its end. */
  read(into: Uint8Array, position: number): number | Promise<number>;
  /**
   * Makes the part the file, atomically, after checking that it holds exactly `length` bytes.
   * Rejects `exists` when the name was taken meanwhile and may not be replaced, `io-error` on a wrong
   * length; the part is discarded then and the old file untouched.
   */
  commit(length: number, options?: { readonly modified?: number }): Promise<void>;
  /** What a commit would replace now. Absent where there are no links: then its path says it. */
  replaces?(): Promise<Weight>;
  /** Keeps a keyed part for a later resume (an unkeyed or empty one is discarded). Never rejects. */
  keep(): Promise<void>;
  /** Removes the part. Never rejects. */
  discard(): Promise<void>;
}
