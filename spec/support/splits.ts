import { expect } from 'chai';
import { isTwinportError } from '../../lib/errors';

/** What every decoder has: bytes in, values out, undefined for "need more". */
export interface Decoder<T> {
  push(bytes: Uint8Array): void;
  next(): T | undefined;
}

export interface Cut {
  /** For messages: which cut failed. */
  readonly how: string;
  readonly chunks: readonly Uint8Array[];
}

/** The same bytes whole, cut in two at every point, and byte by byte. */
export function* cuts(bytes: Uint8Array): Generator<Cut> {
  yield { how: 'whole', chunks: [bytes] };
  for (let at = 1; at < bytes.length; at += 1) {
    yield { how: `split at ${at}`, chunks: [bytes.subarray(0, at), bytes.subarray(at)] };
  }
  yield { how: 'byte by byte', chunks: [...bytes].map((byte) => Uint8Array.of(byte)) };
}

/** Cuts where the numbers say (each taken modulo what is left), for random cutting. */
export function cutAt(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    if (at >= bytes.length) break;
    const end = Math.min(bytes.length, at + 1 + (length % 64));
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return at < bytes.length ? [...chunks, bytes.subarray(at)] : chunks;
}

/**
 * Feeds the chunks, draining after each, and returns what came out; a coded error ends the list as
 * `{ threw }`. Each chunk is pushed in a buffer that is overwritten at once, as connections do.
 */
export function feed<T>(decoder: Decoder<T>, chunks: readonly Uint8Array[]): (T | Threw)[] {
  const out: (T | Threw)[] = [];
  for (const chunk of chunks) {
    const reused = Uint8Array.from(chunk);
    decoder.push(reused);
    reused.fill(0x21);
    const threw = caught(() => {
      for (let value = decoder.next(); value !== undefined; value = decoder.next()) out.push(value);
    });
    if (threw !== undefined) return [...out, threw];
  }
  return out;
}

export interface Threw {
  readonly threw: string;
  readonly reply: number | undefined;
}

/** The coded error that `run` throws; undefined when it throws none. Anything else escapes: a defect. */
export function caught(run: () => unknown): Threw | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isTwinportError(error)) return { threw: error.code, reply: error.reply };
    throw error;
  }
}

/** Every cut of `bytes` must give the same values. */
export function expectAtEveryCut<T>(bytes: Uint8Array, make: () => Decoder<T>, expected: readonly unknown[]): void {
  for (const { how, chunks } of cuts(bytes)) expect(feed(make(), chunks), how).to.deep.equal(expected);
}

/** Counts the bytes that `run` copies into and searches through buffers: linear work is proven, not timed. */
export function countedWork(run: () => void): { copied: number; searched: number } {
  const typed = Object.getPrototypeOf(Uint8Array.prototype) as { set: Uint8Array['set'] };
  const buffers = Buffer.prototype as { indexOf: Buffer['indexOf'] };
  const { set } = typed;
  const { indexOf } = buffers;
  const work = { copied: 0, searched: 0 };
  typed.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number): void {
    work.copied += source.length;
    set.call(this, source, offset);
  };
  const counted = function (this: Buffer, value: number, from = 0): number {
    const found = Reflect.apply(indexOf, this, [value, from]) as number;
    work.searched += (found === -1 ? this.length : found + 1) - from;
    return found;
  };
  buffers.indexOf = counted as Buffer['indexOf'];
  try {
    run();
  } finally {
    typed.set = set;
    buffers.indexOf = indexOf;
  }
  return work;
}
