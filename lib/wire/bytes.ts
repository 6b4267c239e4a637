const NOTHING = Buffer.alloc(0);

/**
 * Bytes that came and are not yet understood. Always copies in (connections reuse their buffers) and
 * copies out; appending byte by byte costs O(n) in all, and an emptied one holds no memory, because a
 * server has thousands of idle sessions.
 */
export class Unread {
  #bytes = NOTHING;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  at(index: number): number | undefined {
    return index < this.length ? this.#bytes[this.#start + index] : undefined;
  }

  indexOf(byte: number, from: number): number {
    return this.view().indexOf(byte, from);
  }

  /** What is there, without copying: good until the next call that changes anything. */
  view(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Removes the first `count` bytes and returns them. */
  take(count: number): Buffer {
    const taken = Buffer.from(this.view().subarray(0, count));
    this.drop(count);
    return taken;
  }

  drop(count: number): void {
    this.#start += Math.min(count, this.length);
    if (this.#start < this.#end) return;
    this.#bytes = NOTHING;
    this.#start = this.#end = 0;
  }

  #makeRoom(extra: number): void {
    const held = this.length;
    const need = held + extra;
    // Moving down is paid for when at least as much was taken since; growing, by doubling what is held.
    // A pushed chunk itself is not doubled: the bound is what the decoder may hold plus one chunk.
    const fits = need <= this.#bytes.length && this.#start >= held;
    // Not from Node's pool: a few bytes of a slow client would hold a whole block of it (64 KiB on Node 24).
    const target = fits ? this.#bytes : Buffer.allocUnsafeSlow(Math.max(64, need, 2 * held));
    target.set(this.view(), 0);
    this.#end = held;
    this.#start = 0;
    this.#bytes = target;
  }
}
