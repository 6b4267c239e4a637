import { encodeName } from '../../wire/names';
import type { Output } from '../output';

/**
 * Writes one line that may hold names: those that are not UTF-8 as their own bytes. Half a surrogate pair that stands
 * for no byte comes from no name; it is replaced, since a line that cannot be printed helps nobody.
 */
export function printLine(output: Output, line: string): void {
  if (line.isWellFormed()) output.say(`${line}\n`);
  else void output.write(encodeName(`${line.replace(STRAY, '\ufffd')}\n`));
}

/** What `decodeName` never makes. */
const STRAY = /[\u{d800}-\u{dc7f}\u{dd00}-\u{dfff}]/gu;
