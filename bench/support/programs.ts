import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as net from 'node:net';
import * as path from 'node:path';

export const ROOT = path.resolve(__dirname, '../..');
export const HOST = '127.0.0.1';

export interface Started {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** Milliseconds for a server to open. */
const OPENING = 10_000;

/** Starts a server that prints its port on a line of its own, and waits for that line. */
export async function startPrinting(
  argv: readonly string[],
  cwd: string,
  line: RegExp,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Started> {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  const port = await new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${program} does not open`)), OPENING);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${program} ended at once: ${printed}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // Read on for ever: a server that blocks on a full pipe would be measured blocking.
      if (printed.length < 1000) printed += text;
      const found = line.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(Number(found));
    });
  }).catch(async (error: unknown) => {
    await ended(child);
    throw error;
  });
  return { pid: child.pid ?? 0, port, stop: () => ended(child) };
}

/** Starts a server on a port that was free a moment ago, and waits until somebody answers there. */
export async function startOn(argvFor: (port: number) => readonly string[], cwd: string): Promise<Started> {
  const port = await freePort();
  const [program = '', ...words] = argvFor(port);
  const child = spawn(program, words, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  let gone = false;
  child.once('exit', () => (gone = true));
  child.once('error', () => (gone = true));
  for (const until = Date.now() + OPENING; !(await answers(port)); await new Promise((go) => setTimeout(go, 50))) {
    if (gone || Date.now() > until) {
      await ended(child);
      throw new Error(`${program} does not open`);
    }
  }
  return { pid: child.pid ?? 0, port, stop: () => ended(child) };
}

/** Our server, from the launchers in `bin`. */
export function startOurs(bin: string, root: string, ...options: readonly string[]): Promise<Started> {
  return startPrinting([path.join(bin, 'ftserver'), '0', '--root', root, ...options], ROOT, /^Server open on (\d+)$/m);
}

/** Where a program is, or undefined. */
export function which(program: string): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', program], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 3000);
  await exit;
  clearTimeout(hard);
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST);
    socket.once('data', () => socket.destroy());
    socket.once('close', () => resolve(socket.bytesRead > 0));
    socket.once('error', () => resolve(false));
    socket.setTimeout(1000, () => socket.destroy());
  });
}
