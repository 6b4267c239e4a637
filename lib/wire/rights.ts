import { TwinportError } from '../errors';
import { escaped } from './names';

/**
 * What clients may do, whatever they speak: `list` directories, `read` files (and their digests), `write` new files and
 * make directories, `overwrite` files beside that, `delete` files and empty directories. A rename needs `delete` and
 * `write`. Facts of a file are told to whoever may list, read or write: who may write learns of names that are taken
 * by being refused them.
 */
export const RIGHTS = ['list', 'read', 'write', 'overwrite', 'delete'] as const;

export type Right = (typeof RIGHTS)[number];

export function isRight(word: string): word is Right {
  return (RIGHTS as readonly string[]).includes(word);
}

/** The rights given, each once and in their order. Throws `invalid-argument` on what is none, and on `overwrite` without `write`. */
export function rightsOf(given: readonly string[]): readonly Right[] {
  const wrong = given.find((word) => !isRight(word));
  if (wrong !== undefined) {
    throw new TwinportError('invalid-argument', `a right is one of ${RIGHTS.join(', ')}, not "${escaped(wrong)}"`);
  }
  if (given.includes('overwrite') && !given.includes('write')) {
    throw new TwinportError('invalid-argument', 'the right to overwrite means nothing without the right to write');
  }
  return RIGHTS.filter((right) => given.includes(right));
}
