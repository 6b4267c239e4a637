import { sendBody, type Body } from '../data/body';
import { receive, type Sink } from '../data/receive';
import { pause, unlessLater } from '../data/scope';
import { TwinportError } from '../errors';
import type { Conn } from '../net/network';
import { LIMITS } from '../options';
import type { Errand } from './slice';

/** Receives up to the server's FIN, which proves nothing: a killed server sends one too. Returns how many bytes. */
export async function receiveAll(errand: Errand, into: Sink, conn: Conn = errand.conn): Promise<number> {
  errand.onData(conn.remote);
  const { signal, prompt = false } = errand;
  return receive(conn, into, { signal, prompt, onProgress: (bytes) => errand.onProgress(bytes) });
}

/** What became of a body sent to its end. */
export interface Delivered {
  readonly length: number;
  /** What the server said meanwhile, as far as it is worth keeping. */
  readonly said: Buffer;
}

export interface SendAllOptions {
  /** Milliseconds before the first byte, for servers that take all they read at once for the request. Default 0. */
  readonly pause?: number;
}

/**
 * Sends the whole body and FIN, and waits for the server to end its side (10 s: some never do): it has read up to
 * our FIN then. Rejects `connection-lost` when it reset instead, which is how these languages say no.
 */
export async function sendAll(errand: Errand, from: Body, { pause: ms = 0 }: SendAllOptions = {}): Promise<Delivered> {
  const { conn, signal, clock } = errand;
  errand.onData(conn.remote);
  const words = lastWords(conn);
  if (ms > 0) await pause(clock, ms, signal);
  const total = 'stat' in from ? from.stat.size : undefined;
  const { length } = await sendBody(conn, from, {
    signal,
    ...(errand.digest && { digest: errand.digest }),
    onProgress: (bytes) => errand.onProgress(bytes, total),
  });
  await conn.end();
  const late = new TwinportError('timeout', 'the server keeps its end open');
  const said = await unlessLater(words, clock, LIMITS.linger, () => late).catch((error: unknown) => {
    if (error === late) return Buffer.alloc(0);
    throw error;
  });
  return { length, said };
}

/** Everything up to the server's FIN is read, so that no reset destroys ours; a line's worth of it is kept. */
function lastWords(conn: Conn): Promise<Buffer> {
  const words = (async () => {
    let said = Buffer.alloc(0);
    for (let chunks; (chunks = await conn.read()) !== null;) {
      for (const chunk of chunks) if (said.length < LIMITS.requestLine) said = Buffer.concat([said, chunk]);
    }
    return said.subarray(0, LIMITS.requestLine);
  })();
  words.catch(() => undefined);
  return words;
}
