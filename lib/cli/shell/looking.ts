import { isTwinportError } from '../../errors';
import { EXIT } from '../exit';
import { UsageError } from '../usage';
import type { Request, Where } from './context';
import { isGlob, isPlain, plain } from './expand';
import { about, ShellError } from './failure';
import { remotePaths } from './paths';
import { matcher } from './pattern';
import { shown } from './place';
import type { Given, Row } from './rows';
import { requestSettings } from './settings';
import { isNonsense, type Shell } from './shell';

/** The commands that look at what is on the server. */
export const LOOKING: readonly Row[] = [
  {
    name: 'list',
    aliases: ['ls', 'dir'],
    usage: '[-l] [-H] [-a] [DIR|PATTERN]',
    text: 'show the names in a directory on the server, or those that a pattern means',
    flags: [
      { name: 'long', short: 'l', text: 'type, size and time of each' },
      { name: 'human', short: 'H', text: 'sizes for people: 4.5K instead of 4608' },
      { name: 'all', short: 'a', text: '. and .. as well' },
    ],
    takes: 'remote',
    words: [0, 1],
    run: list,
  },
  {
    name: 'cd',
    usage: '[DIR|-]',
    text: 'go to a directory on the server; back to the last one with -, to the top with none',
    takes: 'remote-directory',
    words: [0, 1],
    run: changeDirectory,
  },
  {
    name: 'pwd',
    usage: '',
    text: 'show where on the server we are',
    takes: 'nothing',
    words: [0, 0],
    run: async ({ shell, print }) => {
      await print(shell.place.shown);
      return 0;
    },
  },
  {
    name: 'stat',
    usage: 'PATH…',
    text: 'show type, size and time of a path on the server',
    takes: 'remote',
    words: [1, Infinity],
    run: (given) => eachPath(given, (path) => ({ verb: 'stat', path })),
  },
  {
    name: 'digest',
    usage: '[--sha256] PATH…',
    text: 'show length and CRC-32 of a file on the server',
    flags: [{ name: 'sha256', text: 'SHA-256 too' }],
    takes: 'remote',
    words: [1, Infinity],
    run: (given) => eachPath(given, (path) => ({ verb: 'digest', path, sha256: given.flags.has('sha256') })),
  },
  {
    name: 'ping',
    usage: '',
    text: 'ask whether the server is there, and how long its answer takes',
    takes: 'nothing',
    words: [0, 0],
    run: ({ shell, signal, where }) => shell.run({ verb: 'ping' }, signal, where),
  },
];

async function list(given: Given): Promise<number> {
  const { shell, words, flags, signal, where } = given;
  const [word] = words;
  const glob = word?.glob;
  const cut = (glob ?? '').lastIndexOf('/') + 1;
  const directory = glob?.slice(0, cut) ?? '';
  const last = glob?.slice(cut) ?? '';
  if (isGlob(directory)) throw new UsageError(`a pattern stands in the last part of a path: ${word?.text ?? ''}`);
  const isWanted = glob === undefined || !isGlob(last) ? undefined : matcher(last);
  const typed = isWanted === undefined ? (word?.text ?? '.') : directory === '' ? '.' : plain(directory);
  const keep = (name: string): boolean => {
    if (isWanted !== undefined) return isPlain(name) && (isWanted(name) || name === plain(last));
    return flags.has('all') || (name !== '.' && name !== '..');
  };
  const path = shell.place.path(typed);
  const long = flags.has('long') || flags.has('human');
  const request = {
    verb: 'list',
    path,
    long,
    human: flags.has('human'),
    keep,
    settings: requestSettings(shell.settings),
  } as const;
  // A person sees at once which are directories, and the true names of those that a plain listing hides.
  const facts = long || (where === undefined && (await shell.tells(path, signal, where)));
  return shell.run({ ...request, long: facts }, signal, where, { drawn: request });
}

async function changeDirectory({ shell, words, signal, where, print }: Given): Promise<number> {
  const [word] = words;
  const back = word?.text === '-' && !word.literal;
  const to = word === undefined ? '' : back ? shell.place.last : shell.place.path(word.text);
  // The root is there, also where nobody can be asked.
  if (to !== '') await checkDirectory(shell, to, signal, where);
  shell.place.move(to);
  if (back) await print(shell.place.shown);
  return 0;
}

async function checkDirectory(
  shell: Shell,
  path: string,
  signal: AbortSignal,
  where: Where | undefined,
): Promise<void> {
  try {
    const client = await shell.client(signal, where);
    const { type } = await shell.unlessStopped(client.stat(path), signal);
    if (type !== 'dir') throw new ShellError('not-a-directory', EXIT.notFound, `${shown(path)} is no directory`);
  } catch (error) {
    // A plain server has directories, and no word for asking about them.
    if (!isNonsense(error) || isTwinportError(error, 'unsupported')) throw about(path, error);
    shell.note(`nobody can tell here whether ${shown(path)} is a directory`, where);
  }
}

async function eachPath(given: Given, request: (path: string) => Request): Promise<number> {
  const { shell, signal, where } = given;
  const { paths, code: unnamed } = await remotePaths(given);
  let code = unnamed;
  for (const path of paths) {
    const ended = await shell.run(request(path), signal, where);
    if (ended !== 0) code = ended;
    if (signal.aborted) break;
  }
  return code;
}
