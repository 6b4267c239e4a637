import { askPolicy } from './ask';
import type { Asker } from './lines';
import type { Policy } from './options';
import { sentence } from './render';

/** What one command asks its user: an answer for all is not asked for again. */
export class Questions {
  private forAll: Exclude<Policy, 'ask'> | undefined;

  /** `close`: what ends the asker, where nobody else has a use for it. */
  constructor(
    private readonly asker: Asker,
    private readonly signal: AbortSignal,
    readonly close: () => void = () => undefined,
  ) {}

  /** About a name that is taken; undefined when nobody answers. */
  async about(verb: 'get' | 'put', name: string, several: boolean): Promise<Exclude<Policy, 'ask'> | undefined> {
    if (this.forAll !== undefined) return this.forAll;
    const answer = await askPolicy(verb, sentence(name), this.asker, this.signal, several);
    if (answer?.all === true) this.forAll = answer.policy;
    return answer?.policy;
  }
}
