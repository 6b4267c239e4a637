import { matcher } from './pattern';

/** What a pattern is looked for among; the type is absent where nobody tells it. */
export interface Found {
  readonly name: string;
  readonly type?: 'file' | 'dir' | 'other';
}

/** The entries of a directory; `''` is where the pattern begins. */
export type Look = (directory: string) => Promise<readonly Found[]>;

/** Directories one pattern may lead through: it shall not walk a server for ever. */
const MOST_DIRECTORIES = 1000;

/** What a pattern may mean at its end: most commands have no use for a directory. */
export type Wanted = 'files' | 'all' | 'directories';

/**
 * The files that a `Word.glob` means, in the order of their bytes; each part of the path may be a pattern. An entry that
 * is spelled like the pattern is what was meant. Directories are left out unless they are `wanted`, and what cannot be
 * looked into is passed over unless it is named. Rejects as `look` does for the first directory.
 */
export async function expand(glob: string, look: Look, wanted: Wanted = 'files'): Promise<readonly string[]> {
  const root = glob.startsWith('/') ? '/' : '';
  const parts = glob.split('/').filter((part) => part !== '');
  let found: readonly string[] = [root];
  for (const [at, part] of parts.entries()) {
    const last = at === parts.length - 1;
    if (!isGlob(part) && !last) {
      found = found.map((directory) => below(directory, plain(part)));
      continue;
    }
    const next: string[] = [];
    for (const directory of found.slice(0, MOST_DIRECTORIES)) {
      const entries = found.length === 1 ? await look(directory) : await look(directory).catch(() => []);
      // One by one: there may be more than a call takes arguments.
      for (const name of among(entries, part, last ? wanted : 'directories')) next.push(below(directory, name));
    }
    found = next;
  }
  return found;
}

function among(entries: readonly Found[], part: string, kind: Wanted): readonly string[] {
  const fits = (type: Found['type']): boolean =>
    type === undefined || kind === 'all' || (type === 'dir') === (kind === 'directories');
  const wanted = entries.filter(({ name, type }) => isPlain(name) && fits(type));
  const itself = plain(part);
  if (wanted.some(({ name }) => name === itself)) return [itself];
  const matches = isGlob(part) ? matcher(part) : () => false;
  // A server may tell of a name twice; it is asked for once.
  return [...new Set(wanted.map(({ name }) => name))]
    .filter(matches)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** A `*`, a `?`, or a set: `[` and `]` with a letter between them, in one part of a path. A backslash quotes. */
export function isGlob(path: string): boolean {
  return /[*?]|\[(?:[!^][^/]|[^!^/])[^\]/]*\]/.test(path.replace(/\\[^]/g, 'x'));
}

/** Whether a name is meant by a part of a pattern: one that matches it, or is spelled like it. */
export function meantBy(part: string): (name: string) => boolean {
  const matches = matcher(part);
  const itself = plain(part);
  return (name) => matches(name) || name === itself;
}

/** A part of a pattern as a name. */
export function plain(part: string): string {
  return part.replace(/\\([^])/g, '$1');
}

/** A name with a slash in it is a path, and no server chooses those for us. */
export function isPlain(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}

function below(directory: string, name: string): string {
  return directory === '' || directory === '/' ? `${directory}${name}` : `${directory}/${name}`;
}
