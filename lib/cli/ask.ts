import type { Lines } from './lines';
import type { Policy } from './options';

const ANSWERS = {
  get: { question: '(r)ename, (o)verwrite or (s)kip', letters: { r: 'rename', o: 'overwrite', s: 'skip' } },
  put: { question: '(o)verwrite or (s)kip', letters: { o: 'overwrite', s: 'skip' } },
} as const;

/** Asks what to do about a name that is taken, again until it understands; undefined when nobody answers. */
export async function askPolicy(
  verb: 'get' | 'put',
  name: string,
  lines: Lines,
  signal: AbortSignal,
): Promise<Exclude<Policy, 'ask'> | undefined> {
  const { question, letters } = ANSWERS[verb];
  for (;;) {
    const line = await lines.ask(`${name} is there already: ${question}? `, signal);
    if (line === undefined) return undefined;
    const letter = line.trim().charAt(0).toLowerCase();
    for (const [key, policy] of Object.entries(letters)) if (letter === key) return policy;
  }
}
