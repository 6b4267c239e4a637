import type { Client, Clock } from '../../index';
import type { Asker } from '../lines';
import type { Failure, Reporter } from '../reporter';
import type { Request, Settings as RequestSettings } from '../request';
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
  readonly clock: Pick<Clock, 'after'>;
  /**
   * The session, for what the shell asks by itself (completion, `cd`, patterns). Connects when there is none or the
   * last one has ended, and tells `reporter`, if there is one: `connected`, with a note where it is not the first.
   * `signal` ends the connecting, not the session.
   */
  client(signal: AbortSignal, reporter?: Reporter): Promise<Client>;
  /**
   * Of one command: `request` says which, where the shell has got that far (a listing is drawn as it asks). `where` is
   * set in a batch and begins every failure and note: `FILE:LINE: `. `heading`: lines above a listing, if it comes.
   */
  reporter(where: Where | undefined, request?: Request, heading?: readonly string[]): Reporter;
  /**
   * Carries it out and tells `reporter` everything, failures included; `reporter.end` is called by the shell, once
   * for each line. Resolves with the exit code, the last failure's where there are several; rejects only by a defect.
   * When `signal` aborts it ends soon, keeps the part of a transfer for a resume, and is not reported as a failure.
   * `asker` is wanted only when something is to be asked (`onExists: 'ask'`).
   */
  run(request: Request, reporter: Reporter, signal: AbortSignal, tuning: Tuning, asker: () => Asker): Promise<number>;
  /** A line that a command about the shell itself gives (`pwd`, `help`). Absent: it goes to standard output, escaped. */
  readonly print?: (line: string, where: Where | undefined) => Promise<void>;
  /** What an error that the shell met by itself means, and how it is told. */
  failure(error: unknown): Failure;
  /** Gives the session up: somebody does not wait for its answer any more. The next command connects again. */
  drop(): void;
  /** Ends the session, politely where that is still possible. */
  close(): Promise<void>;
}

/** How a request is carried out, whatever it asks for. */
export interface Tuning {
  /** Further tries. */
  readonly retry?: number;
  /** Bytes a second. */
  readonly limitRate?: number;
}

/** What `set` changes. */
export interface Settings extends RequestSettings, Tuning {}

export interface Here {
  cwd(): string;
  chdir(directory: string): void;
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  kill(pid: number, signal: NodeJS.Signals): unknown;
  on(signal: NodeJS.Signals, hear: () => void): unknown;
  off(signal: NodeJS.Signals, hear: () => void): unknown;
}

/** A line of a batch. */
export interface Where {
  /** As named on the command line; `-` for standard input. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export type { FilePair, Request } from '../request';
