import { constants, type BigIntStats } from 'node:fs';
import { TwinportError } from '../errors';
import { Descriptor } from './descriptor';
import { errnoOf, shown } from './errno';
import { isPast, letGo, ownName, release, reserve } from './holders';
import type { Io } from './io';
import { restName, whatOf, whatOfNothing } from './partNames';
import type { Dir, Rooted } from './rooted';
import { scan, type PartTimes } from './scan';
import { typeOf } from './stats';
import { sweep } from './sweep';
import type { Trail } from './walk';

/**
 * Parts: the hidden files that puts and gets are written into. One writer each. A keyed part is claimed by
 * renaming it to a name that says who we are: of all who try, one rename succeeds.
 */

/** What was found beside the file, less than this ago, is believed when nothing is to be continued. */
const SCAN_AGAIN = 60_000;
/** Directories whose last scan is remembered. */
const SCANS = 1024;

const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CONTINUE = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface PartRequest {
  /** The file it is to become, beside it. */
  readonly name: string;
  /** As the user gave it, for messages. */
  readonly path: string;
  readonly key: string | undefined;
  readonly offset: number;
  /** Permissions of a new part, before the umask. */
  readonly mode: number;
}

/** A part that this process holds, open. */
export class Part {
  readonly dir: Dir;
  readonly name: string;
  readonly file: Descriptor;
  readonly #io: Io;
  readonly #claim: Claim;

  constructor(io: Io, dir: Dir, claim: Claim, file: Descriptor) {
    this.#io = io;
    this.dir = dir.hold();
    this.name = claim.name;
    this.file = file;
    this.#claim = claim;
  }

