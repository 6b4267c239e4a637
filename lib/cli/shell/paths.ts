import { UsageError } from '../usage';
import { expand, type Found, type Wanted } from './expand';
import { about, noMatch } from './failure';
import { namesIn } from './files';
import { absolute, localPath } from './place';
import type { Given } from './rows';
import type { Word } from './words';

/** What the words of a command name, patterns expanded. */
export interface Named {
  readonly paths: readonly string[];
  /** Of the last word that names nothing, which has been told; 0 where each does. */
  readonly code: number;
}

/** Paths on the server; patterns mean files there, or what is `wanted`. One that ends in a slash never means a file then. */
export function remotePaths(given: Given, wanted: Exclude<Wanted, 'directories'> = 'files'): Promise<Named> {
  const { shell, signal, where } = given;
  return named(given, async ({ text, glob }) => {
    if (glob === undefined) return [shell.place.path(text)];
    const client = await shell.client(signal, where);
    const look = async (directory: string): Promise<readonly Found[]> => {
      const path = shell.place.path(directory || '.');
      try {
        return await shell.entries(client, path, signal);
      } catch (error) {
        throw about(path, error);
      }
    };
    const kind = wanted === 'all' && glob.endsWith('/') ? 'directories' : wanted;
    const found = await expand(glob, look, kind);
    return found.map((path) => shell.place.path(path));
  });
}

/** Paths here. */
export function localPaths(given: Given): Promise<Named> {
  const { here } = given.shell.context;
  return named(given, async (word) => {
    const { glob, literal } = word;
    if (glob === undefined) return [localPath(word, here)];
    const pathOf = (text: string): string => localPath({ text, literal }, here);
    const found = await expand(glob, (directory) => namesIn(absolute(pathOf(directory || '.'), here)));
    return found.map(pathOf);
  });
}

async function named(given: Given, find: (word: Word) => Promise<readonly string[]>): Promise<Named> {
  const { shell, words, signal, where } = given;
  const paths: string[] = [];
  let code = 0;
  for (const word of words) {
    try {
      const found = await find(word);
      if (found.length === 0) throw noMatch(word.text, given.row.takes.startsWith('remote'));
      for (const one of found) paths.push(one);
    } catch (error) {
      // Of a word that makes no sense the others would make another command.
      if (signal.aborted || error instanceof UsageError) throw error;
      code = shell.fail(error, where);
    }
  }
  return { paths, code };
}
