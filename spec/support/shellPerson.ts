import { expect } from 'chai';
import type { Ending } from '../../lib/cli/run';
import type { Request } from '../../lib/cli/shell/context';
import { runShell } from '../../lib/cli/shell/interactive';
import { eventually } from './eventually';
import { ShellBench, type BenchHow } from './shellBench';

/** What is served to them. */
const ENTRIES = { '': ['docs/', 'a.txt', 'b.txt', 'esc\x1b[2Jape'], docs: ['one.md'] };
/** No place for a history: none is kept. */
const NO_HISTORY = { XDG_STATE_HOME: '/dev/null' };
export const PROMPT = 'flip1:/> ';

/** Somebody at a terminal. */
export class Person {
  readonly bench: ShellBench;
  readonly ending: Promise<Ending>;
  ended: Ending | undefined;

  constructor(how: BenchHow = {}) {
    this.bench = new ShellBench({ entries: ENTRIES, env: NO_HISTORY, ...how });
    this.ending = runShell(this.bench.context);
    void this.ending.then((ending) => (this.ended = ending));
  }

  get screen(): string {
    return this.bench.stdout.utf8;
  }

  get verbs(): readonly Request['verb'][] {
    return this.bench.requests.map(({ verb }) => verb);
  }

  type(keys: string): void {
    this.bench.stdin.write(keys);
  }

  /** Waits until the shell has asked so often. */
  prompts(count: number, prompt = PROMPT): Promise<void> {
    return eventually(
      `prompt ${count}`,
      () => this.asked(prompt) >= count,
      () => this.screen,
    );
  }

  sees(text: string): Promise<void> {
    return eventually(
      text,
      () => this.screen.includes(text),
      () => this.screen,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.bench.here.emit(signal);
  }

  /** Leaves, and expects that this is a success. */
  async leave(): Promise<void> {
    this.type('\x04');
    expect(await this.ending).to.equal(0);
    expect(this.bench.server.closed).to.equal(1);
    expect(this.bench.here.eventNames()).to.deep.equal([]);
    expect(['end', 'error'].map((event) => this.bench.stdin.listenerCount(event))).to.deep.equal([0, 0]);
  }

  /** Drawn afresh, a line begins with the cursor at its first column and what stood there erased. */
  private asked(prompt: string): number {
    return this.screen.split('\x1b[0J' + prompt).length - 1;
  }
}
