import type { Conn } from '../../lib/net/network';
import { isTwinportError, type TwinportError } from '../../lib/errors';

/** Bytes that differ at every place within 16 MiB, so that any loss, repeat or overwriting shows. */
export function pattern(length: number, from = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at += 1) bytes[at] = patternAt(from + at);
  return bytes;
}

/** The byte at one place of the endless pattern. */
export function patternAt(at: number): number {
  return (Math.imul(at, 2654435761) >>> 24) ^ (at & 0xff);
}

/** One buffer of what a read gave, copied (chunks are reused). */
export function joined(chunks: readonly Uint8Array[] | null): Buffer {
  return Buffer.concat(chunks ?? []);
}

/** Everything until the peer's FIN. */
export async function readAll(conn: Conn, gather?: number): Promise<Buffer> {
  const all: Buffer[] = [];
  for (let chunks = await conn.read(gather); chunks !== null; chunks = await conn.read(gather))
    all.push(joined(chunks));
  return Buffer.concat(all);
}

/** What a promise rejects with; that it resolves, or rejects with anything but one of our errors, fails. */
export async function failureOf(promise: Promise<unknown>): Promise<TwinportError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (isTwinportError(error)) return error;
    throw error;
  }
  throw new Error(`resolved with ${String(value)} where a rejection was due`);
}

/** The system code behind an error. */
export function errnoBehind(error: TwinportError): string | undefined {
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
