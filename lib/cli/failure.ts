import { isTwinportError, TwinportError, type ErrorCode } from '../errors';
import { EXIT, exitCodeOf, type Circumstance } from './exit';
import type { ClientOptions } from './options';
import type { Failure } from './reporter';
import { adviceOn } from './advice';
import { defect, sentence, wordsOfError } from './render';

/** A failure whose exit code whoever met it knows better than the table of codes does. */
export class ExitError extends TwinportError {
  constructor(
    code: ErrorCode,
    readonly exit: number,
    sentence: string,
  ) {
    super(code, sentence);
    this.name = 'ExitError';
  }
}

/** Whose refusals are quoted, and in which language they were told. */
export interface Refuser {
  readonly server: { readonly host: string; readonly port: number };
  readonly options: Pick<ClientOptions, 'dialect' | 'tls' | 'logsIn'>;
}

/** What an error means: its exit code, and one sentence for a person. */
export function failureOf(error: unknown, circumstance: Circumstance, refuser: Refuser): Failure {
  const exit = error instanceof ExitError ? error.exit : exitCodeOf(error, circumstance);
  if (exit === EXIT.defect) return { error, exit, sentence: defect(error) };
  const advice = adviceOn(error, refuser.options);
  const more = advice === undefined ? {} : { advice };
  const said = wordsOfError(error);
  if (!isTwinportError(error, 'refused')) return { error, exit, sentence: sentence(said), ...more };
  const { hostPort } = require('../wire/addresses') as typeof import('../wire/addresses');
  const who = hostPort(refuser.server.host, refuser.server.port);
  const quoted = hasWords(error, refuser);
  return { error, exit, quoted, sentence: sentence(`${who}${quoted ? ' says' : ':'} ${said}`), ...more };
}

/** False where a refusal is our reading of a reset, which is its cause: some languages know no other. */
function hasWords(error: TwinportError, { options }: Refuser): boolean {
  return options.dialect === undefined || error.cause === undefined;
}
