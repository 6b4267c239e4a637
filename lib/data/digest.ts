import type { Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { throwIfAborted } from './scope';

export type DigestName = 'crc32' | 'sha256';

/**
 * Count and digest of a run of bytes. CRC-32 (the one of zlib and Ethernet) always: it guards against
 * accident at a quarter of the cost of anything stronger; SHA-256 when asked for.
 */
export class RunningDigest {
  private sum = 0;
  private bytes = 0;
  private readonly hash: Hash | undefined;

  constructor(name: DigestName = 'crc32') {
    this.hash = name === 'sha256' ? sha256() : undefined;
  }

  update(chunk: Uint8Array): void {
    this.sum = crc32(chunk, this.sum);
    this.bytes += chunk.length;
    this.hash?.update(chunk);
  }

  get length(): number {
    return this.bytes;
  }

  /** Eight lower-case hexadecimal digits of everything so far. */
  get crc32(): string {
    return this.sum.toString(16).padStart(8, '0');
  }

  /** Ends this digest; with `sha256`, 64 hexadecimal digits, when it was asked for. */
  finish(): DigestFacts {
    const facts = { length: this.bytes, crc32: this.crc32 };
    return this.hash === undefined ? facts : { ...facts, sha256: this.hash.digest('hex') };
  }
}

/** The running digest given, or a fresh one of that name. */
export function runningDigest(digest: RunningDigest | DigestName | undefined): RunningDigest {
  return digest instanceof RunningDigest ? digest : new RunningDigest(digest);
}

/** Count and digest as the replies carry them. */
export interface DigestFacts {
  readonly length: number;
  readonly crc32: string;
  readonly sha256?: string;
}

/** Anything that reads at a position: a source, or a part. */
export interface Readable {
  read(into: Uint8Array, position: number): number | Promise<number>;
}

/** 256 KiB: large enough to be fast, small enough that a digest does not hold the loop (§6.3: digest work is bounded). */
const CHUNK = 256 * 1024;

/** Feeds `length` bytes from the start of `from` into `digest`; false when it ends before that. */
export async function digestPrefix(
  from: Readable,
  length: number,
  digest: RunningDigest,
  signal?: AbortSignal,
): Promise<boolean> {
  return digestRange(from, 0, length, digest, signal);
}

/** As `digestPrefix`, from `start`. */
export async function digestRange(
  from: Readable,
  start: number,
  length: number,
  digest: RunningDigest,
  signal?: AbortSignal,
): Promise<boolean> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, Math.max(length, 1)));
  const end = start + length;
  for (let position = start; position < end;) {
    if (signal !== undefined) throwIfAborted(signal);
    const wanted = Math.min(buffer.length, end - position);
    const got = await from.read(buffer.subarray(0, wanted), position);
    if (got === 0) return false;
    digest.update(buffer.subarray(0, got));
    position += got;
  }
  return true;
}

/** Loaded when asked for: it takes 2 ms. */
function sha256(): Hash {
  const { createHash } = require('node:crypto') as typeof import('node:crypto');
  return createHash('sha256');
}
