import { TwinportError } from '../errors';
import { durably } from './durable';
import { codedForWrite, coding, errnoOf, shown } from './errno';
import type { Io, Soon } from './io';
import type { Part } from './parts';
import { publish } from './publish';
import { isLink, permissionsOf, typeOf } from './stats';
import type { Target, Weight } from './storage';
import { inTurn } from './turns';
import { weighAt } from './weight';

export interface TargetPlace {
  /** The last segment: what the part becomes. */
  readonly name: string;
  /** As the user gave it, for messages. */
  readonly path: string;
  readonly replace: boolean;
  /** Committed is what the disk has: first the bytes, then the name. */
  readonly fsync: boolean;
}

/** A local part being written. */
export class LocalTarget implements Target {
  readonly offset: number;
  readonly #io: Io;
  readonly #part: Part;
  readonly #place: TargetPlace;
  #ended = false;

  constructor(io: Io, part: Part, offset: number, place: TargetPlace) {
    this.#io = io;
    this.#part = part;
    this.offset = offset;
    this.#place = place;
  }

  write(chunks: readonly Uint8Array[], position: number): Soon<void> {
    return this.#part.file.write(chunks, position);
  }

  read(into: Uint8Array, position: number): Soon<number> {
    return this.#part.file.read(into, position);
  }

  async commit(length: number, { modified }: { readonly modified?: number } = {}): Promise<void> {
    const { path } = this.#place;
    if (this.#ended) throw new TwinportError('io-error', `${shown(path)} has been closed`);
    this.#ended = true;
    try {
      await coding(path, () => this.#commit(length, modified), codedForWrite);
    } catch (error) {
      await this.#part.remove();
      throw error;
    }
    this.#part.forget();
  }

  async replaces(): Promise<Weight> {
    const { name, path } = this.#place;
    return coding(path, () => weighAt(this.#io, this.#part.dir, name));
  }

  async keep(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#part.rest();
  }

  async discard(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#part.remove();
  }

  async #commit(length: number, modified: number | undefined): Promise<void> {
    const { dir, file, name: part } = this.#part;
    const { name, path, replace, fsync } = this.#place;
    const stats = await file.stat();
    if (Number(stats.size) !== length) {
      throw new TwinportError('io-error', `${shown(path)} has ${stats.size} bytes where ${length} were expected`);
    }
    await dir.confirm(part, stats);
    const mode = replace ? await this.#replaced() : undefined;
    if (mode !== undefined && mode !== permissionsOf(stats)) await file.use((fd) => this.#io.fchmod(fd, mode));
    if (modified !== undefined) await file.use((fd) => this.#io.futimes(fd, modified));
    const appear = (): Promise<void> => inTurn([{ dir, name }], () => publish(this.#io, dir, part, name, replace));
    if (!fsync) {
      await file.finish();
      return appear();
    }
    await durably(this.#io, dir, async () => {
      // Before its name: else, after a power loss, that may stand for a file with holes where its bytes were.
      await file.use((fd) => this.#io.fsync(fd));
      await file.finish();
      await appear();
    });
  }

  /** The permissions of the file about to be replaced; undefined when there is none, or a link. */
  async #replaced(): Promise<number | undefined> {
    const { name, path } = this.#place;
    let old;
    try {
      old = await this.#io.lstat(this.#part.dir.at(name));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    // Rename would take the place of a FIFO or device that came since `write` looked.
    refuseSpecial(old, path);
    return isLink(old) ? undefined : permissionsOf(old);
  }
}

/** Only files are replaced, and links as what they are: not what they lead to. */
export function refuseSpecial(old: Parameters<typeof typeOf>[0], path: string): void {
  if (typeOf(old) === 'dir') throw new TwinportError('not-a-file', `${shown(path)} is a directory`);
  if (typeOf(old) === 'other' && !isLink(old)) {
    throw new TwinportError('exists', `${shown(path)} exists already and is not a regular file`);
  }
}