  /** Closes the part and lets anyone continue it. One that nobody can, or with nothing in it, is removed. */
  async rest(): Promise<void> {
    // Closed first: no write of ours may be under way when another claims it.
    await this.file.close();
    if (this.#claim.place === undefined) return this.remove();
    try {
      const { size } = await this.#io.lstat(this.dir.at(this.name));
      if (size === 0n) return await this.remove();
      await this.#io.rename(this.dir.at(this.name), this.dir.at(restName(this.#claim.what)));
    } catch {
      // It keeps our name then, and is found by a scan once we are gone.
    }
    this.forget();
  }

  async remove(): Promise<void> {
    await this.file.close();
    try {
      await this.#io.unlink(this.dir.at(this.name));
    } catch {
      // Gone already; or it expires.
    }
    this.forget();
  }

  /** Its name is no part's any more. */
  forget(): void {
    letGo(this.name);
    if (this.#claim.place !== undefined) release(this.#claim.place);
    this.dir.release();
  }
}

interface Claim {
  readonly what: string;
  /** Our name for it. */
  readonly name: string;
  /** Which part of which directory is reserved; undefined when it cannot be continued. */
  readonly place: string | undefined;
}

export class Parts {
  readonly #io: Io;
  readonly #times: PartTimes;
  readonly #scans = new Map<string, number>();
  /** Where the last look for what has expired had to end. */
  #swept: Trail | undefined;

  constructor(io: Io, times: PartTimes) {
    this.#io = io;
    this.#times = times;
  }

  async open(dir: Dir, request: PartRequest): Promise<Part> {
    const { key, offset, path } = request;
    if (key === undefined && offset > 0) throw cannotResume(path);
    const what = key === undefined ? whatOfNothing() : whatOf(key, request.name);
    const identity = await dir.identity();
    const place = key === undefined ? undefined : `${identity}/${what}`;
    if (place !== undefined && !reserve(place)) throw inUse(path);
    const claim: Claim = { what, place, name: ownName(what) };
    try {
      const file =
        offset === 0
          ? await this.#create(dir, claim, request, this.#isScanDue(identity))
          : await this.#continue(dir, claim, request);
      return new Part(this.#io, dir, claim, file);
    } catch (error) {
      letGo(claim.name);
      if (place !== undefined) release(place);
      throw error;
    }
  }

  /** Bytes that `open` with this key could continue; 0 while somebody is writing them. */
  async length(dir: Dir, name: string, key: string): Promise<number> {
    const what = whatOf(key, name);
    const rest = await this.#lengthOf(dir, restName(what));
    if (rest > 0) return rest;
    const left = (await this.#left(dir, what)).filter((part) => !part.held);
    return Math.max(0, ...left.map((part) => part.size));
  }

  async #create(dir: Dir, claim: Claim, { path, mode }: PartRequest, scanFirst: boolean): Promise<Descriptor> {
    if (scanFirst) {
      for (const part of await scan(this.#io, dir, claim.what, this.#times, false)) {
        if (part.held) throw inUse(path);
        await this.#remove(dir, part.name);
      }
    }
    if (claim.place !== undefined) await this.#remove(dir, restName(claim.what));
    const file = new Descriptor(this.#io, await this.#io.open(dir.at(claim.name), CREATE, mode), path, true);
    try {
      await dir.confirm(claim.name);
    } catch (error) {
      await file.close();
      await this.#remove(dir, claim.name);
      throw error;
    }
    return file;
  }

  async #continue(dir: Dir, claim: Claim, { path, offset }: PartRequest): Promise<Descriptor> {
    if (!(await this.#seize(dir, claim, path))) throw cannotResume(path);
    let fd: number;
    try {
      fd = await this.#io.open(dir.at(claim.name), CONTINUE);
    } catch (error) {
      // Another user's, or a link: no business of ours, nor of the next one who asks.
      await this.#rename(dir, claim.name, restName(claim.what));
      // Or a directory: it is the part that is none, and not the file that was asked for.
      throw errnoOf(error) === 'EISDIR' ? cannotResume(path) : error;
    }
    const file = new Descriptor(this.#io, fd, path, true);
    try {
      const stats = await file.stat();
      await dir.confirm(claim.name, stats);
      const expired = this.#isPast(stats);
      // Two names: its writer died between giving it the file's name and taking the part's away. To write
      // into it would be to write into the published file.
      if (typeOf(stats) !== 'file' || stats.nlink !== 1n || expired) {
        await this.#remove(dir, claim.name);
        throw cannotResume(path);
      }
      if (Number(stats.size) < offset) {
        await this.#io.rename(dir.at(claim.name), dir.at(restName(claim.what)));
        throw cannotResume(path);
      }
      if (Number(stats.size) > offset) await file.use((fd) => this.#io.ftruncate(fd, offset));
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  }

  /** Renames the part to our own name for it, wherever it was left; false when there is none. */
  async #seize(dir: Dir, claim: Claim, path: string): Promise<boolean> {
    if (await this.#rename(dir, restName(claim.what), claim.name)) return true;
    const left = await this.#left(dir, claim.what);
    if (left.some((part) => part.held)) throw inUse(path);
    left.sort((a, b) => b.size - a.size);
    const [longest] = left;
    if (longest === undefined) return false;
    if (await this.#rename(dir, longest.name, claim.name)) return true;
    throw inUse(path);
  }

  /** Parts left under the names of their writers. */
  async #left(dir: Dir, what: string): ReturnType<typeof scan> {
    return scan(this.#io, dir, what, this.#times, true);
  }

  async #lengthOf(dir: Dir, name: string): Promise<number> {
    try {
      const stats = await this.#io.lstat(dir.at(name));
      const expired = this.#isPast(stats);
      return typeOf(stats) === 'file' && stats.nlink === 1n && !expired ? Number(stats.size) : 0;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 0;
      throw error;
    }
  }

  #isPast(stats: BigIntStats): boolean {
    return isPast(Number(stats.mtimeMs), { now: this.#times.now(), lifetime: this.#times.lifetime });
  }

  async #rename(dir: Dir, from: string, to: string): Promise<boolean> {
    try {
      await this.#io.rename(dir.at(from), dir.at(to));
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #remove(dir: Dir, name: string): Promise<void> {
    try {
      await this.#io.unlink(dir.at(name));
    } catch (error) {
      // A directory that somebody else put there is no part: it keeps nobody from an upload, and is not ours to take away.
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EISDIR') throw error;
    }
  }

  /** Removes what has expired below the root: see `sweep`. */
  async sweep(root: Rooted, signal: AbortSignal): Promise<void> {
    this.#swept = await sweep(this.#io, root, this.#times, { from: this.#swept, signal });
  }

  /**
   * A scan reads the directory: for every one of ten thousand small files it would cost more than they do.
   * What a scan missed is another process starting the same part: each then writes its own.
   */
  #isScanDue(identity: string): boolean {
    const now = this.#times.now();
    const last = this.#scans.get(identity);
    if (last !== undefined && now >= last && now - last < SCAN_AGAIN) return false;
    if (this.#scans.size >= SCANS) this.#scans.clear();
    this.#scans.set(identity, now);
    return true;
  }
}

function inUse(path: string): TwinportError {
  return new TwinportError('in-use', `${shown(path)} is being written by another transfer`);
}

function cannotResume(path: string): TwinportError {
  return new TwinportError('cannot-resume', `there is not enough of ${shown(path)} here to continue it`);
}
