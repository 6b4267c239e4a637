import { askPolicy } from './ask';
import { Lines, type AnswerStream } from './lines';
import type { Policy } from './options';
import { sentence } from './render';

/** What one command asks its user: nothing is read before the first question, and all answers come from one reader. */
export class Questions {
  private lines: Lines | undefined;
  private forAll: Exclude<Policy, 'ask'> | undefined;

  /** `lines` belongs to whoever reads standard input already, and closes it. */
  constructor(
    private readonly input: AnswerStream,
    private readonly say: (text: string) => void,
    private readonly signal: AbortSignal,
    lines?: Lines,
  ) {
    this.lines = lines;
    this.borrowed = lines !== undefined;
  }

  private readonly borrowed: boolean;

  /** About a name that is taken; undefined when nobody answers. */
  async about(verb: 'get' | 'put', name: string, several: boolean): Promise<Exclude<Policy, 'ask'> | undefined> {
    if (this.forAll !== undefined) return this.forAll;
    this.lines ??= new Lines(this.input, this.say);
    const answer = await askPolicy(verb, sentence(name), this.lines, this.signal, several);
    if (answer?.all === true) this.forAll = answer.policy;
    return answer?.policy;
  }

  /** An open input would keep the program alive. */
  close(): void {
    if (!this.borrowed) this.lines?.close();
  }
}
