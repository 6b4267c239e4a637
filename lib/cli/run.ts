import type { Readable } from 'node:stream';
import type { Clock, connect as Connect } from '../index';
import { isTwinportError, TwinportError } from '../errors';
import type { Command } from './command';
import { connectOptions } from './connecting';
import type { Directories } from './directories';
import type { Lines } from './lines';
import type { ClientOptions } from './options';
import { Output } from './output';
import type { ProgressBar, TerminalStream } from './progress';
import type { FailureContext } from './attempt';
import { perform } from './perform';
import type { Questions } from './questions';
import { TranscriptReporter } from './report/transcriptReporter';
import type { Reporter } from './reporter';
import { Session } from './session';
import { settle } from './settle';
import { onStopSignal, type StopSignal } from './signals';
import type { ControllingTerminal } from './terminal';
import { UsageError } from './usage';

/** How the program ends: with an exit code, or by a signal. */
export type Ending = number | StopSignal | 'SIGPIPE';

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
}

export interface Surroundings {
  readonly streams: Streams;
  /** Loaded only when there is something to connect for. */
  readonly connect: () => typeof Connect;
  /** For the pauses between tries; the system's by default. */
  readonly clock?: Clock;
  /** Where to ask while standard input is the data; the one that the program was started from by default. */
  readonly terminal?: () => ControllingTerminal | undefined;
}

export interface Task {
  readonly server: { readonly host: string; readonly port: number };
  readonly command: Command;
  readonly options: ClientOptions;
  readonly around: Surroundings;
  readonly stderr: Output;
  /** Set where it is one of several commands of one process. */
  readonly among?: Among;
}

/** What the commands of one process share, and what tells them apart. */
export interface Among {
  readonly stdout: Output;
  /** Begins each line of this one: `2: `. */
  readonly label?: string;
  /** Aborted by a signal that another one has heard: this one ends quietly. */
  readonly stop?: AbortSignal;
  /** For --on-exists ask: whoever reads standard input already. */
  readonly lines?: Lines;
  /** Where it goes, if that was settled beforehand: here for a get, there for a put. */
  readonly name?: string;
  /** Why it does not go to the name it has, to be told once it is saved. */
  readonly because?: string;
  /** Which one it is, from 1. */
  readonly client?: number;
  /** How many clients the first one announces. */
  readonly clients?: number;
}

/** One command from connecting to its ending, with everything that can come between. */
export async function runCommand(task: Task): Promise<Ending> {
  const { server, command, options, around, among } = task;
  const terminal = terminalFor(task);
  const toStdout = (command.verb !== 'get' && command.verb !== 'put') || options.output === '-';

  const stop = new AbortController();
  // A reader that left wants no more data. A transcript is another matter: the file is what was asked for,
  // so a get to a file or a put goes on, in silence, and ends as it would have.
  const stdout =
    among?.stdout ??
    new Output(
      () => around.streams.stdout,
      () => {
        if (toStdout) stop.abort(new TwinportError('aborted', 'standard output was closed'));
      },
    );
  const bar = progressBar(task);
  const reporter = reporterFor(task, stdout, bar);

  if (options.relay !== undefined && among === undefined) {
    const { throughRelay } = require('./render') as typeof import('./render');
    reporter.note(throughRelay(options.relay));
  }

  // Only what leaves something behind needs to hear a signal. For data on standard output the default
  // action is better: a program blocked in writing to a pipe would never get to run a handler.
  let stopped: StopSignal | undefined;
  const hear = (signal: StopSignal): void => {
    stopped = signal;
    stop.abort(new TwinportError('aborted', `stopped by ${signal}`));
  };
  const release = among?.stop ? relayed(among.stop, stop) : toStdout ? () => undefined : onStopSignal(hear);

  const session = new Session({
    dial: (signal, vouched) =>
      around.connect()(connectOptions({ server, options, vouched, ...connecting(task) }, signal)),
    onConnected: (again) => {
      if (!again) reporter.connected(server.host, server.port);
    },
  });
  let toldOfLoss = false;
  const lost = (): number => {
    toldOfLoss = true;
    return cannotPrint(task, stdout, reporter);
  };
  const fail = async (error: unknown, { moving, job, path, kept }: FailureContext): Promise<number> => {
    // Only now is it known whether standard output took everything.
    await stdout.flushed();
    const stops = stopped !== undefined || among?.stop?.aborted === true;
    // Whoever stopped it knows why, and not what is left.
    if (kept !== undefined && (stops || (stdout.failure !== undefined && isOurs(error)))) reporter.note(kept);
    if (stops) return ABORTED;
    // The error is our own doing then, and what caused it is told instead.
    if (stdout.failure !== undefined && isOurs(error)) return stdout.abandoned ? 0 : lost();
    const { failureOf } = require('./failure') as typeof import('./failure');
    const failure = failureOf(error, { verb: command.verb, moving }, task);
    reporter.failed({ ...failure, kept, ...(path === undefined ? {} : { path }) }, job);
    return failure.exit;
  };
  let directories: Directories | undefined;
  let questions: Questions | undefined;
  let code: number;
  let unmet = 0;
  try {
    const request = await settle(command, {
      options,
      name: among?.name,
      look: async (directory) => {
        const client = await session.client(stop.signal);
        const { Directories } = require('./directories') as typeof import('./directories');
        return (directories ??= new Directories()).entries(client, directory, { signal: stop.signal });
      },
      note: (sentence) => reporter.note(sentence),
      unmet: async (error, path) => {
        // A sentence of ours has the pattern in it.
        unmet = await fail(error, isTwinportError(error, 'refused') ? { moving: false, path } : { moving: false });
      },
    });
    const done = await perform(request, {
      session,
      options,
      dataPort: 'dataPort' in command ? command.dataPort : undefined,
      reporter,
      watched: bar !== undefined || options.json,
      signal: stop.signal,
      because: among?.because,
      clock: around.clock,
      toStdout: () => (require('./stdoutTarget') as typeof import('./stdoutTarget')).bytesTo(stdout),
      fromStdin: () => (require('./stdinSource') as typeof import('./stdinSource')).bytesFrom(around.streams.stdin),
      ask: (verb, taken, several) =>
        (questions ??= questionsOf(task, stop.signal, terminal)).about(verb, taken, several),
      fail,
    });
    code = done === 0 ? unmet : done;
  } catch (error) {
    if (error instanceof UsageError) {
      release();
      // Names may have been looked for by then, and an open connection would keep the program alive.
      await session.close();
      throw error;
    }
    code = await fail(error, { moving: false });
  } finally {
    questions?.close();
    terminal?.close();
  }
  await stdout.flushed();
  if (stopped !== undefined) {
    await reporter.end(ABORTED);
    return stopped;
  }
  release();
  if (among?.stop?.aborted === true) session.drop();
  await session.close();
  if (among?.stop?.aborted !== true) {
    if (code === 0 && toStdout && stdout.abandoned) return 'SIGPIPE';
    // In JSON a failure has been told to nobody: then it is what standard error hears.
    const silent = code === 0 || (options.json && !toldOfLoss);
    if (silent && stdout.loss !== undefined) {
      const exit = lost();
      code ||= exit;
    }
  }
  await reporter.end(code);
  return code;
}

