import { CLAIMS } from '../claims';
import { Mutator } from './mutate';
import { regressionOf, save } from './regressions';

/** Saves the input that a run has not come back from. */
export function saveUnfinished(
  { seed }: { readonly seed: number },
  target: number,
  index: number,
  why: string,
): string {
  const claim = CLAIMS[target];
  if (claim === undefined) throw new Error(`it was at no target: ${why}`);
  return save(regressionOf(claim.name, seed, why, new Mutator(claim, seed).input(index)));
}
