import { TwinportError } from '../errors';
import { shown } from './errno';
import type { Source, Stat, Target } from './storage';

/** The bytes a memory storage may hold in all, and its clock. */
export class Room {
  readonly now: () => number;
  #left: number;
  #marks = 0;

  constructor(maxBytes: number, now: () => number) {
    this.#left = maxBytes;
    this.now = now;
  }

  /** Takes `bytes` (gives back, when negative); false when there is not enough. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** A version no content had before. */
  mark(): string {
    this.#marks += 1;
    return `m${this.#marks}`;
  }
}

/** One file's bytes, like an inode: who has it open goes on reading it after another took its name. */
export class MemoryContent {
  modified: number;
  readonly #room: Room;
  #bytes = Buffer.alloc(0);
  #length = 0;
  #version: string;

  constructor(room: Room) {
    this.#room = room;
    this.modified = room.now();
    this.#version = room.mark();
  }

  get length(): number {
    return this.#length;
  }

  stat(): Stat {
    return { type: 'file', size: this.#length, modified: this.modified, version: this.#version };
  }

  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.#length, position + into.length);
    return end <= position ? 0 : this.#bytes.copy(into, 0, position, end);
  }

  write(chunk: Uint8Array, position: number, path: string): void {
    const end = position + chunk.length;
    const more = Math.max(0, end - this.#length);
    if (!this.#room.take(more)) throw new TwinportError('no-space', `no space left for ${shown(path)}`);
    if (end > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, position);
    this.#length += more;
    this.#changed();
  }

  truncate(length: number): void {
    this.#room.take(length - this.#length);
    this.#bytes.fill(0, length, this.#length);
    this.#length = length;
    this.#changed();
  }

  /** Its name is gone: the room is free for others. */
  free(): void {
    this.#room.take(-this.#length);
  }

  #changed(): void {
    this.modified = this.#room.now();
    this.#version = this.#room.mark();
  }
}

export class MemorySource implements Source {
  readonly stat: Stat;
  readonly #content: MemoryContent;
  readonly #path: string;
  #closed = false;

  constructor(content: MemoryContent, path: string) {
    this.#content = content;
    this.#path = path;
    this.stat = content.stat();
  }

  read(into: Uint8Array, position: number): number {
    if (this.#closed) throw hasBeenClosed(this.#path);
    return this.#content.read(into, position);
  }

  async restat(): Promise<Stat> {
    if (this.#closed) throw hasBeenClosed(this.#path);
    return this.#content.stat();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

export type End = 'commit' | 'keep' | 'discard';

export class MemoryTarget implements Target {
  readonly offset: number;
  readonly #content: MemoryContent;
  readonly #path: string;
  readonly #end: (end: End) => void;
  #ended = false;

  constructor(content: MemoryContent, offset: number, path: string, end: (end: End) => void) {
    this.#content = content;
    this.offset = offset;
    this.#path = path;
    this.#end = end;
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    if (this.#ended) throw hasBeenClosed(this.#path);
    let at = position;
    for (const chunk of chunks) {
      this.#content.write(chunk, at, this.#path);
      at += chunk.length;
    }
  }

  read(into: Uint8Array, position: number): number {
    if (this.#ended) throw hasBeenClosed(this.#path);
    return this.#content.read(into, position);
  }

  async commit(length: number, { modified }: { readonly modified?: number } = {}): Promise<void> {
    if (this.#ended) throw hasBeenClosed(this.#path);
    this.#ended = true;
    if (this.#content.length !== length) {
      this.#end('discard');
      const sentence = `${shown(this.#path)} has ${this.#content.length} bytes where ${length} were expected`;
      throw new TwinportError('io-error', sentence);
    }
    if (modified !== undefined) this.#content.modified = modified;
    this.#end('commit');
  }

  async keep(): Promise<void> {
    this.#finish('keep');
  }

  async discard(): Promise<void> {
    this.#finish('discard');
  }

  #finish(end: End): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#end(end);
  }
}

function hasBeenClosed(path: string): TwinportError {
  return new TwinportError('io-error', `${shown(path)} has been closed`);
}
