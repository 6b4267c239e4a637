import type { Policy } from './options';

/** Which file becomes which. */
export interface FilePair {
  /** Path from the served root. */
  readonly remote: string;
  /** As this system takes it. */
  readonly local: string;
  /**
   * Standard output (get) or standard input (put) was asked for, and `local` is only what that was called. No name says
   * so: a server may have a file `-`, and what it calls its files is data.
   */
  readonly standard?: true;
}

export interface Settings {
  readonly passive: boolean;
  /** Absent: the command's own default. */
  readonly onExists?: Policy;
}

/**
 * What is to be done, with every name settled: the command line, the shell and a batch all end in one of these, and
 * `perform` carries it out. `''` is the served root.
 */
export type Request =
  | {
      readonly verb: 'list';
      readonly path: string;
      /** Facts of each entry, as `ls -l`. */
      readonly long: boolean;
      /** Sizes for people. */
      readonly human: boolean;
      /** Names are wanted to the byte, also those that a line of names cannot hold. */
      readonly exact?: true;
      /** Which entries are wanted; absent: all of them. `.` and `..` are asked about too. */
      readonly keep?: (name: string) => boolean;
      /** What was asked for, where `path` is only the directory that it is looked for in: a pattern. */
      readonly asked?: string;
      readonly settings: Settings;
    }
  | {
      readonly verb: 'get';
      /** At least one. */
      readonly files: readonly FilePair[];
      /** The user chose the local name (-o): it may be a device or a pipe. */
      readonly chosen: boolean;
      readonly settings: Settings;
    }
  | { readonly verb: 'put'; readonly files: readonly FilePair[]; readonly settings: Settings }
  | { readonly verb: 'stat'; readonly path: string; readonly more?: readonly string[] }
  | { readonly verb: 'digest'; readonly path: string; readonly more?: readonly string[]; readonly sha256: boolean }
  | { readonly verb: 'delete'; readonly paths: readonly string[] }
  | { readonly verb: 'mkdir'; readonly paths: readonly string[]; readonly parents: boolean }
  | { readonly verb: 'rename'; readonly from: string; readonly to: string }
  | { readonly verb: 'ping' };
