import { shown } from './place';
import { remotePaths } from './paths';
import { UsageError } from '../usage';
import type { Given, Row } from './rows';

/** The commands that change names on the server. */
export const CHANGING: readonly Row[] = [
  {
    name: 'delete',
    aliases: ['rm', 'del'],
    usage: 'PATH|PATTERN…',
    text: 'remove files, or empty directories, on the server; a pattern means both',
    takes: 'remote',
    words: [1, Infinity],
    changes: true,
    run: remove,
  },
  {
    name: 'mkdir',
    usage: '[-p] DIR…',
    text: 'make directories on the server',
    flags: [{ name: 'parents', short: 'p', text: 'and those above; one that is there already is no failure' }],
    takes: 'remote-directory',
    words: [1, Infinity],
    changes: true,
    run: ({ shell, words, flags, signal, where }) => {
      const paths = words.map(({ text }) => shell.place.path(text));
      return shell.run({ verb: 'mkdir', paths, parents: flags.has('parents') }, signal, where);
    },
  },
  {
    name: 'rename',
    aliases: ['mv'],
    usage: 'OLD NEW',
    text: 'give a file or a directory on the server another name, never one that is taken',
    takes: 'remote',
    words: [2, 2],
    changes: true,
    run: ({ shell, words, signal, where }) => {
      const [from = '', to = ''] = words.map(({ text }) => shell.place.path(text));
      return shell.run({ verb: 'rename', from, to }, signal, where);
    },
  },
];

async function remove(given: Given): Promise<number> {
  const { shell, signal, where } = given;
  // A pattern shows directories in ls: what it shows is what it means here.
  const { paths, code } = await remotePaths(given, 'all');
  if (paths.includes('')) throw new UsageError(`${shown('')} is what the server serves, and stays`);
  if (paths.length === 0) return code;
  return (await shell.run({ verb: 'delete', paths }, signal, where)) || code;
}
