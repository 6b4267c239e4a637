import { EXIT } from '../exit';
import { ExitError } from '../failure';
import { UsageError } from '../usage';
import type { Here } from './context';
import { isGlob, isPlain, meantBy, plain } from './expand';
import { namesIn } from './files';
import { homeOf } from './history';
import { absolute, cwdOf, localPath } from './place';
import type { Given, Row } from './rows';
import { sentence } from '../render';

/** The commands that are about this machine. */
export const LOCAL: readonly Row[] = [
  {
    name: 'lcd',
    usage: '[DIR|-]',
    text: 'go to a directory here; back to the last one with -, home with none',
    takes: 'local-directory',
    words: [0, 1],
    run: changeDirectory,
  },
  {
    name: 'lpwd',
    usage: '',
    text: 'show where we are here',
    takes: 'nothing',
    words: [0, 0],
    run: async ({ shell, print }) => {
      await print(cwdOf(shell.context.here));
      return 0;
    },
  },
  {
    name: 'lls',
    aliases: ['ldir'],
    usage: '[DIR|PATTERN]',
    text: 'show the names in a directory here, or those that a pattern means',
    takes: 'local',
    words: [0, 1],
    run: list,
  },
];

async function changeDirectory({ shell, words, print }: Given): Promise<number> {
  const { here } = shell.context;
  const [word] = words;
  const back = word?.text === '-' && !word.literal;
  const to = word === undefined ? homeOf(here.env) : back ? shell.lastHere : localPath(word, here);
  if (to === undefined) throw new UsageError(back ? 'there is no directory to go back to yet' : 'there is no home');
  const from = whereNow(here);
  try {
    here.chdir(to);
  } catch {
    // Which of the reasons it is, a look into it tells; where that succeeds it may be read, but not entered.
    await namesIn(absolute(to, here));
    throw new ExitError('denied', EXIT.localRead, `${sentence(to)} may not be entered`);
  }
  shell.lastHere = from ?? shell.lastHere;
  if (back) await print(cwdOf(here));
  return 0;
}

/** Undefined in a directory that somebody has removed: this is the command that leads out of it. */
function whereNow(here: Here): string | undefined {
  try {
    return cwdOf(here);
  } catch {
    return undefined;
  }
}

async function list({ shell, words, print }: Given): Promise<number> {
  const { here } = shell.context;
  const [word] = words;
  const glob = word?.glob ?? '';
  const cut = glob.lastIndexOf('/') + 1;
  if (isGlob(glob.slice(0, cut))) {
    throw new UsageError(`a pattern stands in the last part of a path: ${word?.text ?? ''}`);
  }
  const last = glob.slice(cut);
  const isWanted = isGlob(last) ? meantBy(last) : undefined;
  const directory = isWanted === undefined ? (word?.text ?? '.') : plain(glob.slice(0, cut)) || '.';
  const names = await namesIn(absolute(localPath({ text: directory, literal: word?.literal === true }, here), here));
  const lines = names
    .filter(({ name }) => isPlain(name) && (isWanted === undefined || isWanted(name)))
    .map(({ name, type }) => (type === 'dir' ? `${name}/` : name))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const line of lines) await print(line);
  return 0;
}
