import { TwinportError } from '../errors';
import { COMMON, type Flag, type FlagValues } from './flags';
import { Lines, type AnswerStream } from './lines';
import type { Output } from './output';
import { askSecret, type SecretTerminal } from './secret';
import { harmless } from './serve/harmless';
import type { ControllingTerminal } from './terminal';
import { UsageError } from './usage';

/** What `ftserver passwd` can be told. Nothing of it is a password: everybody can see the words of a command. */
export const PASSWD_FLAGS: readonly Flag[] = [
  { name: 'users', value: 'FILE', text: 'the users file; without it, FTSERVER_USERS' },
  { name: 'stdin', text: 'read the password from standard input, one line, also from a terminal' },
  { name: 'delete', text: 'take the entry of NAME out' },
  { name: 'list', text: 'print the names' },
  ...COMMON,
];

export interface PasswdIo {
  readonly stdin: AnswerStream;
  readonly stdout: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: () => (SecretTerminal & Pick<ControllingTerminal, 'close'>) | undefined;
}

/** Makes, changes or deletes an entry of a users file. Resolves with the exit code; rejects in one sentence. */
export async function passwd(words: readonly string[], flags: FlagValues, io: PasswdIo): Promise<number> {
  const { usersFileEditor } = require('../index') as typeof import('../index');
  const { setUser, deleteUser, listUsers } = usersFileEditor();
  const file = flags.value('users') ?? io.env['FTSERVER_USERS'] ?? '';
  if (file === '') throw new UsageError('which users file? Give --users FILE (ftserver passwd --help tells more)');
  const [name, extra] = words;
  const lists = flags.has('list');
  if (lists && flags.has('delete')) throw new UsageError('--list and --delete exclude each other');
  if (lists && name !== undefined) throw new UsageError('--list takes no name');
  if (lists) {
    for (const { name: user, disabled } of await listUsers(file)) {
      io.stdout.say(`${harmless(user)}${disabled ? ' (disabled)' : ''}\n`);
    }
    await io.stdout.flushed();
    return 0;
  }
  if (name === undefined) throw new UsageError('whose password? Give a NAME (ftserver passwd --help tells more)');
  // Most likely a password, which stands in the history of a shell by now, too: not repeated.
  if (extra !== undefined) throw new UsageError('passwd takes one NAME; the password is asked for');
  if (flags.has('delete')) {
    if (await deleteUser(file, name)) return 0;
    throw new TwinportError('not-found', `"${name}" has no entry in ${file}`);
  }
  const password = flags.has('stdin') || io.stdin.isTTY !== true ? await piped(io.stdin) : await asked(io, name);
  const known = await setUser(file, name, password);
  io.stdout.say(`${known ? 'Changed the password of' : 'Added'} "${harmless(name)}".\n`);
  await io.stdout.flushed();
  return 0;
}

async function piped(stdin: AnswerStream): Promise<string> {
  const lines = new Lines(stdin, () => undefined);
  try {
    const line = await lines.ask('');
    if (line === undefined) throw new TwinportError('invalid-argument', 'no password came from standard input');
    return line;
  } finally {
    lines.close();
  }
}

async function asked({ terminal }: PasswdIo, name: string): Promise<string> {
  const at = terminal();
  if (at === undefined) throw new TwinportError('invalid-argument', 'there is no terminal to ask on: use --stdin');
  try {
    const first = await askSecret(`New password for ${harmless(name)}: `, at);
    const second = first === undefined ? undefined : await askSecret('The same again: ', at);
    if (first === undefined || second === undefined) throw new TwinportError('invalid-argument', 'nothing was changed');
    if (first !== second) throw new TwinportError('invalid-argument', 'the two differ: nothing was changed');
    return first;
  } finally {
    at.close();
  }
}
