import { spawn, spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { findPeer } from './peers';
import { launcher, ROOT, Running, type Program } from './programs';

/** A system call before which a program is killed: the kernel sees the SIGKILL first, and does not run the call. */
export interface FatalCall {
  /** What Node calls, where there is more than one name for it (x86-64 has `link`, arm64 only `linkat`). */
  readonly names: readonly string[];
  /** The first of them, the second… */
  readonly at: number;
}

/** Why no program can be run so; undefined where it can. */
export function whyNotTraced(): string | undefined {
  const strace = findPeer('strace');
  if (strace === undefined) return 'strace not found on the PATH';
  // A container may have the program and not let it trace, and an old one may not know how to inject.
  const { status, stderr } = spawnSync(strace, [...injecting({ names: ['link', 'linkat'], at: 1 }), 'true'], {
    encoding: 'utf8',
    timeout: 15_000,
  });
  return status === 0 ? undefined : `strace cannot trace here: ${stderr.trim()}`;
}

/**
 * Starts a program of ours that ends by SIGKILL when it comes to that call. What is signalled and ends is the program
 * itself: the tracer is its grandchild, and goes with it.
 */
export function startUntil(call: FatalCall, program: Program, words: readonly string[], cwd: string): Running {
  return new Running(
    spawn(findPeer('strace') ?? 'strace', [...injecting(call), process.execPath, ...launcher(program), ...words], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json'),
        // Calls are counted for each thread: with one of them the second call is the second.
        UV_THREADPOOL_SIZE: '1',
      },
    }),
  );
}

function injecting({ names, at }: FatalCall): string[] {
  // `?`: not every processor has each of them.
  const calls = names.map((name) => `?${name}`).join(',');
  const inject = `inject=${calls}:signal=SIGKILL:when=${at}`;
  return ['-D', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
}
