import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ftclient } from '../../lib/cli/ftclient';
import type { Ending, Surroundings } from '../../lib/cli/run';
import { TwinportError, type ErrorCode } from '../../lib/errors';
import type {
  Client,
  Clock,
  ConnectOptions,
  GetOptions,
  ListOptions,
  MakeDirectoryOptions,
  PutOptions,
  TransferResult,
} from '../../lib/index';
import { Captured, saying } from './stdio';

/** The client program over a client that only pretends: what is asked of it, and what is printed. */

export const REMOTE = { address: '::ffff:128.193.54.168', port: 41184 };
export const DONE: TransferResult = { size: 3, length: 3, crc32: '352441c2', verified: true, skipped: false };

export type Asked = readonly [verb: string, ...rest: unknown[]];

export interface Script {
  readonly names?: readonly string[];
  /** One for each get or put: what happens to it. */
  readonly transfers?: readonly ((options: GetOptions) => TransferResult)[];
  readonly connectError?: TwinportError;
  /** What becomes of a rename. */
  readonly changeError?: TwinportError;
  /** Local files that there are, in a directory of their own that the program is started in. */
  readonly files?: readonly string[];
}

export class Pretender implements Client {
  readonly remote = REMOTE;
  readonly asked: Asked[] = [];
  closed = 0;
  private open = true;
  private transfers: ((options: GetOptions) => TransferResult)[];

  constructor(private readonly script: Script) {
    this.transfers = [...(script.transfers ?? [])];
  }

  async list(path = '', options: ListOptions = {}): Promise<{ entries: { name: string }[]; verified: boolean }> {
    this.asked.push(['list', path, plain(options)]);
    this.transfers.shift()?.(options);
    options.onData?.(REMOTE);
    return { entries: (this.script.names ?? ['.', '..', 'README.md']).map((name) => ({ name })), verified: true };
  }

  async get(path: string, to: string | Writable, options: GetOptions = {}): Promise<TransferResult> {
    this.asked.push(['get', path, typeof to === 'string' ? to : 'a stream', plain(options)]);
    const result = this.transfer(options);
    if (typeof to !== 'string') await new Promise((resolve) => to.write(Buffer.from('abc'), resolve));
    return result;
  }

  getStream(): Readable {
    throw new Error('The program does not use it.');
  }

  async put(from: string | Readable, path: string, options: PutOptions = {}): Promise<TransferResult> {
    this.asked.push(['put', from, path, plain(options)]);
    return this.transfer(options);
  }

  stat(): Promise<never> {
    throw new Error('The program does not use it.');
  }

  digest(): Promise<never> {
    throw new Error('The program does not use it.');
  }

  async makeDirectory(path: string, options: MakeDirectoryOptions = {}): Promise<void> {
    this.asked.push(['makeDirectory', path, plain(options)]);
  }

  async remove(path: string): Promise<void> {
    this.asked.push(['remove', path]);
  }

  async rename(from: string, to: string): Promise<void> {
    this.asked.push(['rename', from, to]);
    if (this.script.changeError !== undefined) throw this.script.changeError;
  }

  async ping(): Promise<number> {
    this.asked.push(['ping']);
    return 1;
  }

  get alive(): boolean {
    return this.open;
  }

  /** Another connection to the same server. */
  reopen(): void {
    this.open = true;
  }

  async close(): Promise<void> {
    this.closed++;
    this.open = false;
  }

  private transfer(options: GetOptions): TransferResult {
    const next = this.transfers.shift();
    if (next !== undefined) return next(options);
    options.onData?.(REMOTE);
    return DONE;
  }
}

/** Options without the callbacks and the signal. */
export const plain = (options: object): object =>
  Object.fromEntries(
    Object.entries(options).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)),
  );

export interface Outcome {
  readonly ending: Ending;
  readonly stdout: string;
  readonly stderr: string;
  readonly client: Pretender;
  /** The last of the connections. */
  readonly connected: ConnectOptions | undefined;
  readonly connections: readonly ConnectOptions[];
}

export async function outcome(
  words: readonly string[],
  script: Script = {},
  streams: {
    stdout?: Writable;
    stderr?: Captured;
    stdin?: ReturnType<typeof saying>;
    terminal?: NonNullable<Surroundings['terminal']>;
  } = {},
  clock?: Clock,
): Promise<Outcome> {
  const client = new Pretender(script);
  const stdout = streams.stdout ?? new Captured();
  const stderr = streams.stderr ?? new Captured();
  const connections: ConnectOptions[] = [];
  const run = (): Promise<Ending> =>
    ftclient(words, {
      streams: { stdin: streams.stdin ?? saying('', false), stdout, stderr },
      ...(clock === undefined ? {} : { clock }),
      ...(streams.terminal === undefined ? {} : { terminal: streams.terminal }),
      connect: () => (to) => {
        connections.push(to as ConnectOptions);
        client.reopen();
        return script.connectError === undefined ? Promise.resolve(client) : Promise.reject(script.connectError);
      },
    });
  const ending = await (script.files === undefined ? run() : among(script.files, run));
  const printed = { stdout: stdout instanceof Captured ? stdout.utf8 : '', stderr: stderr.utf8 };
  return { ending, ...printed, client, connected: connections.at(-1), connections };
}

/** In a new current directory that holds these. */
async function among<T>(files: readonly string[], work: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-here-'));
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(here, file)), { recursive: true });
    fs.writeFileSync(path.join(here, file), 'abc');
  }
  process.chdir(here);
  try {
    return await work();
  } finally {
    process.chdir(before);
    fs.rmSync(here, { recursive: true });
  }
}

export const failing =
  (code: ErrorCode, message: string, reply?: number, moving = false) =>
  (options: GetOptions): never => {
    if (moving) options.onData?.(REMOTE);
    throw new TwinportError(code, message, reply === undefined ? {} : { reply });
  };

export const HEAD = 'Connected to flip1 on port 3555...\n';
export const DATA = "Data transfer initiated on ('128.193.54.168', 41184)...\n";
export const SERVER = ['flip1', '3555'] as const;
