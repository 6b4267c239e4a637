import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';

/** The programs as users start them: in processes of their own, seen only from outside. */

export const ROOT = path.resolve(__dirname, '../..');
export type Program = 'ftclient' | 'ftserver' | 'ftrelay';

/** A dist older than its sources would let yesterday's program pass today's specs. */
function isStale(program: Program): boolean {
  const built = fs.statSync(path.join(ROOT, 'dist/bin', `${program}.js`), { throwIfNoEntry: false });
  if (built === undefined) return true;
  return fs
    .readdirSync(path.join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .some((file) => file.endsWith('.ts') && fs.statSync(path.join(ROOT, 'lib', file)).mtimeMs > built.mtimeMs);
}

const launchers: Partial<Record<Program, readonly string[]>> = {};

/** Words for node: the launcher, or the same program through ts-node where dist is missing or old. */
export function launcher(program: Program): readonly string[] {
  return (launchers[program] ??= isStale(program)
    ? ['--require', require.resolve('ts-node/register/transpile-only'), path.join(ROOT, 'bin', `${program}.ts`)]
    : [path.join(ROOT, 'bin', program)]);
}

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const alive = new Set<Running>();

/** For `afterEach`: nothing a failed spec started outlives it. */
export async function endAll(): Promise<void> {
  for (const running of alive) running.signal('SIGKILL');
  await Promise.all([...alive].map(({ ended }) => ended));
}

/** A running program; what it prints is gathered. */
export class Running {
  readonly ended: Promise<Ran>;
  private readonly out: Buffer[] = [];
  private err = '';

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => this.out.push(chunk));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    alive.add(this);
    this.ended = once(child, 'close').then(() => {
      alive.delete(this);
      return { code: child.exitCode, signal: child.signalCode, stdout: Buffer.concat(this.out), stderr: this.err };
    });
  }

  get stdout(): string {
    return Buffer.concat(this.out).toString();
  }

  get stderr(): string {
    return this.err;
  }

  /** Waits until it has printed this; fails when it ends without. */
  async until(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this[stream]);
      if (found !== null) return found;
      const more = once(this.child[stream] ?? this.child, 'data').then(() => true);
      if (!(await Promise.race([more, this.ended.then(() => false)])) && !pattern.test(this[stream])) {
        throw new Error(`It ended without printing ${String(pattern)}:\n${this.stdout}\n${this.stderr}`);
      }
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

export function start(program: Program, words: readonly string[], options: SpawnOptions = {}): Running {
  return new Running(
    spawn(process.execPath, [...launcher(program), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { ...process.env, TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json'), ...options.env },
    }),
  );
}

export function run(program: Program, words: readonly string[], options?: SpawnOptions): Promise<Ran> {
  return start(program, words, options).ended;
}

/** A script of ours, as `npm run NAME` starts it. */
export function startScript(name: string, words: readonly string[], options: SpawnOptions = {}): Running {
  const script = path.join(ROOT, 'scripts', `${name}.js`);
  return new Running(spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'pipe'], ...options }));
}

export interface RunningServer {
  readonly server: Running;
  readonly port: string;
  /** Everything printed after `Server open on…`, once the server has stopped. */
  stop(): Promise<string>;
}

/** A real server on a port of its own. */
export async function serve(words: readonly string[], options?: SpawnOptions): Promise<RunningServer> {
  const server = start('ftserver', ['0', ...words], options);
  const [, port = ''] = await server.until(/^Server open on (\d+)\n/);
  return {
    server,
    port,
    stop: async () => {
      server.signal('SIGTERM');
      const { stdout, code } = await server.ended;
      if (code !== 0) throw new Error(`The server ended with ${String(code)}.`);
      return stdout.toString().replace(/^Server open on \d+\n/, '');
    },
  };
}

/** Ports that were free a moment ago, no two the same, where the words of a request must hold a number. */
export async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => net.createServer().listen(0));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => (listener.address() as net.AddressInfo).port);
  const closed = listeners.map((listener) => once(listener, 'close'));
  for (const listener of listeners) listener.close();
  await Promise.all(closed);
  return ports;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

export interface Homemade {
  readonly port: string;
  close(): Promise<void>;
}

/** A server written on the spot: `onRequest` is given the first line of each session and its socket. */
export async function homemade(onRequest: (socket: net.Socket, line: string) => void): Promise<Homemade> {
  const sockets = new Set<net.Socket>();
  const listener = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('end', () => socket.end());
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.includes('\n')) return;
      socket.off('data', read);
      socket.resume();
      onRequest(socket, text.split('\n', 1)[0] ?? '');
    };
    socket.on('data', read);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: String((listener.address() as net.AddressInfo).port),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Dials the data port at the end of a request line, as a homemade server does. */
export function dialBack(line: string): net.Socket {
  const socket = net.connect({ host: '127.0.0.1', port: Number(/(\d+)$/.exec(line.trim())?.[1]), allowHalfOpen: true });
  socket.on('error', () => undefined);
  return socket.resume();
}
