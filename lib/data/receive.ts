import { TwinportError } from '../errors';
import type { Conn } from '../net/network';
import { runningDigest, type DigestName, type RunningDigest } from './digest';
import type { Pace } from './pace';
import { throwIfAborted } from './scope';

/** What is gathered before it is written: few large writes beat many small ones (measured; more is no faster). */
const GATHER = 960 * 1024;

/** Where received bytes go. The chunks may be reused once `write` has returned or resolved. */
export interface Sink {
  write(chunks: readonly Uint8Array[], position: number): void | Promise<void>;
}

export interface ReceiveOptions {
  /** Position of the first byte in the sink. Default 0. */
  readonly position?: number;
  /** Stop after this many bytes: they are the body, no FIN is awaited. */
  readonly length?: number;
  /** Asked before each write: more than this is the peer's misbehaviour (it may become known only meanwhile). */
  readonly atMost?: () => number | undefined;
  /** Digest the bytes with; it may hold a prefix already. */
  readonly digest?: RunningDigest | DigestName;
  readonly signal: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  /** Bytes that matter at once (a terminal, a pipe) are not gathered. Default: gather. */
  readonly prompt?: boolean;
  /** No faster than this: what is not read the peer feels, by and by (a connection holds about 1 MiB, and the kernels more). */
  readonly pace?: Pace;
}

/**
 * Receives until the peer's FIN, or `length` bytes, and returns how many came. It vouches for nothing: a FIN
 * is no proof of completeness (a killed process sends one too), only the peer's count is.
 */
export async function receive(conn: Conn, into: Sink, options: ReceiveOptions): Promise<number> {
  const start = options.position ?? 0;
  const { pace, signal } = options;
  const digest = runningDigest(options.digest);
  const gather = options.prompt === true ? 1 : (pace?.slice ?? GATHER);
  let received = 0;
  const keep = async (chunks: readonly Uint8Array[], bytes: number): Promise<void> => {
    const writing = into.write(chunks, start + received);
    if (writing !== undefined) await writing;
    received += bytes;
    options.onProgress?.(received);
  };
  for (;;) {
    const missing = options.length === undefined ? Infinity : options.length - received;
    if (missing === 0) return received;
    const batch = await conn.read(Math.min(gather, GATHER, missing));
    throwIfAborted(signal);
    if (batch === null) return received;
    const chunks = cut(batch, missing);
    let bytes = 0;
    for (const chunk of chunks) {
      digest.update(chunk);
      bytes += chunk.length;
    }
    const most = options.atMost?.();
    if (most !== undefined && received + bytes > most) {
      throw new TwinportError('protocol', `the peer sent more than the ${most} bytes it announced`);
    }
    if (pace === undefined) await keep(chunks, bytes);
    else {
      for (const piece of pace.pieces(chunks)) {
        await keep([piece], piece.length);
        await pace.spend(piece.length, signal);
      }
    }
  }
}

/** The first `most` bytes of a batch. */
function cut(batch: readonly Uint8Array[], most: number): readonly Uint8Array[] {
  let bytes = 0;
  for (const [i, chunk] of batch.entries()) {
    bytes += chunk.length;
    if (bytes >= most) return [...batch.slice(0, i), chunk.subarray(0, chunk.length - (bytes - most))];
  }
  return batch;
}
