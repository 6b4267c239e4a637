import { EventEmitter } from 'node:events';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Asker } from '../../lib/cli/lines';
import { wordsOf } from '../../lib/cli/report/results';
import type { Reporter } from '../../lib/cli/reporter';
import type { Here, Request, ShellContext, Tuning, Where } from '../../lib/cli/shell/context';
import { execute } from '../../lib/cli/shell/execute';
import type { History } from '../../lib/cli/shell/history';
import type { Outcome } from '../../lib/cli/shell/rows';
import { Shell } from '../../lib/cli/shell/shell';
import { exitCodeOf } from '../../lib/cli/exit';
import { ExitError } from '../../lib/cli/failure';
import { sentence } from '../../lib/cli/render';
import { sentenceOf, TwinportError } from '../../lib/errors';
import type { Client, ListEntry, ListOptions, Stat } from '../../lib/index';
import { fakeClock } from './fakeClock';
import { Captured } from './stdio';

/** The shell over a server that only pretends: what is asked of it, and what is told. */

export type Entries = Readonly<Record<string, readonly (string | ListEntry)[]>>;

/** A directory is a key of these; names that end in a slash are directories. */
export class PretendedServer {
  readonly asked: string[] = [];
  connections = 0;
  drops = 0;
  closed = 0;
  /** Of a language that verifies nothing and knows no facts. */
  plain = false;
  connectError: TwinportError | undefined;
  /** Held back until it resolves. */
  pause: Promise<void> | undefined;

  constructor(readonly entries: Entries) {}

  async list(path = '', options: ListOptions = {}): Promise<{ entries: ListEntry[]; verified: boolean }> {
    this.asked.push(`list /${path}${options.facts === true ? ' facts' : ''}`);
    if (this.pause !== undefined) await unlessAborted(this.pause, options.signal);
    const names = this.entries[path];
    if (names === undefined) throw new TwinportError('refused', 'FILE NOT FOUND', { reply: 550 });
    const entries = ['./', '../', ...names].map((one) => {
      if (typeof one !== 'string') return one;
      const name = one.replace(/(?<=.)\/$/, '');
      const type = one === name ? ('file' as const) : ('dir' as const);
      return options.facts === true ? { name, type } : { name };
    });
    return { entries, verified: !this.plain };
  }

  async stat(path: string): Promise<Stat> {
    this.asked.push(`stat /${path}`);
    if (this.plain) throw new TwinportError('refused', 'what?', { reply: 500 });
    if (this.entries[path] !== undefined) return { type: 'dir', size: 0, modified: 0 };
    const [, directory = '', name = ''] = /^(?:(.*)\/)?([^/]*)$/.exec(path) ?? [];
    if (this.entries[directory]?.includes(name) === true) return { type: 'file', size: 3, modified: 0 };
    throw new TwinportError('refused', 'FILE NOT FOUND', { reply: 550 });
  }
}

function unlessAborted(pause: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    pause.then(resolve, reject);
  });
}

export interface BenchHow {
  readonly entries?: Entries;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdin?: PassThrough;
  readonly stdout?: Captured;
  /** Told of each signal that the shell sends; after a stop somebody continues it, unless this gives false. */
  readonly onKill?: (pid: number, signal: NodeJS.Signals) => unknown;
  /** What a request comes to; 0 by default. */
  readonly onRun?: (request: Request, signal: AbortSignal, asker: () => Asker) => number | Promise<number>;
}

/** A shell's surroundings, and what became of them. */
export class ShellBench {
  readonly server: PretendedServer;
  readonly requests: Request[] = [];
  /** How each of them was to be carried out. */
  readonly tunings: Tuning[] = [];
  readonly told: string[] = [];
  /** How each line ended: `FILE:LINE: code`. */
  readonly ends: string[] = [];
  readonly stdout: Captured;
  readonly stderr = new Captured(true);
  readonly stdin: PassThrough & { isTTY: boolean };
  /** Signals are events of it. */
  readonly here: Here & EventEmitter & { directory: string };
  readonly context: ShellContext;
  readonly clock = fakeClock();
  /** A session stands. */
  alive = false;

