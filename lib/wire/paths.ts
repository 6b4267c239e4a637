import { TwinportError } from '../errors';
import { hasControl } from './names';

/**
 * The one spelling of a path under the served root: `/`-separated, no empty or `.` segment, no leading
 * slash, `''` for the root. `..` never climbs above the root, so no path can name what lies outside
 * (symlinks are the storage's affair). Backslashes and drive letters are ordinary characters here, and
 * two Unicode spellings stay two names. Throws `invalid-name` on NUL, which would cut the name short in C.
 */
export function normalisePath(raw: string): string {
  if (raw.includes('\0')) throw new TwinportError('invalid-name', 'A path cannot hold a NUL byte.');
  const segments: string[] = [];
  for (const segment of raw.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}

/** Why somebody's directory beneath the served one cannot be written so; undefined where it can. */
export function rootFault(raw: string): string | undefined {
  // Harmless, since it never climbs; but whoever wrote it meant another directory than he would get.
  if (raw.split('/').includes('..')) return 'is a directory beneath the served one, without ".."';
  return hasControl(raw) ? 'cannot hold control characters' : undefined;
}

/** The last segment of a normalised path; `''` for the root. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * True when a name that came from elsewhere is safe as the name of one local file: it cannot leave its
 * directory (`../x`, `/etc/x`) or hide controls. On Windows `..\x` and `C:\x` leave it too; elsewhere
 * `\` and `:` are ordinary characters.
 */
export function isPlainName(name: string, windows = false): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || hasControl(name)) return false;
  return !windows || !/[\\:]/.test(name);
}
