import { UsageError } from './usage';

/** `.` and `..` are directories everywhere, and no directory is overwritten or sent. */
function lastName(path: string, what: string): string {
  const name = segments(path).at(-1) ?? '';
  if (name === '' || name === '.' || name === '..') throw new UsageError(`"${path}" names no file: ${what}`);
  return name;
}

/** Windows takes both slashes; elsewhere a backslash is a letter. */
function segments(path: string): string[] {
  return path.split(process.platform === 'win32' ? /[/\\]/ : '/').filter((segment) => segment !== '');
}

/** Each once, where it came first: what a name and a pattern mean, or two patterns, is one file all the same. */
export function once<T>(files: readonly T[], keyOf: (file: T) => string): readonly T[] {
  const seen = new Set<string>();
  return files.filter((file) => seen.size < seen.add(keyOf(file)).size);
}

/** One spelling of a path here, without what says nothing. A `..` stays: behind a link it leads elsewhere. */
export function sameHere(local: string): string {
  return local.replace(/\/(\.?\/)+/g, '/').replace(/^(\.\/)+/, '');
}

/** Where a get goes without `-o`: `a/b` becomes `b` in the current directory. */
export function localNameFor(remote: string): string {
  return lastName(remote, 'say where it shall go with -o FILE');
}

/** What a put is called there without REMOTE: `a/b` becomes `b`. */
export function remoteNameFor(local: string): string {
  return lastName(local, 'say what it shall be called there: -p LOCAL REMOTE');
}