/** EXIT.aborted of the table: of a command that another one's signal ended, for nobody to see. */
const ABORTED = 42;

/** Aborts `stop` with what aborts `other`; the returned function ends that. */
function relayed(other: AbortSignal, stop: AbortController): () => void {
  const abort = (): void => stop.abort(other.reason);
  other.addEventListener('abort', abort, { once: true });
  if (other.aborted) abort();
  return () => other.removeEventListener('abort', abort);
}

/** For a put that reads its data from where answers would come. Throws a UsageError where nobody can be asked. */
function terminalFor({ command, options, around }: Task): ControllingTerminal | undefined {
  if (options.onExists !== 'ask' || command.verb !== 'put' || !command.names.includes('-')) return undefined;
  const open = around.terminal ?? (require('./terminal') as typeof import('./terminal')).controllingTerminal;
  const terminal = open();
  if (terminal !== undefined) return terminal;
  throw new UsageError('standard input is the data, and there is no terminal for --on-exists ask to ask on');
}

/** Loaded only when there is something to ask. */
function questionsOf(
  { around, stderr, among }: Task,
  signal: AbortSignal,
  terminal: ControllingTerminal | undefined,
): Questions {
  const { Questions } = require('./questions') as typeof import('./questions');
  if (among?.lines !== undefined) return new Questions(among.lines, signal);
  const { Lines } = require('./lines') as typeof import('./lines');
  const lines =
    terminal === undefined
      ? new Lines(around.streams.stdin, (text) => stderr.say(text))
      : new Lines(terminal.input, terminal.say);
  // An open input would keep the program alive.
  return new Questions(lines, signal, lines.close);
}

function connecting({ command, among }: Task): { passive: boolean; blocking: boolean; clients?: number } {
  return {
    passive: 'dataPort' in command && command.dataPort === 0,
    // This process has nothing else to do, unless others of it are under way.
    blocking: among?.stop === undefined,
    ...(among?.clients === undefined ? {} : { clients: among.clients }),
  };
}

function reporterFor(task: Task, stdout: Output, bar: ProgressBar | undefined): Reporter {
  const { options, stderr, around, among } = task;
  if (options.json) {
    const { JsonReporter } = require('./report/jsonReporter') as typeof import('./report/jsonReporter');
    return new JsonReporter(stdout, among?.client === undefined ? {} : { client: among.client });
  }
  return new TranscriptReporter(stdout, stderr, {
    quiet: options.quiet,
    print0: options.print0,
    long: options.long || options.human,
    human: options.human,
    terminal: around.streams.stdout.isTTY === true,
    dataOnStdout: options.output === '-',
    saysUnverified: options.dialect !== undefined,
    ...(among?.label === undefined ? {} : { label: among.label }),
    ...(bar === undefined ? {} : { bar }),
  });
}

/** A bar belongs to a terminal, and not among the data that go to the same one. */
function progressBar({ command, options, around, stderr }: Task): ProgressBar | undefined {
  const moves = command.verb === 'get' || command.verb === 'put';
  const wanted = moves && options.progress && !options.quiet && !options.json && around.streams.stderr.isTTY === true;
  if (!wanted || (options.output === '-' && around.streams.stdout.isTTY === true)) return undefined;
  const { ProgressBar, canDraw } = require('./progress') as typeof import('./progress');
  if (!canDraw(around.streams.stderr, process.env)) return undefined;
  const { systemClock } = require('../index') as typeof import('../index');
  // Through the output, which hears of a terminal that hangs up.
  return new ProgressBar(stderr.stream, around.clock ?? systemClock(), process);
}

/** True for errors that a failing standard output makes of a transfer to it. */
export function isOurs(error: unknown): boolean {
  return !isTwinportError(error) || error.code === 'aborted' || error.kind === 'storage';
}

function cannotPrint({ options, stderr }: Task, stdout: Output, reporter: Reporter): number {
  const { EXIT } = require('./exit') as typeof import('./exit');
  const sentence = stdout.loss ?? '';
  // Whoever reads JSON reads it where nothing arrives any more.
  if (options.json) stderr.say(`ftclient: ${sentence}\n`);
  else reporter.failed({ error: stdout.failure, exit: EXIT.localWrite, sentence });
  return EXIT.localWrite;
}
