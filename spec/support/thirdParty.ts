import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually } from './eventually';
import { endAll, Running, run, serve, type Ran, type RunningServer } from './programs';

/** Programs that others wrote, as peers of ours. */

/** Where a program is, if it is. */
export function which(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Above what any of them needs, below what mocha gives a spec: a program that hangs is ended and seen. */
const WHOLE_MS = 15_000;

export interface PeerOptions {
  /** What it reads on standard input, up to an end; `open` is a pipe for the spec to write to. Nothing by default. */
  readonly input?: string | Uint8Array | 'open';
  readonly cwd?: string;
}

/** A place for one spec's processes and files. */
export class Workshop {
  readonly dir = mkdtempSync(join(tmpdir(), 'twinport-interop-'));
  readonly #groups: Running[] = [];
  readonly #servers: RunningServer[] = [];

  /** `nc` is the program of this name here. */
  constructor(netcat?: string) {
    if (netcat !== undefined) symlinkSync(which(netcat) ?? netcat, join(this.dir, 'nc'));
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
    if (input !== 'open') child.stdin.end(input);
    const running = new Running(child);
    this.#groups.push(running);
    return running;
  }

  /** Starts a shell script as somebody would paste it, and waits with it for what it left in the background. */
  script(text: string, cwd?: string): Running {
    return this.start('sh', ['-c', `${text}\nwait`], cwd === undefined ? {} : { cwd });
  }

  /** Our client, in the workshop. */
  ftclient(...words: readonly string[]): Promise<Ran> {
    return run('ftclient', words, { cwd: this.dir });
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
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      process.kill(-child.pid, 'SIGKILL');
    }
    await endAll();
    rmSync(this.dir, { recursive: true, force: true });
  }
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
  const missing = programs.filter((program) => which(program) === undefined);
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