  constructor(how: BenchHow = {}) {
    this.server = new PretendedServer(how.entries ?? { '': [] });
    this.stdin = Object.assign(how.stdin ?? new PassThrough(), { isTTY: true });
    this.stdout = how.stdout ?? new Captured(true);
    const here = Object.assign(new EventEmitter(), {
      directory: how.cwd ?? '/nowhere',
      env: how.env ?? {},
      pid: 4711,
      kill: (pid: number, signal: NodeJS.Signals): void => {
        if (how.onKill?.(pid, signal) !== false) setImmediate(() => here.emit('SIGCONT'));
      },
      cwd: (): string => here.directory,
      chdir: (to: string): void => {
        const path = resolve(here.directory, to);
        if (!statSync(path).isDirectory()) throw new Error('ENOTDIR');
        here.directory = path;
      },
    });
    this.here = here;
    this.context = {
      server: { host: 'flip1', port: 3555 },
      streams: { stdin: this.stdin, stdout: this.stdout, stderr: this.stderr },
      settings: { passive: false },
      here,
      clock: this.clock,
      client: async (signal, reporter) => {
        if (this.alive) return this.server as unknown as Client;
        this.server.connections++;
        if (this.server.connectError !== undefined) throw this.server.connectError;
        signal.throwIfAborted();
        this.alive = true;
        reporter?.connected('flip1', 3555);
        if (this.server.connections > 1) reporter?.note('connected again');
        return this.server as unknown as Client;
      },
      reporter: (where, _request, heading) => this.reporter(where, heading),
      run: async (request, reporter, signal, tuning, asker) => {
        this.requests.push(request);
        this.tunings.push(tuning);
        const code = (await how.onRun?.(request, signal, asker)) ?? 0;
        if (request.verb === 'list' && code === 0) {
          await reporter.listed({ path: request.path, list: { entries: [], verified: true } });
        }
        return code;
      },
      failure: (error) => ({
        error,
        exit: error instanceof ExitError ? error.exit : exitCodeOf(error, { moving: false }),
        sentence: sentence(sentenceOf(error)),
      }),
      drop: () => {
        this.server.drops++;
        this.alive = false;
      },
      close: async () => void this.server.closed++,
    };
  }

  /** A shell without a terminal. */
  shell(history?: History, now?: () => number): Shell {
    return now === undefined ? new Shell(this.context, history) : new Shell(this.context, history, now);
  }

  private reporter(where: Where | undefined, heading: readonly string[] = []): Reporter {
    const at = where === undefined ? '' : `${where.file}:${where.line}: `;
    const nothing = (): void => undefined;
    return {
      connected: (host, port) => void this.told.push(`connected ${host} ${port}`),
      begin: nothing,
      data: nothing,
      progress: nothing,
      message: nothing,
      note: (text) => void this.told.push(`${at}note ${text}`),
      listed: async () => {
        for (const line of heading) this.stdout.write(`${line}\n`);
      },
      complete: nothing,
      result: (command, facts) => {
        const { line } = wordsOf(command, facts, false);
        if (line !== undefined) this.stdout.write(`${line}\n`);
      },
      failed: (failure) =>
        void this.told.push(
          `${at}${failure.exit} ${failure.path === undefined ? '' : `${failure.path}: `}${failure.sentence}`,
        ),
      end: async (exit) => void this.ends.push(`${at}${exit}`),
    };
  }
}

/** One line in a shell of its own. */
export async function typed(line: string, how: BenchHow = {}, where?: Where): Promise<Result> {
  const bench = new ShellBench(how);
  const outcome = await execute(bench.shell(), line, new AbortController().signal, where);
  return { bench, outcome, requests: bench.requests, told: bench.told, printed: bench.stdout.utf8 };
}

export interface Result {
  readonly bench: ShellBench;
  readonly outcome: Outcome;
  readonly requests: readonly Request[];
  readonly told: readonly string[];
  readonly printed: string;
}
