import { isTwinportError, type TwinportError } from '../../errors';
import { EXIT } from '../exit';
import { ExitError } from '../failure';

/** A refusal of something that the shell has asked by itself, with the path that it is about. */
export class RefusedPath extends Error {
  constructor(
    readonly path: string,
    readonly error: TwinportError,
  ) {
    super(error.message, { cause: error });
    this.name = 'RefusedPath';
  }
}

/** The server's words alone do not say which path they are about; a lost connection is about none. */
export function about(path: string, error: unknown): unknown {
  return isTwinportError(error, 'refused') ? new RefusedPath(path, error) : error;
}

export const noMatch = (typed: string, there: boolean): ExitError =>
  new ExitError(
    'not-found',
    there ? EXIT.notFound : EXIT.localRead,
    `nothing ${there ? 'there' : 'here'} matches ${typed}`,
  );
