import { isTwinportError, TwinportError, type ErrorCode } from '../../errors';
import { EXIT } from '../exit';

/** A failure whose exit code the shell knows better than the table of codes does. */
export class ShellError extends TwinportError {
  constructor(
    code: ErrorCode,
    readonly exit: number,
    sentence: string,
  ) {
    super(code, sentence);
    this.name = 'ShellError';
  }
}

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

export const noMatch = (typed: string, there: boolean): ShellError =>
  new ShellError(
    'not-found',
    there ? EXIT.notFound : EXIT.localRead,
    `nothing ${there ? 'there' : 'here'} matches ${typed}`,
  );
