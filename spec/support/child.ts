import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** Where `require('./lib/…')` starts from in a child. */
const ROOT = join(__dirname, '..', '..');

export interface Child {
  /** Its next line on stdout. */
  line(): Promise<string>;
  /** Sends a signal (SIGKILL by default) and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Runs a piece of JavaScript in a process of its own; it may `require('./lib/…')`. */
export function nodeChild(source: string, options: { readonly descriptors?: number } = {}): Child {
  const node = [process.execPath, '--require', 'ts-node/register/transpile-only', '-e', source];
  const [file = '', ...args] =
    options.descriptors === undefined
      ? node
      : ['/bin/sh', '-c', `ulimit -n ${options.descriptors}; exec "$0" "$@"`, ...node];
  const process_ = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => process_.once('close', () => resolve()));
  const lines = linesOf(process_, gone);
  return {
    line: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the child ended without another line');
      return value;
    },
    kill: async (signal = 'SIGKILL') => {
      process_.kill(signal);
      await gone;
    },
  };
}

async function* linesOf(child: ChildProcess, gone: Promise<void>): AsyncGenerator<string, void> {
  let text = '';
  let wake = (): void => undefined;
  let over = false;
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    wake();
  });
  void gone.then(() => {
    over = true;
    wake();
  });
  for (;;) {
    const end = text.indexOf('\n');
    if (end !== -1) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    } else if (over) {
      return;
    } else {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
}
