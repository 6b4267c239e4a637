import { join } from 'node:path';
import { isTwinportError } from '../errors';
import type { Command } from './command';
import { localNameFor, once, remoteNameFor, sameHere } from './names';
import type { ClientOptions } from './options';
import type { FilePair, Request, Settings } from './request';
import type { Look } from './shell/expand';
import { UsageError } from './usage';

/** What is asked of the server, and told, to settle the names of a command. */
export interface Settling {
  readonly options: ClientOptions;
  /** Where it goes, if that was settled beforehand: here for a get, there for a put. */
  readonly name?: string | undefined;
  readonly look: Look;
  readonly note: (sentence: string) => void;
  /** Tells of a pattern that means nothing, or whose directory the server refuses: the others go on. */
  readonly unmet: (error: unknown, pattern: string) => Promise<void>;
}

type Put = Extract<Command, { verb: 'put' }>;
type List = Extract<Request, { verb: 'list' }>;

/**
 * What the command line asks for, every name settled. Throws a UsageError before anything was asked of the server
 * where a name can never work. Where a pattern means nothing `unmet` is told, and there may be no file left.
 */
export async function settle(command: Command, settling: Settling): Promise<Request> {
  const { options } = settling;
  const settings: Settings = {
    passive: options.passive,
    ...(options.onExists === undefined ? {} : { onExists: options.onExists }),
  };
  switch (command.verb) {
    case 'list': {
      const { long, human, json, print0 } = options;
      const exact = print0 && options.dialect === undefined ? ({ exact: true } as const) : {};
      return { verb: 'list', ...listed(command.path, options), long: long || human || json, human, ...exact, settings };
    }
    case 'get':
      return { verb: 'get', files: await filesToGet(command.paths, settling), chosen: isChosen(settling), settings };
    case 'put':
      return { verb: 'put', files: await filesToPut(command, settling), settings };
    case 'stat':
      return { verb: 'stat', ...firstAndMore(command.paths) };
    case 'digest':
      return { verb: 'digest', ...firstAndMore(command.paths), sha256: options.digest === 'sha256' };
    case 'mkdir':
      return { verb: 'mkdir', paths: command.paths, parents: options.parents };
    case 'delete':
      return { verb: 'delete', paths: command.paths };
    default:
      return command;
  }
}

/** A pattern in the last segment says which names of a directory are wanted; one that is spelled like it is. */
function listed(path: string, { glob, dialect }: ClientOptions): Pick<List, 'path' | 'keep' | 'asked'> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!glob || dialect !== undefined || !isPattern(name)) return { path };
  const { meantBy } = require('./shell/expand') as typeof import('./shell/expand');
  return { path: path.slice(0, -name.length), keep: meantBy(name), asked: path };
}

const isChosen = ({ options, name }: Settling): boolean => options.output !== undefined && name === undefined;

function firstAndMore([path = '', ...more]: readonly string[]): { path: string; more?: readonly string[] } {
  return more.length === 0 ? { path } : { path, more };
}

async function filesToGet(paths: readonly string[], settling: Settling): Promise<readonly FilePair[]> {
  const { options, name } = settling;
  const isOne = (path: string): boolean => !options.glob || !isPattern(path);
  if (options.output !== undefined && options.output !== '-' && paths.length > 1) {
    throw new UsageError('--output names one file, and here are several; --to DIR takes them all');
  }
  const local = (path: string): string => name ?? options.output ?? join(options.to ?? '', localNameFor(path));
  // All of them, before the first is asked for: a name that can never work is a matter of usage.
  const toStdout = name === undefined && options.output === '-';
  const pair = (remote: string): FilePair => ({ remote, local: local(remote), ...(toStdout && { standard: true }) });
  const known = paths.map((path) => (isOne(path) ? pair(path) : path));
  const files: FilePair[] = [];
  for (const one of known) {
    if (typeof one !== 'string') files.push(one);
    else for (const remote of await matching(one, settling)) files.push(pair(remote));
  }
  const wanted = files.length < 2 ? files : once(files, ({ remote }) => sameThere(remote, options));
  if (options.output !== undefined && options.output !== '-' && wanted.length > 1) {
    throw new UsageError(`--output names one file, and ${wanted.length} match; --to DIR takes them all`);
  }
  return wanted;
}

/** Of our own servers `./a` and `a` are one file. What others make of a path nobody knows. */
function sameThere(path: string, { dialect }: ClientOptions): string {
  const { normalisePath } = require('../wire/paths') as typeof import('../wire/paths');
  return dialect === undefined ? normalisePath(path) : path;
}

/** None is told of, and so is a directory that is not there; a lost connection ends all of it. */
async function matching(pattern: string, { look, unmet }: Settling): Promise<readonly string[]> {
  const { expand } = require('./shell/expand') as typeof import('./shell/expand');
  try {
    const found = await expand(pattern, look);
    if (found.length > 0) return found;
    const { EXIT } = require('./exit') as typeof import('./exit');
    const { ExitError } = require('./failure') as typeof import('./failure');
    await unmet(new ExitError('not-found', EXIT.notFound, `no file matches ${pattern}`), pattern);
  } catch (error) {
    if (!isTwinportError(error, 'refused') || error.reply === 421) throw error;
    await unmet(error, pattern);
  }
  return [];
}

function isPattern(path: string): boolean {
  // Most names have none of these, and need nothing loaded.
  return /[*?[]/.test(path) && (require('./shell/expand') as typeof import('./shell/expand')).isGlob(path);
}

/** LOCAL; LOCAL REMOTE; with three or more, or with `--to`, all are here, and the last may be a directory there: `DIR/`. */
async function filesToPut({ names }: Put, { options, name, note }: Settling): Promise<readonly FilePair[]> {
  const [first = '', second] = names;
  const standard = first === '-' ? ({ standard: true } as const) : {};
  if (name !== undefined) return [{ local: first, remote: name, ...standard }];
  if (options.to !== undefined) return several(names, options.to);
  const last = names.at(-1) ?? '';
  if (names.length > 1 && last.endsWith('/')) return several(names.slice(0, -1), last);
  if (names.length > 2) return several(names, '');
  if (second === undefined) return [into('', first)];
  if (first !== '-' && second !== first && (await isHere(second))) {
    // What `-p *.log` becomes where two files match: worth a word, and never worth a refusal.
    note(`${first} will be called ${second} there; to put both, --to DIR, or a last word DIR/`);
  }
  return [{ local: first, remote: second, ...standard }];
}

function several(names: readonly string[], directory: string): readonly FilePair[] {
  return once(
    names.map((local) => into(directory, local)),
    ({ local }) => sameHere(local),
  );
}

function isHere(path: string): Promise<boolean> {
  const { checkLocalFile } = require('./localFile') as typeof import('./localFile');
  return checkLocalFile(path).then(
    () => true,
    () => false,
  );
}

function into(directory: string, local: string): FilePair {
  if (local === '-') throw new UsageError('what standard input holds has no name: -p - NAME');
  const name = remoteNameFor(local);
  return { local, remote: directory === '' ? name : `${directory.replace(/\/+$/, '')}/${name}` };
}
