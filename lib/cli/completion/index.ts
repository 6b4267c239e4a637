import type { connect as Connect } from '../../index';
import { isNumber, UsageError } from '../usage';
import { completed, type ProgramName } from './programs';
import { SHELLS, type Shell } from './shells';

/** What a shell reads to complete the program's command line. */
export function completionScript(program: ProgramName, shell: Shell): string {
  const it = completed(program);
  switch (shell) {
    case 'bash':
      return (require('./bash') as typeof import('./bash')).bashScript(it);
    case 'zsh':
      return (require('./zsh') as typeof import('./zsh')).zshScript(it);
    case 'fish':
      return (require('./fish') as typeof import('./fish')).fishScript(it);
  }
}

/**
 * `PROGRAM completion SHELL`, given the whole command line: what to print, or undefined where something else is
 * meant. Throws a UsageError where SHELL is none. `completion remote HOST PORT TYPED` is what the scripts of
 * ftclient ask with: names on a server, a line each.
 */
export async function completionAsked(
  program: ProgramName,
  argv: readonly string[],
  connect?: () => typeof Connect,
): Promise<string | undefined> {
  const [first, said, ...more] = argv;
  // A host may be called completion: its port follows.
  if (first !== 'completion' || (said !== undefined && (said.startsWith('-') || isNumber(said)))) return undefined;
  if (said === 'remote' && connect !== undefined) return namesOf(more, connect);
  const shell = SHELLS.find((one) => one === said);
  if (shell === undefined) {
    const what = said === undefined ? '' : `, none for "${said}"`;
    throw new UsageError(`which shell? There is completion for ${SHELLS.join(', ')}${what}`);
  }
  const [extra] = more;
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many: completion takes a shell`);
  return completionScript(program, shell);
}

async function namesOf(words: readonly string[], connect: () => typeof Connect): Promise<string> {
  const [host = '', port = '', typed = ''] = words;
  const { remoteNames } = require('./remote') as typeof import('./remote');
  const names = await remoteNames(connect(), { host, port: Number(port) }, typed);
  return names.map((name) => `${name}\n`).join('');
}
