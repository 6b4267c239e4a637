import type { Readable } from 'node:stream';
import type { connect as Connect, Client, ConnectOptions } from '../index';
import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import type { Command } from './command';
import { targetName } from './names';
import type { Lines } from './lines';
import type { ClientOptions } from './options';
import { Output } from './output';
import type { ProgressBar, TerminalStream } from './progress';
import { onStopSignal, type StopSignal } from './signals';
import { Transcript } from './transcript';
import { run } from './work';

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
  /** Where it goes, if that was settled beforehand; see `targetName`. */
  readonly name?: string;
  /** Why it does not go to the name it has, to be told once it is saved. */
  readonly because?: string;
  /** How many clients the first one announces. */
  readonly clients?: number;
}

/** One command from connecting to its ending, with everything that can come between. */
export async function runCommand(task: Task): Promise<Ending> {
  const { server, command, options, around, stderr, among } = task;
  const label = among?.label ?? '';
  const name = among?.name ?? targetName(command, options.output);
  const toStdout = command.verb === 'list' || options.output === '-';

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
  const hide = (): void => bar?.hide();
  const say = (text: string): void => {
    const { sentence } = require('./render') as typeof import('./render');
    hide();
    stderr.say(`${sentence(`${label}${text}`)}\n`);
  };
  const transcript = new Transcript(options.output === '-' ? stderr : stdout, { ...options, label, before: hide });

  // Only what leaves something behind needs to hear a signal. For data on standard output the default
  // action is better: a program blocked in writing to a pipe would never get to run a handler.
  let stopped: StopSignal | undefined;
  const hear = (signal: StopSignal): void => {
    stopped = signal;
    stop.abort(new TwinportError('aborted', `stopped by ${signal}`));
  };
  const release = among?.stop ? relayed(among.stop, stop) : toStdout ? () => undefined : onStopSignal(hear);

  let client: Client | undefined;
  let moving = false;
  let failure: { readonly error: unknown } | undefined;
  try {
    if (command.verb === 'put') {
      const { checkLocalFile } = require('./localFile') as typeof import('./localFile');
      await checkLocalFile(command.local);
    }
    client = await around.connect()(connectOptions(task, stop.signal));
    transcript.connected(server.host, server.port);
    await run(
      {
        client,
        options,
        name,
        ...(among?.because === undefined ? {} : { because: among.because }),
        signal: stop.signal,
        stdout,
        transcript,
        note: (text) => say(`ftclient: ${text}`),
        ...(bar === undefined ? {} : { onProgress: (progress) => bar.update(progress) }),
        onMoving: () => (moving = true),
        ask: (verb, taken) => askAbout(task, verb, taken, stop.signal),
      },
      command,
    );
  } catch (error) {
    failure = { error };
  }
  hide();
  // Only now is it known whether standard output took everything.
  await stdout.flushed();
  if (stopped !== undefined) return stopped;
  release();
  if (among?.stop?.aborted === true) {
    await client?.close().catch(() => undefined);
    return failure === undefined ? 0 : ABORTED;
  }

  const code = failure === undefined ? 0 : judge(task, failure.error, moving, stdout, say);
  // To a server that answered we say goodbye; one that failed us might not answer that either.
  if (failure !== undefined && !isTwinportError(failure.error, 'refused')) stop.abort(failure.error);
  await client?.close().catch(() => undefined);
  if (code === 0 && toStdout && stdout.abandoned) return 'SIGPIPE';
  if (code === 0 && stdout.failure !== undefined && !stdout.abandoned) return cannotPrint(stdout, say);
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

async function askAbout(
  { around: { streams }, stderr, among }: Task,
  verb: 'get' | 'put',
  taken: string,
  signal: AbortSignal,
): ReturnType<typeof import('./ask').askPolicy> {
  const { askPolicy } = require('./ask') as typeof import('./ask');
  const { sentence } = require('./render') as typeof import('./render');
  const { Lines } = require('./lines') as typeof import('./lines');
  const lines = among?.lines ?? new Lines(streams.stdin, (text) => stderr.say(text));
  try {
    return await askPolicy(verb, sentence(taken), lines, signal);
  } finally {
    if (among?.lines === undefined) lines.close();
  }
}

function connectOptions({ server, command, options, among }: Task, signal: AbortSignal): ConnectOptions {
  const { host, port } = options.relay ?? server;
  const settings = {
    ...(options.accio === true ? { accio: true } : {}),
    ...(among?.clients === undefined ? {} : { clients: among.clients }),
  };
  return {
    // `[::1]`, as in a URL, is shown as typed and dialled without its brackets.
    host: host.replace(/^\[(.*:.*)\]$/, '$1'),
    port,
    signal,
    // This process has nothing else to do, unless others of it are under way.
    blocking: among?.stop === undefined,
    ...(options.dialect === undefined ? {} : { dialect: options.dialect.name, settings }),
    ...(options.passive || command.dataPort === 0 ? { passive: true } : {}),
    ...(options.requireVerified ? { requireVerified: true } : {}),
    ...(options.dataFrom === undefined ? {} : { dataFrom: options.dataFrom }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.connectTimeout === undefined ? {} : { connectTimeout: options.connectTimeout }),
  };
}

/** A bar belongs to a terminal, and not among the data that go to the same one. */
function progressBar({ command, options, around }: Task): ProgressBar | undefined {
  const wanted = command.verb !== 'list' && options.progress && !options.quiet && around.streams.stderr.isTTY === true;
  if (!wanted || (options.output === '-' && around.streams.stdout.isTTY === true)) return undefined;
  const { ProgressBar } = require('./progress') as typeof import('./progress');
  return new ProgressBar(around.streams.stderr);
}

/** Says what went wrong, in one sentence, and gives the exit code. */
function judge(task: Task, error: unknown, moving: boolean, stdout: Output, say: (text: string) => void): number {
  const { exitCodeOf, EXIT } = require('./exit') as typeof import('./exit');
  const { server, command } = task;
  // The error is our own doing then, and what caused it is told instead.
  if (stdout.failure !== undefined && stop(error)) return stdout.abandoned ? 0 : cannotPrint(stdout, say);
  const code = exitCodeOf(error, { verb: command.verb, moving });
  if (code === EXIT.defect) {
    const { defect } = require('./render') as typeof import('./render');
    task.stderr.say(`ftclient: ${defect(error)}\n`);
  } else if (isTwinportError(error, 'refused')) {
    const { hostPort } = require('../wire/addresses') as typeof import('../wire/addresses');
    const who = hostPort(server.host, server.port);
    // Where the language has no words for a refusal, ours tell what it was.
    say(hasWords(task, error) ? `${who} says ${error.message}` : `ftclient: ${who}: ${error.message}`);
  } else {
    say(`ftclient: ${sentenceOf(error)}`);
  }
  return code;
}

/** False where a refusal is our reading of a reset, which is its cause: some languages know no other. */
function hasWords({ options }: Task, error: TwinportError): boolean {
  return options.dialect === undefined || error.cause === undefined;
}

/** True for errors that a failing standard output makes of a transfer to it. */
function stop(error: unknown): boolean {
  return !isTwinportError(error) || error.code === 'aborted' || error.kind === 'storage';
}

function cannotPrint(stdout: Output, say: (text: string) => void): number {
  const { EXIT } = require('./exit') as typeof import('./exit');
  // Node's `ENOSPC: no space left on device, write`, without what means something to Node alone.
  const why = stdout.failure?.message.replace(/^[A-Z0-9]+: |, write$/g, '') ?? '';
  say(`ftclient: cannot write to standard output: ${why}`);
  return EXIT.localWrite;
}
