import { isAbsolute, join } from 'node:path';
import { normalisePath } from '../../wire/paths';
import { EXIT } from '../exit';
import { ExitError } from '../failure';
import { UsageError } from '../usage';
import type { Here } from './context';
import { homeOf } from './history';
import type { Word } from './words';

/** Where the shell stands on the server: what relative paths begin at. */
export class Place {
  private at = '';
  private before: string | undefined;

  /** From the served root, without a leading slash. */
  get directory(): string {
    return this.at;
  }

  /** What `cd -` goes back to. */
  get last(): string {
    if (this.before === undefined) throw new UsageError('there is no directory to go back to yet');
    return this.before;
  }

  /** As it is shown. */
  get shown(): string {
    return shown(this.at);
  }

  move(directory: string): void {
    if (directory !== this.at) this.before = this.at;
    this.at = directory;
  }

  /** A path as it was typed, from the served root: `..` never leads above it. */
  path(typed: string): string {
    if (typed === '') throw new UsageError('a name cannot be empty');
    return normalisePath(typed.startsWith('/') ? typed : `${this.at}/${typed}`);
  }
}

/** A path from the served root as it is shown and typed: `/` is the root. */
export function shown(path: string): string {
  return `/${path}`;
}

/** A local path as it was typed; an unquoted `~` is the home directory. */
export function localPath({ text, literal }: Pick<Word, 'text' | 'literal'>, { env }: Pick<Here, 'env'>): string {
  if (text === '') throw new UsageError('a name cannot be empty');
  if (literal || !/^~(\/|$)/.test(text)) return text;
  const home = homeOf(env);
  if (home === undefined) throw new UsageError('there is no home directory: ~ leads nowhere');
  return `${home}${text.slice(1)}`;
}

/** The same from the root of this system. */
export function absolute(path: string, here: Pick<Here, 'cwd'>): string {
  return isAbsolute(path) ? path : join(cwdOf(here), path);
}

/** Where we are here. Throws a sentence where somebody has removed it meanwhile. */
export function cwdOf(here: Pick<Here, 'cwd'>): string {
  try {
    return here.cwd();
  } catch {
    throw new ExitError('not-found', EXIT.localRead, 'the directory we are in here is gone; lcd leads to another');
  }
}
