import { isTwinportError } from '../../errors';
import { EXIT } from '../exit';
import { ExitError } from '../failure';
import { UsageError } from '../usage';
import type { Request, Where } from './context';
import { isGlob, isPlain, meantBy, plain } from './expand';
import { about } from './failure';
import { remotePaths } from './paths';
import { shown } from './place';
import type { Given, Row } from './rows';
import { requestSettings } from './settings';
import { isNonsense, type Shell } from './shell';
import type { Word } from './words';

/** The commands that look at what is on the server. */
export const LOOKING: readonly Row[] = [
  {
    name: 'list',
    aliases: ['ls', 'dir'],
    usage: '[-l] [-H] [-a] [DIR|FILE|PATTERN…]',
    text: 'show the names in a directory on the server, a file, or what a pattern means',
    flags: [
      { name: 'long', short: 'l', text: 'type, size and time of each' },
      { name: 'human', short: 'H', text: 'sizes for people: 4.5K instead of 4608' },
      { name: 'all', short: 'a', text: '. and .. as well' },
    ],
    takes: 'remote',
    words: [0, Infinity],
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
    run: async ({ shell, where }) => {
      shell.result('pwd', { path: shell.place.directory }, where);
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
  const { shell, words, signal } = given;
  const wanted: readonly (Word | undefined)[] = words.length === 0 ? [undefined] : words;
  const all = [];
  // A word that makes no sense spoils all of them.
  for (const word of wanted) all.push({ word, listing: listingOf(given, word) });
  let code = 0;
  let shown = false;
  for (const { word, listing } of all) {
    const settled = await settledListing(given, listing);
    // In JSON each list says itself which one it is.
    const heads = all.length > 1 && settled.keep === undefined && shell.context.print === undefined;
    const heading = heads ? [...(shown ? [''] : []), `${word?.text ?? ''}:`] : [];
    const ended = await listOne(given, settled, heading);
    if (ended === 0) shown = true;
    else code = ended;
    if (signal.aborted) break;
  }
  return code;
}

/** What a word of a list means. */
interface Listing {
  readonly path: string;
  /** Of a pattern, or of one name: which entries; absent: all of them. */
  readonly keep?: (name: string) => boolean;
  /** What was asked for, where that is not `path`. */
  readonly asked?: string;
  /** It was typed, and may be a file. */
  readonly named: boolean;
}

function listingOf({ shell }: Given, word: Word | undefined): Listing {
  const glob = word?.glob;
  const cut = (glob ?? '').lastIndexOf('/') + 1;
  const directory = glob?.slice(0, cut) ?? '';
  const last = glob?.slice(cut) ?? '';
  if (isGlob(directory)) throw new UsageError(`a pattern stands in the last part of a path: ${word?.text ?? ''}`);
  if (glob === undefined || !isGlob(last)) {
    return { path: shell.place.path(word?.text ?? '.'), named: word !== undefined };
  }
  const isWanted = meantBy(last);
  return {
    path: shell.place.path(directory === '' ? '.' : plain(directory)),
    keep: (name) => isPlain(name) && isWanted(name),
    asked: shell.place.path(word?.text ?? '.'),
    named: false,
  };
}

/** A file has no entries: it is one, of the directory that it is in. */
async function settledListing({ shell, signal, where }: Given, listing: Listing): Promise<Listing> {
  const { path, named } = listing;
  // A server that tells nothing but names has no word for asking.
  if (!named || path === '' || shell.plain) return listing;
  try {
    const client = await shell.client(signal, where);
    const { type } = await shell.unlessStopped(client.stat(path), signal);
    if (type === 'dir') return listing;
  } catch (error) {
    if (signal.aborted) throw error;
    // The list itself will be told what is wrong, if anything is.
    return listing;
  }
  const cut = path.lastIndexOf('/');
  const itself = path.slice(cut + 1);
  return { path: path.slice(0, Math.max(cut, 0)), keep: (name) => name === itself, asked: path, named };
}

async function listOne(
  { shell, flags, signal, where }: Given,
  { path, keep, asked }: Listing,
  heading: readonly string[],
): Promise<number> {
  const long = flags.has('long') || flags.has('human');
  const request = {
    verb: 'list',
    path,
    long,
    human: flags.has('human'),
    keep: keep ?? ((name: string) => flags.has('all') || (name !== '.' && name !== '..')),
    ...(asked === undefined ? {} : { asked }),
    settings: requestSettings(shell.settings),
  } as const;
  // A person sees at once which are directories, and the true names of those that a plain listing hides.
  const facts = long || (where === undefined && (await shell.tells(path, signal, where)));
  return shell.run({ ...request, long: facts }, signal, where, { drawn: request, heading });
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
    if (type !== 'dir') throw new ExitError('not-a-directory', EXIT.notFound, `${shown(path)} is no directory`);
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
