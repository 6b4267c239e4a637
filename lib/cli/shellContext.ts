import { systemClock } from '../index';
import { connectOptions } from './connecting';
import { isTwinportError } from '../errors';
import { EXIT, type Circumstance } from './exit';
import { failureOf } from './failure';
import type { ClientOptions } from './options';
import { Output } from './output';
import { perform } from './perform';
import { canDraw, ProgressBar } from './progress';
import type { Questions } from './questions';
import type { Failure, Reporter } from './reporter';
import type { Request } from './request';
import { isOurs, type Surroundings } from './run';
import { Session } from './session';
import type { Here, ShellContext, Tuning, Where } from './shell/context';
import { ShellReporter } from './shell/reporter';

/** What the shell and a batch are started with. */
export interface ShellTask {
  readonly server: { readonly host: string; readonly port: number };
  readonly options: ClientOptions;
  readonly around: Surroundings;
  readonly here: Here;
  readonly stderr: Output;
}

/** The shell's other side: one session, requests carried out over it, and who tells of them. */
export function shellContext({ server, options, around, here, stderr }: ShellTask): ShellContext {
  const { streams } = around;
  const stdout = new Output(() => streams.stdout);
  let connections = 0;
  /** Who is told of a connection that a request needs: once for each, whatever is tried again. */
  let carriedOut: Reporter | undefined;
  const session = new Session({
    // Not blocking: whoever types wants to be heard while a disk is slow.
    dial: (signal, vouched) =>
      around.connect()(connectOptions({ server, options, vouched, passive: false, blocking: false }, signal)),
    onConnected: () => {
      connections++;
      carriedOut?.connected(server.host, server.port);
      carriedOut = undefined;
    },
  });
  const client: ShellContext['client'] = async (signal, reporter) => {
    const before = connections;
    const connected = await session.client(signal);
    if (connections > before) {
      reporter?.connected(server.host, server.port);
      if (before > 0) reporter?.note('the connection had ended; this is a new one');
    }
    return connected;
  };
  const barFor = (where: Where | undefined, request: Request | undefined): ProgressBar | undefined => {
    // Not among the data that go to the same terminal.
    const moves = request?.verb === 'put' || (request?.verb === 'get' && !request.files.some((file) => file.standard));
    const wanted = moves && where === undefined && options.progress && !options.quiet;
    return wanted && canDraw(streams.stderr, here.env)
      ? new ProgressBar(stderr.stream, around.clock ?? systemClock())
      : undefined;
  };
  const told = (error: unknown, circumstance: Circumstance): Failure => {
    // The account has changed: the next command connects anew, and logs in with that.
    if (options.logsIn === true && isTwinportError(error, 'refused') && error.reply === 530) session.drop();
    return failureOf(error, circumstance, { server, options });
  };
  return {
    server,
    streams,
    settings: {
      passive: options.passive,
      ...(options.onExists === undefined ? {} : { onExists: options.onExists }),
      ...(options.retry === undefined ? {} : { retry: options.retry }),
      ...(options.limitRate === undefined ? {} : { limitRate: options.limitRate }),
    },
    here,
    clock: around.clock ?? systemClock(),
    client,
    reporter: (where, request, heading) => {
      if (options.json) return jsonReporter(stdout, where);
      return new ShellReporter(stdout, stderr, {
        where,
        heading,
        long: request?.verb === 'list' && request.long,
        human: request?.verb === 'list' && request.human,
        columns: where === undefined && streams.stdout.isTTY === true ? streams.stdout.columns || 80 : undefined,
        saysUnverified: options.dialect !== undefined,
        quiet: options.quiet,
        bar: barFor(where, request),
      });
    },
    run: (request, reporter, signal, tuning, asker) => {
      let questions: Questions | undefined;
      // At the prompt somebody was told when it began; to a program each line of a batch tells all there is.
      carriedOut = options.json ? reporter : undefined;
      return perform(withFacts(request, options), {
        session,
        options: tuned(options, tuning),
        reporter,
        watched: streams.stderr.isTTY === true || options.json,
        signal,
        clock: around.clock,
        toStdout: () => (require('./stdoutTarget') as typeof import('./stdoutTarget')).bytesTo(stdout),
        fromStdin: () => streams.stdin,
        ask: (verb, taken, several) => {
          const { Questions } = require('./questions') as typeof import('./questions');
          return (questions ??= new Questions(asker(), signal)).about(verb, taken, several);
        },
        fail: async (error, { moving, job, path, kept }) => {
          await stdout.flushed();
          // The error is our own doing then: what caused it ends the shell, which tells of it.
          if (stdout.failure !== undefined && isOurs(error)) return EXIT.localWrite;
          const failure = told(error, { verb: request.verb, moving });
          // A list has no job: its path is told here, where the words are the server's and do not name it.
          const which = path ?? (request.verb === 'list' && failure.quoted === true ? request.path : undefined);
          // Whoever stopped it knows.
          if (!signal.aborted)
            reporter.failed({ ...failure, kept, ...(which === undefined ? {} : { path: which }) }, job);
          else if (kept !== undefined) reporter.note(kept);
          return failure.exit;
        },
      }).finally(() => (carriedOut = undefined));
    },
    ...(options.json && { print: async (line, where) => jsonReporter(stdout, where).note(line) }),
    failure: (error) => told(error, { moving: false }),
    drop: () => session.drop(),
    close: () => session.close(),
  };
}

/** The shell has its own copy of both, which began as the command line's. */
function tuned({ retry: _, limitRate: __, ...options }: ClientOptions, tuning: Tuning): ClientOptions {
  return { ...options, ...tuning };
}

/** A program is told all there is to be told about each entry. */
function withFacts(request: Request, { json }: ClientOptions): Request {
  return json && request.verb === 'list' ? { ...request, long: true } : request;
}

/** Of a batch alone: each object says which line it is about. */
function jsonReporter(stdout: Output, where: Where | undefined): Reporter {
  const { JsonReporter } = require('./report/jsonReporter') as typeof import('./report/jsonReporter');
  return new JsonReporter(stdout, where === undefined ? {} : { line: where.line });
}
