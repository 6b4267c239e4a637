import { TwinportError } from '../errors';
import type { Conn } from '../net/network';
import type { Source } from '../storage/storage';
import { runningDigest, type RunningDigest, type DigestFacts, type DigestName } from './digest';
import type { Pace } from './pace';
import { throwIfAborted } from './scope';
import { assertUnchanged } from './unchanged';
import { WriteRing } from './writeRing';

export interface SendOptions {
  readonly offset?: number;
  readonly length: number;
  /** A digest by name, or a running one that may hold a prefix already. */
  readonly digest?: DigestName | RunningDigest;
  readonly signal: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  /** No faster than this. */
  readonly pace?: Pace;
}

/**
 * Sends `length` bytes of a source from `offset`, and only what it can vouch for: rejects `changed` when the
 * file shrank or was rewritten meanwhile. The caller then resets the connection: the peer must not take
 * the end of the stream for the end of the file. FIN is the caller's, after this has resolved.
 */
export async function sendFile(conn: Conn, source: Source, options: SendOptions): Promise<DigestFacts> {
  const { offset = 0, length, signal, pace } = options;
  const digest = runningDigest(options.digest);
  const ring = new WriteRing(conn, Math.min(length, pace?.slice ?? length));
  const end = offset + length;
  try {
    for (let position = offset; position < end;) {
      throwIfAborted(signal);
      const buffer = await ring.free();
      const got = await source.read(buffer.subarray(0, Math.min(buffer.length, end - position)), position);
      if (got === 0) throw new TwinportError('changed', 'the file became shorter while it was sent');
      const chunk = buffer.subarray(0, got);
      digest.update(chunk);
      ring.write(chunk);
      position += got;
      options.onProgress?.(position - offset);
      if (pace !== undefined) await pace.spend(got, signal);
    }
    await ring.flushed();
  } finally {
    ring.release();
  }
  await assertUnchanged(source, offset + length, digest, signal);
  return digest.finish();
}

/** Sends chunks as they come: a listing, or a stream of unknown length. */
export async function sendChunks(
  conn: Conn,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: Omit<SendOptions, 'offset' | 'length'>,
): Promise<DigestFacts> {
  const { pace, signal } = options;
  const digest = runningDigest(options.digest);
  let sent = 0;
  for await (const chunk of chunks) {
    throwIfAborted(signal);
    if (chunk.length === 0) continue;
    for (const piece of pace?.pieces([chunk]) ?? [chunk]) {
      digest.update(piece);
      await conn.write(piece);
      sent += piece.length;
      options.onProgress?.(sent);
      if (pace !== undefined) await pace.spend(piece.length, signal);
    }
  }
  return digest.finish();
}
