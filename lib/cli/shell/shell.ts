import type { Client, ListEntry, ListOptions } from '../../index';
import { isTwinportError } from '../../errors';
import { Directories } from '../directories';
import { Output } from '../output';
import type { Asker } from '../lines';
import { nameBytes } from '../render';
import type { Failure, Reporter, Results } from '../reporter';
import { RefusedPath } from './failure';
import type { Request, ShellContext, Settings, Tuning, Where } from './context';
import type { History } from './history';
import { RemoteNames } from './names';
import { Place } from './place';
import { UsageError } from '../usage';

export const NOBODY = 'on-exists ask needs a terminal to ask on';

/** What the commands of one shell, or one batch, have in common. */
export class Shell {
  readonly place = new Place();
  readonly names: RemoteNames;
  readonly stdout: Output;
  readonly stderr: Output;
  settings: Settings;
  private readonly directories = new Directories();
  /** Of the command that is under way. */
  private reporter: Reporter | undefined;
  /** Who answers what a transfer asks. Throws a UsageError where nobody can. */
  asker: () => Asker = () => {
    throw new UsageError(NOBODY);
  };
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
    // Without a reporter: nobody wants to read of a new connection in the middle of the line being typed.
    const list = async (directory: string, signal: AbortSignal): Promise<readonly ListEntry[]> =>
      this.entries(await context.client(signal), directory, signal);
    this.names = new RemoteNames(list, now);
  }

  /** Carries a request out, and draws what comes of it as one of `drawn`; a failure has been told then. */
  run(
    request: Request,
    signal: AbortSignal,
    where: Where | undefined,
    { drawn = request, tuning = this.settings, heading }: RunHow = {},
  ): Promise<number> {
    const { retry, limitRate } = tuning;
    const settled = { ...(retry === undefined ? {} : { retry }), ...(limitRate === undefined ? {} : { limitRate }) };
    return this.context.run(request, this.telling(where, drawn, heading), signal, settled, this.asker);
  }

  /** Tells of a failure that no request has met, and gives its exit code. */
  fail(error: unknown, where: Where | undefined): number {
    const failure = this.failureOf(error);
    this.telling(where).failed(failure);
    return failure.exit;
  }

  private failureOf(error: unknown): Failure {
    if (error instanceof RefusedPath) return { ...this.context.failure(error.error), path: error.path };
    return this.context.failure(error);
  }

  /** The same where there is no command to go on with. */
  async refuse(error: unknown, where: Where | undefined): Promise<number> {
    const exit = this.fail(error, where);
    await this.ended(exit, where);
    return exit;
  }

  note(text: string, where: Where | undefined): void {
    this.telling(where).note(text);
  }

  result<C extends keyof Results>(command: C, facts: Results[C], where: Where | undefined): void {
    this.telling(where).result(command, facts);
  }

  /** A session to ask something of. */
  async client(signal: AbortSignal, where: Where | undefined): Promise<Client> {
    return this.context.client(signal, this.context.reporter(where));
  }

  /** The entries of a directory, with their types where the server tells them. */
  entries(client: Client, directory: string, signal: AbortSignal): Promise<readonly ListEntry[]> {
    return this.directories.entries(client, directory, this.listing(signal));
  }

  /** It is known to tell nothing but names. */
  get plain(): boolean {
    return this.directories.plain;
  }

  /** Whether the server tells more than names. False also where it refuses: the request itself will be told why. */
  tells(directory: string, signal: AbortSignal, where: Where | undefined): Promise<boolean> {
    return this.directories.tell(() => this.client(signal, where), directory, this.listing(signal));
  }

  private listing(signal: AbortSignal): ListOptions {
    return { signal, ...(this.settings.passive ? { passive: true } : {}) };
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
  print(line: string, where: Where | undefined): Promise<void> {
    const { print } = this.context;
    if (print !== undefined) return print(line, where);
    return this.stdout.write(nameBytes(line)).then(() => this.stdout.write(Buffer.from('\n')));
  }

  /** A command has ended: whoever told of it last is told with what. */
  async ended(code: number, where: Where | undefined): Promise<void> {
    const reporter = this.reporter ?? this.context.reporter(where);
    this.reporter = undefined;
    await reporter.end(code);
  }

  private telling(where: Where | undefined, request?: Request, heading?: readonly string[]): Reporter {
    this.reporter = this.context.reporter(where, request, heading);
    return this.reporter;
  }
}

/** How a request is carried out and told of, where that is not as usual. */
export interface RunHow {
  /** What it is drawn as; by default as what it is. */
  readonly drawn?: Request;
  readonly tuning?: Tuning;
  /** Lines above a listing, if it comes. */
  readonly heading?: readonly string[];
}

/** What servers answer to words that they do not know. */
export function isNonsense(error: unknown): boolean {
  if (isTwinportError(error, 'unsupported', 'not-understood')) return true;
  return isTwinportError(error, 'refused') && error.reply !== undefined && error.reply >= 500 && error.reply <= 504;
}
