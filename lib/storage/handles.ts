import { constants, type BigIntStats } from 'node:fs';
import { decodeName, encodeName, isUtf8Clean } from '../wire/names';
import { errnoOf } from './errno';
import type { Io, Place } from './io';
import {
  isClosed,
  LINK,
  MAX_LINKS,
  outside,
  segmentsOf,
  tooManyLinks,
  within,
  type Dir,
  type Rooted,
  type Visit,
} from './rooted';
import { isLink } from './stats';

/**
 * Linux: every name is looked up in a directory that is held open, as /proc/self/fd/N/NAME. The kernel
 * resolves that prefix to the open directory itself, so whoever moves or swaps directories meanwhile moves
 * nothing of ours. The walk is openat2's RESOLVE_BENEATH by hand, as Node has no openat.
 */

/** From Linux's headers; Node does not name it. A directory one may search but not read opens so too. */
const O_PATH = 0o10000000;
const ENTER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Directories entered for one path. A link to `a/../b/../…` walks again from the root for each `..`;
 * this bounds what a tree full of such links can cost. A path of 4096 bytes has at most 2048 segments.
 */
const MAX_STEPS = 4096;

/** Undefined where /proc/self/fd does not lead into open directories (not Linux, or no /proc). */
export async function openHandleRoot(io: Io, real: Buffer): Promise<Rooted | undefined> {
  // Elsewhere the same bits mean something else.
  if (process.platform !== 'linux') return undefined;
  const fd = await io.open(real, ENTER);
  try {
    const [opened, through] = [await io.fstat(fd), await io.lstat(`/proc/self/fd/${fd}/.`)];
    if (opened.ino === through.ino && opened.dev === through.dev) return new HandleRoot(io, fd, decodeName(real));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') {
      io.closeNow(fd);
      throw error;
    }
  }
  io.closeNow(fd);
  return undefined;
}

class HandleDir implements Dir {
  readonly #io: Io;
  readonly #fd: number;
  readonly #prefix: string;
  #users = 1;
  #identity: string | undefined;

  constructor(io: Io, fd: number) {
    this.#io = io;
    this.#fd = fd;
    this.#prefix = `/proc/self/fd/${fd}/`;
  }

  at(name: string): Place {
    // Once closed, the number belongs to whatever was opened since: that must never be looked into.
    if (this.#users === 0) throw isClosed();
    return isUtf8Clean(name) ? this.#prefix + name : Buffer.concat([Buffer.from(this.#prefix), encodeName(name)]);
  }

  async enter(name: string): Promise<Dir | typeof LINK> {
    if (name === '.') return this.hold();
    try {
      return new HandleDir(this.#io, await this.#io.open(this.at(name), ENTER));
    } catch (error) {
      // A link and a plain file both answer so.
      if (errnoOf(error) === 'ENOTDIR' && isLink(await this.#io.lstat(this.at(name)))) return LINK;
      throw error;
    }
  }

  confirm(_name: string, _opened?: BigIntStats): void {}

  async identity(): Promise<string> {
    if (this.#identity === undefined) {
      const { dev, ino } = await this.#io.fstat(this.#fd);
      this.#identity = `${dev}:${ino}`;
    }
    return this.#identity;
  }

  hold(): this {
    if (this.#users === 0) throw isClosed();
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#io.closeNow(this.#fd);
  }
}

class HandleRoot implements Rooted {
  readonly #io: Io;
  readonly #root: HandleDir;
  readonly #real: string;
  #closed = false;

  constructor(io: Io, fd: number, real: string) {
    this.#io = io;
    this.#root = new HandleDir(io, fd);
    this.#real = real;
  }

  async visit<T>(path: string, visit: Visit<T>): Promise<T> {
    if (this.#closed) throw isClosed();
    let pending = segmentsOf(path);
    /** The names, none of them a link, that led from the root to `here`. */
    let trail: string[] = [];
    let here: Dir = this.#root.hold();
    const restart = (): void => {
      const root = this.#root.hold();
      here.release();
      here = root;
      trail = [];
    };
    try {
      for (let links = 0, steps = 0; ; steps += 1) {
        if (links > MAX_LINKS || steps > MAX_STEPS) throw tooManyLinks(path);
        const name = pending.shift() ?? '.';
        if (name === '..') {
          // Not by opening `..`: a directory moved out of the root meanwhile has its parent out there.
          if (trail.length === 0) throw outside(path);
          pending = [...trail.slice(0, -1), ...pending];
          restart();
          continue;
        }
        if (pending.length === 0) {
          const result = await visit(here, name, trail);
          if (result !== LINK) return result;
        } else {
          const next = await here.enter(name);
          if (next !== LINK) {
            here.release();
            here = next;
            trail.push(name);
            continue;
          }
        }
        links += 1;
        const target = await this.#target(here, name);
        if (target === undefined) {
          pending.unshift(name);
          continue;
        }
        let inside: string | undefined = target;
        if (target.startsWith('/')) {
          inside = within(this.#real, target);
          if (inside === undefined) throw outside(path);
          restart();
        }
        pending = [...inside.split('/').filter((segment) => segment !== '' && segment !== '.'), ...pending];
      }
    } finally {
      here.release();
    }
  }

  async parent(path: string): Promise<{ dir: Dir; name: string }> {
    return this.visit(path, (dir, name) => ({ dir: dir.hold(), name }));
  }

  async directory(path: string): Promise<Dir> {
    return this.visit<Dir>(path, (dir, name) => dir.enter(name));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#root.release();
  }

  /** Where the link points; undefined when it is no link any more. */
  async #target(dir: Dir, name: string): Promise<string | undefined> {
    try {
      return decodeName(await this.#io.readlink(dir.at(name)));
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return undefined;
      throw error;
    }
  }
}
