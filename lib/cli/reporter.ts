import type { Digest, Endpoint, ListResult, Progress, Stat, TransferResult } from '../index';

/** How much the files of a command are together, in bytes: progress is told of the whole then. */
export interface Overall {
  readonly total: number;
  /** What the files before this one count. */
  readonly before: number;
  /** What this one counts, however much of it comes. */
  readonly size: number;
}

/** One file of a command, from here to there or from there to here. */
export interface FileJob {
  readonly verb: 'get' | 'put';
  /** Path on the server. */
  readonly remote: string;
  /** Path here. */
  readonly local: string;
  /** It is no path but standard output (get) or standard input (put). */
  readonly standard?: true;
  /** Which of how many, from 1. The count may grow while names are still being found. */
  readonly index: number;
  readonly count: number;
  /** Where the sizes of all of them are known. */
  readonly overall?: Overall;
  /** It may go on from a part: what its progress begins with was not moved now. */
  readonly resumes?: boolean;
}

/** What was listed, with what the server calls it. */
export interface Listed {
  /** As it was asked for; '' for the directory that is served. */
  readonly path: string;
  readonly list: ListResult;
}

export interface Failure {
  readonly error: unknown;
  /** The exit code that it means. */
  readonly exit: number;
  /** One sentence, escaped, without `ftclient:` before it. */
  readonly sentence: string;
  /** The words are the server's (`host:port says TEXT`): no program's name goes before them. */
  readonly quoted?: boolean;
  /** What to do about it, in our words: a line of its own. */
  readonly advice?: string;
  /** What is left to go on with, and how; not escaped. */
  readonly kept?: string | undefined;
  /** What it is about, of a command without data. */
  readonly path?: string;
}

/** What the commands without a data connection found or did. Sizes are bytes, `modified` is ms since the epoch. */
export interface Results {
  readonly stat: { readonly path: string } & Stat;
  readonly digest: { readonly path: string } & Digest;
  readonly mkdir: { readonly path: string };
  readonly delete: { readonly path: string };
  readonly rename: { readonly from: string; readonly to: string };
  readonly ping: { readonly milliseconds: number };
  /** Where the shell stands on the server. */
  readonly pwd: { readonly path: string };
}

/**
 * Whoever is told what a command does: the transcript that programs compare, lines of JSON, or the shell.
 * It draws; it decides nothing. Names and sentences may hold anything a peer could think of: escape them.
 */
export interface Reporter {
  /** `host` as it was typed. */
  connected(host: string, port: number): void;
  /**
   * A file begins; `data`, `progress` and `message` that follow are about it. Not called for lists. `connecting`: there
   * is no connection yet, so that notes are about that until there is one.
   */
  begin(job: FileJob, connecting?: boolean): void;
  /**
   * From here on it is the peer's turn, and that may take long; or, with `false`, this user's, who is being asked
   * something: then nothing may be drawn until it is the peer's again.
   */
  waiting?(waiting: boolean): void;
  /** The data connection is open. */
  data(remote: Endpoint): void;
  progress(progress: Progress): void;
  /** What the server said, where the language can tell. */
  message(bytes: Uint8Array): void;
  /** One sentence worth showing. */
  note(sentence: string): void;
  /** Resolves when it was handed over: a listing may have names by the million. */
  listed(listed: Listed): Promise<void>;
  complete(job: FileJob, result: TransferResult): void;
  /** One for each path, where a command has several. */
  result<C extends keyof Results>(command: C, facts: Results[C]): void;
  /** Of one file, or of the whole command where there is no job. */
  failed(failure: Failure, job?: FileJob): void;
  /** The command has ended. Clears what stands on the terminal. */
  end(exit: number): Promise<void>;
}
