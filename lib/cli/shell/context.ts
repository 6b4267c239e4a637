import type { Client } from '../../index';
import type { Policy } from '../options';
import type { Reporter } from '../reporter';
import type { Streams } from '../run';

/**
 * What the shell and the batch are given: they turn lines into requests and know where they stand; whoever
 * carries requests out, connects, retries and draws is on the other side of this.
 */
export interface ShellContext {
  /** As typed. */
  readonly server: { readonly host: string; readonly port: number };
  readonly streams: Streams;
  /** How the command line sets them; `set` changes the shell's own copy, which comes with every request. */
  readonly settings: Settings;
  /** `process` has all of it. */
  readonly here: Here;
  /**
   * The session, for what the shell asks by itself (completion, `cd`, patterns). Connects when there is none or the
   * last one has ended, and tells `reporter`, if there is one: `connected`, with a note where it is not the first.
   * `signal` ends the connecting, not the session.
   */
  client(signal: AbortSignal, reporter?: Reporter): Promise<Client>;
  /** Of one command. `where` is set in a batch and begins every failure and note: `FILE:LINE: `. */
  reporter(where: Where | undefined): Reporter;
  /**
   * Carries it out and tells `reporter` everything, failures included; `reporter.end` is called by the shell.
   * Resolves with the exit code, the last failure's where there are several; rejects only by a defect. When
   * `signal` aborts it ends soon, keeps the part of a transfer for a resume, and is not reported as a failure.
   */
  run(request: Request, reporter: Reporter, signal: AbortSignal): Promise<number>;
  /** Ends the session, politely where that is still possible. */
  close(): Promise<void>;
}

export interface Here {
  cwd(): string;
  chdir(directory: string): void;
  readonly env: NodeJS.ProcessEnv;
}

/** A line of a batch. */
export interface Where {
  /** As named on the command line; `-` for standard input. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface Settings {
  readonly passive: boolean;
  /** Absent: the command's own default. */
  readonly onExists?: Policy;
}

/** Which file becomes which. */
export interface FilePair {
  /** Path from the served root, without a leading slash. */
  readonly remote: string;
  /** As this system takes it, from `Here.cwd()`; `-` for standard output (get). */
  readonly local: string;
}

/** Paths are normalised, from the served root, without a leading slash: '' is the root. Patterns are expanded. */
export type Request =
  | {
      readonly verb: 'list';
      readonly path: string;
      /** Facts of each entry, as `ls -l`. */
      readonly long: boolean;
      /** Sizes for people. */
      readonly human: boolean;
      /** Which entries are wanted, by a pattern; absent: all of them. `.` and `..` are asked about too. */
      readonly keep?: (name: string) => boolean;
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
  | { readonly verb: 'stat'; readonly path: string }
  | { readonly verb: 'digest'; readonly path: string; readonly sha256: boolean }
  | { readonly verb: 'delete'; readonly paths: readonly string[] }
  | { readonly verb: 'mkdir'; readonly paths: readonly string[]; readonly parents: boolean }
  | { readonly verb: 'rename'; readonly from: string; readonly to: string };
