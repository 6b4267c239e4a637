import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import type { Ending } from '../../lib/cli/run';
import { connect } from '../../lib/client';
import { systemClock } from '../../lib/net/clock';
import type { Clock } from '../../lib/net/network';
import { LIMITS } from '../../lib/options';
import { eventually } from './eventually';
import { findPeer } from './peers';
import { endAll, Running, serve, type RunningServer } from './programs';
import { Captured, saying } from './stdio';

/** Programs that others wrote, as peers of ours. */

/** Above what any of them needs, below what mocha gives a spec: a program that hangs is ended and seen. */
const WHOLE_MS = 15_000;

export interface PeerOptions {
  /** What it reads on standard input, up to an end; `null` is a pipe for the spec to write to. Nothing by default. */
  readonly input?: string | Uint8Array | null;
  readonly cwd?: string;
}

/** A place for one spec's processes and files. */
export class Workshop {
  readonly dir = mkdtempSync(join(tmpdir(), 'twinport-interop-'));
  readonly #groups: Running[] = [];
  readonly #servers: RunningServer[] = [];

  /** `nc` is the program of this name here. */
  constructor(netcat?: string) {
    if (netcat !== undefined) symlinkSync(findPeer(netcat) ?? netcat, join(this.dir, 'nc'));
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  /** Starts a program, in the workshop unless told otherwise. */
  start(program: string, words: readonly string[], { input = '', cwd = this.dir }: PeerOptions = {}): Running {
    const child = spawn(program, [...words], {
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${this.dir}${delimiter}${process.env['PATH'] ?? ''}` },
      // A group of its own, so that what a shell left running can be ended with it.
      detached: true,
      timeout: WHOLE_MS,
      killSignal: 'SIGKILL',
    });
    // It may end without having read its input.
    child.stdin.on('error', () => undefined);
    if (input !== null) child.stdin.end(input);
    const running = new Running(child);
    this.#groups.push(running);
    return running;
  }

  /** Starts a shell script as somebody would paste it, and waits with it for what it left in the background. */
  script(text: string, cwd?: string): Running {
    return this.start('sh', ['-c', `${text}\nwait`], cwd === undefined ? {} : { cwd });
  }

  /** Our server, for loopback alone. At the end it must still be there, and end as it should. */
  async ftserver(root: string, ...words: readonly string[]): Promise<RunningServer> {
    const server = await serve(['--host', '127.0.0.1', ...words], { cwd: root });
    this.#servers.push(server);
    return server;
  }

  /** Ends whatever still runs, and leaves no trace. */
  async close(): Promise<void> {
    try {
      for (const server of this.#servers) await server.stop();
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    for (const { child } of this.#groups) {
      // Its number may be another group's by now.
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      process.kill(-child.pid, 'SIGKILL');
    }
    await endAll();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Outcome {
  readonly ending: Ending;
  readonly stdout: string;
  readonly stderr: string;
}

/** Our client program, in this process: it connects for real, but does not wait a plain server's seconds out. */
export async function hurriedClient(...words: readonly string[]): Promise<Outcome> {
  const [stdin, stdout, stderr] = [saying('', false), new Captured(), new Captured()];
  const clock = hurried(systemClock());
  const ending = await ftclient(words, {
    streams: { stdin, stdout, stderr },
    connect: () => (to) => connect(typeof to === 'string' ? to : { ...to, clock }),
  });
  return { ending, stdout: stdout.utf8, stderr: stderr.utf8 };
}

/**
 * How long a plain server may be quiet is proved elsewhere, to the millisecond. Here somebody else's program is
 * heard, and a second for each of its sentences is too many in all. Every other time stays what it is.
 */
function hurried(clock: Clock): Clock {
  const quiet: readonly number[] = [LIMITS.plainQuiet, LIMITS.plainEnd];
  return { now: () => clock.now(), after: (ms, fn) => clock.after(quiet.includes(ms) ? 100 : ms, fn) };
}

/** Gives each spec of a `describe` block a workshop of its own. */
export function workshops(netcat?: string): () => Workshop {
  let workshop: Workshop | undefined;
  beforeEach(() => {
    workshop = new Workshop(netcat);
  });
  afterEach(async () => {
    await workshop?.close();
    workshop = undefined;
  });
  return () => {
    if (workshop === undefined) throw new Error('there is no workshop between specs');
    return workshop;
  };
}

/**
 * A `describe` block that needs programs. Where one is missing it is one skipped spec that says so; where
 * TWINPORT_REQUIRE_PEERS is set (continuous integration) a failed one.
 */
export function withPrograms(title: string, programs: readonly string[], body: () => void): void {
  const missing = programs.filter((program) => findPeer(program) === undefined);
  describe(title, () => {
    if (missing.length === 0) return body();
    const reason = `${missing.join(' and ')} not found on the PATH`;
    it(`needs ${programs.join(' and ')}: ${reason}`, function () {
      if (process.env['TWINPORT_REQUIRE_PEERS'] === '1') throw new Error(reason);
      this.skip();
    });
  });
}

/**
 * Waits until somebody listens on a port. It asks the system, because netcat takes one connection: to try it
 * would be to use it up.
 */
export function listening(port: number): Promise<void> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listens = (table: string): boolean =>
    readFileSync(table, 'latin1')
      .split('\n')
      .some((line) => {
        const [, local, , state] = line.trim().split(/\s+/);
        return state === '0A' && local?.endsWith(suffix) === true;
      });
  return eventually(`somebody listens on ${port}`, () => listens('/proc/net/tcp') || listens('/proc/net/tcp6'));
}
