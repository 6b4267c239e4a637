import type { Readable, Writable } from 'node:stream';
import type { Policy } from './options';

const ANSWERS = {
  get: { question: '(r)ename, (o)verwrite or (s)kip', letters: { r: 'rename', o: 'overwrite', s: 'skip' } },
  put: { question: '(o)verwrite or (s)kip', letters: { o: 'overwrite', s: 'skip' } },
} as const;

/**
 * Asks on the terminal what to do about a name that is taken. Asks again until it understands; undefined
 * at the end of input and when `signal` aborts, which is no answer. The line stays the terminal's own, so that Ctrl-C is a signal.
 */
export async function askPolicy(
  verb: 'get' | 'put',
  name: string,
  input: Readable,
  output: Writable,
  signal: AbortSignal,
): Promise<Exclude<Policy, 'ask'> | undefined> {
  const { createInterface } = require('node:readline') as typeof import('node:readline');
  const { question, letters } = ANSWERS[verb];
  const lines = createInterface({ input, terminal: false, signal });
  const prompt = (): boolean => output.write(`${name} is there already: ${question}? `);
  try {
    prompt();
    for await (const line of lines) {
      const letter = line.trim().charAt(0).toLowerCase();
      for (const [key, policy] of Object.entries(letters)) if (letter === key) return policy;
      prompt();
    }
    return undefined;
  } finally {
    lines.close();
    // Reading would keep the program alive.
    input.pause();
  }
}
