import type { FileType } from '../index';

/** What a pattern is looked for among. */
export interface Found {
  readonly name: string;
  /** Absent where nobody says: then it may be a file. */
  readonly type?: FileType;
}

/** The entries of a directory, `''` for the root; undefined where it cannot be listed. */
export type Look = (directory: string) => Promise<readonly Found[] | undefined>;

/** Directories one pattern may lead through, so that it cannot walk a server for ever. */
const MOST_DIRECTORIES = 1000;

/** Whether a word is a pattern: the characters of sh, without the inventions of later shells. */
export function isPattern(word: string): boolean {
  return /[*?[]/.test(word);
}

/**
 * Says which names `pattern` means: `*` any characters, `?` one, `[a-z]` one of them; a name that begins with a dot
 * only where the pattern does. Braces, parentheses and `!` are letters.
 */
export function matcher(pattern: string): (name: string) => boolean {
  const picomatch = require('picomatch') as typeof import('picomatch');
  const options = { dot: false, nobrace: true, noextglob: true, nonegate: true, noglobstar: true } as const;
  const matches = picomatch(pattern.replace(/[(){}|+@]/g, '\\$&').replaceAll('[!', '[^'), options);
  return (name) => matches(name);
}

/**
 * The files that `pattern` means, in byte order; each segment of the path may be one. A name that is spelled just
 * like the pattern is what was meant. Directories are left out, where it is known what they are. Empty: nothing is.
 */
export async function expandPattern(pattern: string, look: Look): Promise<readonly string[]> {
  const segments = pattern.split('/').filter((segment) => segment !== '');
  let directories = pattern.startsWith('/') ? ['/'] : [''];
  for (const [at, segment] of segments.entries()) {
    const last = at === segments.length - 1;
    const found: string[] = [];
    for (const directory of directories.slice(0, MOST_DIRECTORIES)) {
      if (!last && !isPattern(segment)) found.push(below(directory, segment));
      else found.push(...(await among(directory, segment, last, look)));
    }
    directories = found;
  }
  return directories;
}

async function among(directory: string, segment: string, last: boolean, look: Look): Promise<readonly string[]> {
  const entries = await look(directory);
  if (entries === undefined) return [];
  const wanted = last ? isFile : isDirectory;
  const literal = entries.find((entry) => entry.name === segment && wanted(entry));
  if (literal !== undefined) return [below(directory, segment)];
  if (!isPattern(segment)) return [];
  const matches = matcher(segment);
  const names = entries.filter((entry) => isPlain(entry) && wanted(entry) && matches(entry.name));
  return names
    .map(({ name }) => name)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => below(directory, name));
}

const isFile = ({ type }: Found): boolean => type === undefined || type !== 'dir';
const isDirectory = ({ type }: Found): boolean => type === undefined || type === 'dir';

/** A name with a slash in it is a path, and no server may choose those for us. */
const isPlain = ({ name }: Found): boolean => name !== '' && name !== '.' && name !== '..' && !name.includes('/');

const below = (directory: string, name: string): string =>
  directory === '' || directory === '/' ? `${directory}${name}` : `${directory}/${name}`;
