import type { Asker } from './lines';
import type { Policy } from './options';

const ANSWERS = {
  get: { question: '(r)ename, (o)verwrite or (s)kip', letters: { r: 'rename', o: 'overwrite', s: 'skip' } },
  put: { question: '(o)verwrite or (s)kip', letters: { o: 'overwrite', s: 'skip' } },
} as const;

export interface Answer {
  readonly policy: Exclude<Policy, 'ask'>;
  /** For whatever else would be asked about. */
  readonly all: boolean;
}

/**
 * Asks what to do about a name that is taken, again until it understands; undefined when nobody answers. Of `several`
 * files a capital letter alone answers for all that follow.
 */
export async function askPolicy(
  verb: 'get' | 'put',
  name: string,
  asker: Asker,
  signal: AbortSignal,
  several = false,
): Promise<Answer | undefined> {
  const { question, letters } = ANSWERS[verb];
  const more = several ? ', as a capital letter for all that follow' : '';
  for (;;) {
    const line = await asker.ask(`${name} is there already: ${question}${more}? `, signal);
    if (line === undefined) return undefined;
    const said = line.trim();
    const policy = Object.entries(letters).find(([letter]) => letter === said.charAt(0).toLowerCase())?.[1];
    // Whoever types `Overwrite` writes well, and means this one.
    if (policy !== undefined) return { policy, all: several && /^[A-Z]$/.test(said) };
  }
}
