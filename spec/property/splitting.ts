import { isTwinportError } from '../../lib/errors';
import { cutAt, type Decoder } from '../support/splits';
import { same } from './claim';

/** Anything that is fed: what came out, the rest it hands on, and how it ended. */
export interface Fed {
  readonly out: readonly unknown[];
  readonly threw?: string;
}

/**
 * Feeds the chunks as a connection does, each in a buffer that is overwritten at once, and drains behind each. `end` adds
 * what comes out at the stream's end. Errors that are not coded escape.
 */
export function fed<T>(
  decoder: Decoder<T>,
  chunks: readonly Uint8Array[],
  shown: (value: T) => unknown,
  end?: () => unknown,
): Fed {
  const out: unknown[] = [];
  try {
    for (const chunk of chunks) {
      const reused = Uint8Array.from(chunk);
      decoder.push(reused);
      reused.fill(0x21);
      for (let value = decoder.next(); value !== undefined; value = decoder.next()) out.push(shown(value));
    }
    if (end !== undefined) out.push(end());
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    return { out, threw: `${error.code} ${error.reply ?? ''} ${error.message}` };
  }
  return { out };
}

/** Lengths that some bytes decide on: many short ones, and now and then a long one. */
export function cutsBy(seed: number, length: number): number[] {
  const lengths: number[] = [];
  let state = (seed * 2654435761) >>> 0;
  for (let sum = 0; sum < length;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const next = state >>> 30 === 0 ? (state >>> 8) % 60 : (state >>> 8) % 4;
    lengths.push(next);
    sum += next + 1;
  }
  return lengths;
}

/** What is fed whole, in pieces, and (where it is short) byte by byte must give the same. Returns what it gave. */
export function sameHoweverCut(
  what: string,
  bytes: Buffer,
  seed: number,
  feedIn: (chunks: readonly Uint8Array[]) => unknown,
): unknown {
  const whole = feedIn([bytes]);
  same(`${what}: in pieces as whole`, feedIn(cutAt(bytes, cutsBy(seed, bytes.length))), whole);
  if (bytes.length <= 64)
    same(`${what}: byte by byte as whole`, feedIn([...bytes].map((byte) => Uint8Array.of(byte))), whole);
  return whole;
}
