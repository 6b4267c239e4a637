import type { Flag, FlagValues } from './flags';
import { UsageError } from './usage';

/** What ftclient can be told of a login. None of it is a password: everybody can see the words of a command. */
export const LOGIN_FLAGS: readonly Flag[] = [
  {
    name: 'user',
    value: 'NAME',
    kind: 'text',
    text: 'log in as NAME; the password is looked for in .netrc, or asked for',
  },
  { name: 'password-file', value: 'FILE', text: 'the password is the first line of FILE, a file or a pipe' },
  { name: 'netrc', text: 'log in as .netrc says of HOST' },
  { name: 'netrc-file', value: 'FILE', text: 'read FILE instead of .netrc' },
  { name: 'clear-passwords', text: 'send the password in clear text to another machine too, for anybody to read' },
];

export interface LoginAsked {
  readonly user?: string;
  readonly passwordFile?: string;
  /** It was asked for by name: --netrc, or --netrc-file. */
  readonly netrc?: true;
  readonly netrcFile?: string;
  readonly clearPasswords: boolean;
}

/** Undefined where nobody is to log in. Throws a UsageError. */
export function loginAsked(flags: FlagValues, dialect = 'ft'): LoginAsked | undefined {
  const user = flags.value('user');
  const passwordFile = flags.value('password-file');
  const netrcFile = flags.value('netrc-file');
  const clearPasswords = flags.has('clear-passwords');
  const netrc = flags.has('netrc') || netrcFile !== undefined;
  if (user === undefined && passwordFile !== undefined) throw new UsageError('--password-file belongs to --user');
  if (user === undefined && !netrc) {
    if (clearPasswords) throw new UsageError('--clear-passwords belongs to --user or --netrc');
    return undefined;
  }
  if (dialect !== 'ft') throw new UsageError(`${dialect} has no word for a login: --user and --netrc are for ft`);
  if (passwordFile !== undefined && netrc) throw new UsageError('--password-file and --netrc exclude each other');
  return {
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(netrc ? { netrc } : {}),
    ...(netrcFile === undefined ? {} : { netrcFile }),
    clearPasswords,
  };
}
