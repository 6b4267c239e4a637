import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import type { Conn } from '../net/network';
import type { Source } from '../storage/storage';
import type { DigestFacts } from './digest';
import { unlessAborted } from './scope';
import { sendChunks, sendFile, type SendOptions } from './send';

/** What is put: a file, whose size and time are known, or a stream of unknown length. */
export type Body = Source | AsyncIterable<unknown>;

export function isSource(from: Body): from is Source {
  return 'restat' in from;
}

/** Sends all of it, a file from `offset` on. FIN is the caller's. */
export function sendBody(conn: Conn, from: Body, options: Omit<SendOptions, 'length'>): Promise<DigestFacts> {
  const { offset = 0, signal } = options;
  if (isSource(from)) return sendFile(conn, from, { ...options, length: from.stat.size - offset });
  return sendChunks(conn, bytesOf(from, signal), options);
}

/**
 * The chunks of a stream, whatever it calls bytes. An abort is heard while the stream has nothing to give: it
 * may never have (a pipe nobody writes to), and the request must end all the same.
 */
async function* bytesOf(from: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = from[Symbol.asyncIterator]();
  for (;;) {
    const next = iterator.next();
    next.catch(() => undefined);
    const result: IteratorResult<unknown, unknown> = await unlessAborted(
      next.catch((error: unknown) => Promise.reject(cannotRead(error))),
      signal,
    );
    if (result.done === true) return;
    const { value } = result;
    if (typeof value === 'string') yield Buffer.from(value);
    else if (value instanceof Uint8Array) yield value;
    else throw new TwinportError('invalid-argument', 'what is to be sent must be bytes or text');
  }
}

/** The stream that was to be sent failed. */
export function cannotRead(error: unknown): TwinportError {
  if (isTwinportError(error)) return error;
  return new TwinportError('io-error', `cannot read what is to be sent: ${sentenceOf(error)}`, { cause: error });
}
