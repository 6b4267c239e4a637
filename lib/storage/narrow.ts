import { type BigIntStats } from 'node:fs';
import * as nodePath from 'node:path';
import { decodeName } from '../wire/names';
import { placeAt, type Io, type Place } from './io';
import {
  isClosed,
  LINK,
  MAX_LINKS,
  outside,
  segmentsOf,
  tooManyLinks,
  type Dir,
  type Rooted,
  type Visit,
} from './rooted';
import { isLink } from './stats';

/**
 * Where directories cannot be worked in by handle: the real path is asked for first and must lie under
 * the root, files are opened without following a link, and asked about again once open. The narrower
 * promise: a name swapped while it is being opened for reading is noticed; one swapped between that check
 * and the making of a part or its renaming is not.
 */

export async function openNarrowRoot(io: Io, real: Buffer): Promise<Rooted> {
  const stats = await io.stat(real);
  if (!stats.isDirectory()) throw notDirectory();
  return new NarrowRoot(io, decodeName(real));
}

class NarrowDir implements Dir {
  readonly #io: Io;
  readonly #path: string;

  constructor(io: Io, path: string) {
    this.#io = io;
    this.#path = path;
  }

  at(name: string): Place {
    return placeAt(nodePath.join(this.#path, name));
  }

  async enter(name: string): Promise<Dir | typeof LINK> {
    const stats = await this.#io.lstat(this.at(name));
    if (isLink(stats)) return LINK;
    if (!stats.isDirectory()) throw notDirectory();
    return new NarrowDir(this.#io, nodePath.join(this.#path, name));
  }

  async confirm(name: string, opened?: BigIntStats): Promise<void> {
    const real = decodeName(await this.#io.realpath(placeAt(this.#path)));
    // The real path alone could have been swapped away and back: only the file itself tells.
    const there = opened === undefined ? undefined : await this.#io.lstat(this.at(name));
    if (real !== this.#path || there?.ino !== opened?.ino || there?.dev !== opened?.dev) throw outside(name);
  }

  identity(): string {
    return this.#path;
  }

  hold(): this {
    return this;
  }

  release(): void {}
}

class NarrowRoot implements Rooted {
  readonly #io: Io;
  readonly #real: string;
  #closed = false;

  constructor(io: Io, real: string) {
    this.#io = io;
    this.#real = real;
  }

  async visit<T>(path: string, visit: Visit<T>): Promise<T> {
    if (this.#closed) throw isClosed();
    const segments = segmentsOf(path);
    if (process.platform === 'win32' && segments.some(isTrickOnWindows)) throw outside(path);
    if (segments.length === 0) return this.#at(new NarrowDir(this.#io, this.#real), '.', visit, path);
    let full = nodePath.join(this.#real, ...segments);
    for (let links = 0; links <= MAX_LINKS; links += 1) {
      const parent = decodeName(await this.#io.realpath(placeAt(nodePath.dirname(full))));
      if (!this.#holds(parent)) throw outside(path);
      const above = nodePath.relative(this.#real, parent).split(nodePath.sep);
      const trail = above.filter((segment) => segment !== '');
      const result = await visit(new NarrowDir(this.#io, parent), nodePath.basename(full), trail);
      if (result !== LINK) return result;
      full = decodeName(await this.#io.realpath(placeAt(full)));
      if (!this.#holds(full)) throw outside(path);
      if (full === this.#real) return this.#at(new NarrowDir(this.#io, full), '.', visit, path);
    }
    throw tooManyLinks(path);
  }

  async parent(path: string): Promise<{ dir: Dir; name: string }> {
    return this.visit(path, (dir, name) => ({ dir, name }));
  }

  async directory(path: string): Promise<Dir> {
    return this.visit<Dir>(path, (dir, name) => dir.enter(name));
  }

  close(): void {
    this.#closed = true;
  }

  async #at<T>(dir: Dir, name: string, visit: Visit<T>, path: string): Promise<T> {
    const result = await visit(dir, name, []);
    if (result === LINK) throw outside(path);
    return result;
  }

  #holds(real: string): boolean {
    const relative = nodePath.relative(this.#real, real);
    return relative !== '..' && !relative.startsWith(`..${nodePath.sep}`) && !nodePath.isAbsolute(relative);
  }
}

function notDirectory(): Error {
  return Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
}

/**
 * Names that mean something else to Windows: other separators, drives and alternate streams (`C:`, `a::$DATA`),
 * devices (`NUL.txt`), and endings it drops, so that two names would be one file.
 */
export function isTrickOnWindows(segment: string): boolean {
  return /[\\:*?"<>|]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i.test(segment);
}
