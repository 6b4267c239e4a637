import type { Conn } from '../net/network';
import { LIMITS } from '../options';

/** A file's buffers: reads of this size cost little per byte; larger ones fall out of the caches (measured). */
const CHUNK = 1024 * 1024;
/** One is read into while the others are on their way. */
const RING = 3;
/** The least, when those that are sending have taken all there is: a third of the speed, which is still served. */
const LEAST = 64 * 1024;

/** Bytes of all rings of this process. */
let taken = 0;

/**
 * Reused buffers on their way out: `free` gives one whose last write is over, so bytes are never overwritten unsent.
 *
 * Who asks for a file and never reads it keeps a whole ring, and hundreds of them were more than a gigabyte. So all rings
 * together have `LIMITS.sendBuffers`; beyond it each new one is as small as it may be.
 */
export class WriteRing {
  private readonly buffers: Buffer[] = [];
  private readonly writes: Promise<void>[] = [];
  private readonly size: number;
  private turn = 0;
  private released = false;

  /** `most`: bytes that are worth sending at once. It must be released. */
  constructor(
    private readonly conn: Conn,
    most: number,
  ) {
    let size = Math.max(1, Math.min(CHUNK, most));
    while (size > LEAST && taken + RING * size > LIMITS.sendBuffers) size = Math.max(LEAST, size >> 1);
    this.size = size;
    taken += RING * size;
  }

  async free(): Promise<Buffer> {
    const slot = this.turn % RING;
    await this.writes[slot];
    return (this.buffers[slot] ??= Buffer.allocUnsafeSlow(this.size));
  }

  write(chunk: Buffer): void {
    const written = this.conn.write(chunk);
    // A failed write is reported by the next `free` or `flushed`; until then it must not count as unhandled.
    written.catch(() => undefined);
    this.writes[this.turn % RING] = written;
    this.turn += 1;
  }

  async flushed(): Promise<void> {
    await Promise.all(this.writes);
  }

  /** Nothing more is sent. */
  release(): void {
    if (!this.released) taken -= RING * this.size;
    this.released = true;
  }
}
