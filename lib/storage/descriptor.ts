import type { BigIntStats } from 'node:fs';
import { TwinportError } from '../errors';
import { coded, codedForWrite, shown } from './errno';
import type { Io, Soon } from './io';
import { writeAll } from './writing';

/**
 * One open descriptor, never closed under a call that still uses it. The number is free for the next file
 * the moment it is closed: a read still waiting in the thread pool would then read that other file.
 */
export class Descriptor {
  readonly #io: Io;
  readonly #fd: number;
  /** As the user gave it, for messages. */
  readonly #path: string;
  readonly #written: boolean;
  #busy = 0;
  #idle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(io: Io, fd: number, path: string, written: boolean) {
    this.#io = io;
    this.#fd = fd;
    this.#path = path;
    this.#written = written;
  }

  read(into: Uint8Array, position: number): Soon<number> {
    this.#begin();
    let count: Soon<number>;
    try {
      count = this.#io.read(this.#fd, into, position);
    } catch (error) {
      this.#end();
      throw coded(error, this.#path);
    }
    if (typeof count === 'number') {
      this.#end();
      return count;
    }
    return this.#settle(count, coded);
  }

  /** All of it; `position` null where there are no positions (a pipe, a terminal). */
  write(chunks: readonly Uint8Array[], position: number | null): Soon<void> {
    this.#begin();
    let done: Soon<void>;
    try {
      done = writeAll((some, at) => this.#io.write(this.#fd, some, at), chunks, position);
    } catch (error) {
      this.#end();
      throw codedForWrite(error, this.#path);
    }
    if (done === undefined) return this.#end();
    return this.#settle(done, codedForWrite);
  }

  /** Runs a call on the raw number, which stays open for as long. */
  async use<T>(call: (fd: number) => Soon<T>): Promise<T> {
    this.#begin();
    try {
      return await call(this.#fd);
    } finally {
      this.#end();
    }
  }

  async stat(): Promise<BigIntStats> {
    return this.use((fd) => this.#io.fstat(fd));
  }

  /** Takes no more calls, waits for those under way, closes. Never rejects. */
  async close(): Promise<void> {
    try {
      await this.finish();
    } catch {
      // Linux frees the number whatever close answers; trying again could close somebody else's.
    }
  }

  /** As `close`, and rejects what only closing tells: some file systems (NFS) report a full disk here. */
  finish(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#busy > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    if (this.#written) await this.#io.close(this.#fd);
    else this.#io.closeNow(this.#fd);
  }

  #begin(): void {
    if (this.#closing !== undefined) throw new TwinportError('io-error', `${shown(this.#path)} has been closed`);
    this.#busy += 1;
  }

  #end(): void {
    this.#busy -= 1;
    if (this.#busy === 0) this.#idle?.();
  }

  async #settle<T>(call: Promise<T>, as: typeof coded): Promise<T> {
    try {
      return await call;
    } catch (error) {
      throw as(error, this.#path);
    } finally {
      this.#end();
    }
  }
}
