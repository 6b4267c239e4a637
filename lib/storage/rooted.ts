import type { BigIntStats } from 'node:fs';
import { TwinportError } from '../errors';
import { shown } from './errno';
import type { Place, Soon } from './io';

/**
 * Nothing outside the served directory is ever reached: not by `..`, not through a symbolic link, not by
 * swapping one for the other between the check and the use. Two rooms keep that promise: `handles` in
 * full, where the kernel lets names be looked up in an open directory (Linux), `narrow` as well as paths
 * can, elsewhere.
 */

/** A directory that was reached safely. Names in it are single segments, or `.`. */
export interface Dir {
  /** Where the kernel finds `name` in this directory. It does not look whether that is a link. */
  at(name: string): Place;
  /** The directory `name` in this one, held; LINK when `name` is a symbolic link. */
  enter(name: string): Promise<Dir | typeof LINK>;
  /**
   * Asks, after the fact, whether what was opened as `name` really was in this directory; `denied` if not.
   * A directory known by its handle needs no asking.
   */
  confirm(name: string, opened?: BigIntStats): Soon<void>;
  /** The same text for the same directory, whatever path led to it. */
  identity(): Soon<string>;
  /** One more user; each must `release`. */
  hold(): this;
  release(): void;
}

/** What a visit answers when the name it was shown is a symbolic link: it is called again where that leads. */
export const LINK = Symbol('link');

/** `above`: the names, none of them a link, that lead from the root to `dir`. */
export type Visit<T> = (dir: Dir, name: string, above: readonly string[]) => Soon<T | typeof LINK>;

export interface Rooted {
  /** Does what was asked at the place `path` names. Links on the way are resolved within the root. */
  visit<T>(path: string, visit: Visit<T>): Promise<T>;
  /** The directory that is to hold `path`, held, and the last segment (`.` for the root), link or not. */
  parent(path: string): Promise<{ readonly dir: Dir; readonly name: string }>;
  /** The directory at `path`, held. */
  directory(path: string): Promise<Dir>;
  /** What was reached before stays usable until released; nothing new is. */
  close(): void;
}

/** As many links as the kernel itself follows in one path (path_resolution(7)). */
export const MAX_LINKS = 40;

/** The segments of a normalised path. Not trusting the caller costs nothing: one `..` here is the disk. */
export function segmentsOf(path: string): string[] {
  if (path === '') return [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..') throw outside(path);
  }
  return segments;
}

/** What of the absolute path `target` lies under `root`; undefined when it is elsewhere, /srv-evil for /srv too. */
export function within(root: string, target: string): string | undefined {
  if (target === root) return '';
  const stem = root.endsWith('/') ? root : `${root}/`;
  return target.startsWith(stem) ? target.slice(stem.length) : undefined;
}

export function outside(path: string): TwinportError {
  return new TwinportError('denied', `${shown(path)} leads outside the served directory`);
}

export function tooManyLinks(path: string): TwinportError {
  return new TwinportError('denied', `${shown(path)}: too many symbolic links`);
}

export function isClosed(): TwinportError {
  return new TwinportError('io-error', 'the storage has been closed');
}
