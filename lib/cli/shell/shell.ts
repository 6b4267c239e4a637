import type { Client, ListEntry } from '../../index';
import { isTwinportError } from '../../errors';
import { Output } from '../output';
import { nameBytes, sentence } from '../render';
import { ShellError } from './failure';
import type { Request, ShellContext, Settings, Where } from './context';
import type { History } from './history';
import { RemoteNames } from './names';
import { Place } from './place';

/** What the commands of one shell, or one batch, have in common. */
export class Shell {
  readonly place = new Place();
  readonly names: RemoteNames;
  readonly stdout: Output;
  readonly stderr: Output;
  settings: Settings;
  private tellsFacts = false;
  /** What `lcd -` goes back to. */
  lastHere: string | undefined;

  constructor(
    readonly context: ShellContext,
    readonly history: History | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.settings = context.settings;
    this.stdout = new Output(() => context.streams.stdout);
    this.stderr = new Output(() => context.streams.stderr);
    this.names = new RemoteNames((directory, signal) => this.entries(directory, signal), now);
  }

  /** Carries a request out; a failure has been told then. */
  run(request: Request, signal: AbortSignal, where: Where | undefined): Promise<number> {
    return this.reporting(where, request, (reporter) => this.context.run(request, reporter, signal));
  }

  /** Tells of a failure that no request has met, and gives its exit code. */
  fail(error: unknown, where: Where | undefined): Promise<number> {
    const known = error instanceof ShellError;
    const failure = known
      ? { error, exit: error.exit, sentence: sentence(error.message) }
      : this.context.failure(error);
    return this.reporting(where, undefined, async (reporter) => {
      reporter.failed(failure);
      return failure.exit;
    });
  }

  note(text: string, where: Where | undefined): Promise<number> {
    return this.reporting(where, undefined, async (reporter) => {
      reporter.note(text);
      return 0;
    });
  }

  /** A session to ask something of. */
  async client(signal: AbortSignal, where: Where | undefined): Promise<Client> {
    return this.context.client(signal, this.context.reporter(where));
  }

  /**
   * The entries of a directory, with their types where the server is one of ours. A plain one would make nothing of
   * that question, so the names are asked for first, once: who verifies them knows more.
   */
  async entries(directory: string, signal: AbortSignal, where?: Where): Promise<readonly ListEntry[]> {
    const client = await (where === undefined ? this.context.client(signal) : this.client(signal, where));
    const { passive } = this.settings;
    const options = { signal, ...(passive ? { passive } : {}) };
    if (!this.tellsFacts) {
      const { entries, verified } = await client.list(directory, options);
      if (!verified) return entries;
      this.tellsFacts = true;
    }
    return (await client.list(directory, { ...options, facts: true })).entries;
  }

  /** Waits for an answer, but not once `signal` aborts: the question cannot be taken back, so its session is given up. */
  async unlessStopped<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
    const giveUp = (): void => this.context.drop();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (signal.aborted) giveUp();
      return await answer;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** A line of what was asked for; whatever a name puts into it, it stays one. */
  print(line: string): Promise<void> {
    return this.stdout.write(nameBytes(line)).then(() => this.stdout.write(Buffer.from('\n')));
  }

  private async reporting(
    where: Where | undefined,
    request: Request | undefined,
    work: (reporter: ReturnType<ShellContext['reporter']>) => Promise<number>,
  ): Promise<number> {
    const reporter = this.context.reporter(where, request);
    const code = await work(reporter);
    await reporter.end(code);
    return code;
  }
}

/** What servers answer to words that they do not know. */
export function isNonsense(error: unknown): boolean {
  if (isTwinportError(error, 'unsupported', 'not-understood')) return true;
  return isTwinportError(error, 'refused') && error.reply !== undefined && error.reply >= 500 && error.reply <= 504;
}
