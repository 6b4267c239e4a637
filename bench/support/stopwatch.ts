import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

/** What one program took. */
export interface Took {
  /** Wall time. */
  readonly seconds: number;
  /** User and system time, seconds. */
  readonly cpu: number;
  /** Exit status; negative: the signal that ended it. */
  readonly status: number;
  /** Highest resident memory, bytes: the program's, and the watched processes' together. */
  readonly peak: number;
  readonly watched: number;
}

export interface Run {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Files for what it prints. */
  readonly out: string;
  readonly err: string;
  /** Seconds before it is killed. */
  readonly limit: number;
  readonly watch?: readonly number[];
}

/** stopwatch.py as an object: it starts the programs and measures them, so that Node's own work is not in the span. */
export class Stopwatch {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #failed: Error | undefined;

  constructor(python = 'python3') {
    this.#child = spawn(python, [path.join(__dirname, 'stopwatch.py')]);
    this.#child.on('error', (error) => (this.#failed = error));
    this.#child.stderr.pipe(process.stderr);
    this.#child.stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  run(order: Run): Promise<Took> {
    return this.#ask({ do: 'run', ...order });
  }

  /** CPU seconds these processes and their children have used so far. */
  async cpu(pids: readonly number[]): Promise<number> {
    return (await this.#ask<{ cpu: number }>({ do: 'cpu', pids })).cpu;
  }

  /** The interpreter itself: a shim in front of it would be measured, too. */
  python(): Promise<{ path: string; version: string }> {
    return this.#ask({ do: 'python' });
  }

  close(): void {
    this.#child.stdin.end();
  }

  async #ask<T extends object>(order: object): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw this.#failed ?? new Error('The stopwatch ended (it needs Linux and python3).');
    const said = JSON.parse(answer.value) as T | { failed: string };
    if ('failed' in said) throw new Error(said.failed);
    return said;
  }
}
