import { TwinportError, type ErrorCode } from '../../errors';
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

export const noMatch = (typed: string, there: boolean): ShellError =>
  new ShellError(
    'not-found',
    there ? EXIT.notFound : EXIT.localRead,
    `nothing ${there ? 'there' : 'here'} matches ${typed}`,
  );
