import { isSource, sendBody, type Body } from '../data/body';
import { assertFarewell } from '../data/farewell';
import { receive, type Sink } from '../data/receive';
import { deferred, pause, Scope, throwIfAborted, unlessLater } from '../data/scope';
import { TwinportError } from '../errors';
import type { Conn } from '../net/network';
import { LIMITS } from '../options';
import { decodeName } from '../wire/names';
import { AwaitedConn } from './awaited';
import type { Errand } from './slice';

/** Receives up to the server's FIN, which proves nothing: a killed server sends one too. Returns how many bytes. */
export async function receiveAll(errand: Errand, into: Sink, conn: Conn = errand.conn): Promise<number> {
  errand.onData(conn.remote);
  const { signal, prompt = false, pace } = errand;
  const onProgress = (bytes: number): void => errand.onProgress(bytes);
  const length = await receive(conn, into, { signal, prompt, ...(pace && { pace }), onProgress });
  assertFarewell(conn);
  return length;
}

export interface SendAllOptions {
  /** Milliseconds before the first byte, for servers that take all they read at once for the request. Default 0. */
  readonly pause?: number;
}

/**
 * Sends the body and FIN, and waits for the server's end (10 s: some never do). A server that says no, or that ends before
 * it was handed all of the body, has refused it: the rest is spared, and rejects `refused` with its words. Rejects
 * `connection-lost` when it reset, which is how most of these languages say no. Returns how many bytes were sent.
 */
export async function sendAll(errand: Errand, from: Body, { pause: ms = 0 }: SendAllOptions = {}): Promise<number> {
  const { conn, clock, digest, pace } = errand;
  errand.onData(conn.remote);
  const total = isSource(from) ? from.stat.size : undefined;
  const heard = new Heard(errand, total);
  const scope = new Scope(errand.signal);
  const { signal } = scope;
  const sending = (async () => {
    if (ms > 0) await pause(clock, ms, signal);
    throwIfAborted(signal);
    heard.start = conn.bytesWritten;
    const onProgress = (bytes: number): void => errand.onProgress(bytes, total);
    const { length } = await sendBody(heard.out, from, {
      signal,
      ...(digest && { digest }),
      ...(pace && { pace }),
      onProgress,
    });
    heard.sent();
    await conn.end();
    return length;
  })();
  sending.catch(() => undefined);
  const late = new TwinportError('timeout', 'the server keeps its end open');
  let lost = false;
  try {
    await Promise.race([sending, heard.refusal]);
    await unlessLater(heard.over, clock, heard.refuses ? LAST_WORDS : LIMITS.linger, () => late);
  } catch (error) {
    // Words in front of a reset say why, whatever they are.
    lost = error !== late;
    if (lost && heard.said === '') throw error;
  } finally {
    scope.close();
  }
  if (!heard.refuses && !lost) return sending;
  const refusal = new TwinportError(
    'refused',
    heard.said === '' ? 'nothing, and ended before it had all of the file' : heard.said,
  );
  // Both: one wakes whoever waits for the connection, the other whoever waits for a body that does not come.
  scope.abort(refusal);
  conn.reset();
  await sending.catch(() => undefined);
  throw refusal;
}

/** Milliseconds for the rest of what a server has begun to say. */
const LAST_WORDS = 1000;

/**
 * What a refusal sounds like: ours, those of others, and what servers of other languages say to what they do not
 * understand. Anything else may be an original that acknowledges what it is given.
 */
const NO =
  /^\s*(no|[45][0-9][0-9])\b|\b(not|is no|cannot|can't|(?<!no )error|exists?|fail(ed|ure)?|denied|refused?|invalid)\b|\bcancel/i;

/** Do these words of a server mean that it has not done what it was asked? */
export function soundsLikeNo(words: string): boolean {
  return NO.test(words);
}

/** Tells of writes. */
class BodyConn extends AwaitedConn {
  /** Resolves with the next write. */
  another = deferred<void>();

  override write(bytes: Uint8Array): Promise<void> {
    this.another.resolve();
    return super.write(bytes);
  }
}

/** What the server says while the body goes the other way, read to its end. */
class Heard {
  /** Resolves at the server's FIN; rejects when the connection is lost. */
  readonly over: Promise<void>;
  private readonly refused = deferred<void>();
  private readonly whole = deferred<void>();
  private all = false;
  private words = Buffer.alloc(0);
  private endedEarly = false;
  /** Where the body goes. */
  readonly out: BodyConn;
  /** How much was written before the body; undefined as long as that has not begun. */
  start: number | undefined;

  /** `total`: bytes of the body, where that is known. */
  constructor(
    private readonly errand: Errand,
    private readonly total: number | undefined,
  ) {
    const { conn, onMessage } = errand;
    this.out = new BodyConn(conn);
    this.over = (async () => {
      for (let chunks; (chunks = await conn.read()) !== null;) {
        for (const chunk of chunks) this.hear(chunk, onMessage);
      }
      assertFarewell(conn);
      this.endedEarly = !(await this.handedOver());
      if (this.refuses) this.refused.resolve();
    })();
    this.over.catch(() => undefined);
  }

  /** All of it was sent: from now on the server may end. */
  sent(): void {
    this.all = true;
    this.whole.resolve();
  }

  /**
   * Had the server, which ends, been handed all of the body? An original that stops at a short read ends while we have yet
   * to make sure that the file did not change. Who ends before the body has begun wants none of it, not even an empty one.
   * A stream may have given all it has without knowing so yet, and gets a moment to say it.
   */
  private async handedOver(): Promise<boolean> {
    const { errand, out, start, total } = this;
    out.another = deferred();
    if (start === undefined || out.awaited) return false;
    const handed = out.bytesWritten - start;
    // Of an empty body our FIN is all there is.
    if (handed === 0) return this.all;
    if (total !== undefined) return handed >= total;
    const goesOn = new TwinportError('timeout', 'the stream goes on');
    const ending = Promise.race([this.whole.promise, out.another.promise.then(() => Promise.reject(goesOn))]);
    return unlessLater(ending, errand.clock, LAST_WORDS, () => goesOn).then(
      () => true,
      () => false,
    );
  }

  /** As far as it is worth keeping. */
  get said(): string {
    return decodeName(this.words);
  }

  get refuses(): boolean {
    return this.endedEarly || soundsLikeNo(this.said);
  }

  /** Resolves once there is one. */
  get refusal(): Promise<void> {
    return this.refused.promise;
  }

  private hear(chunk: Uint8Array, onMessage: Errand['onMessage']): void {
    onMessage?.(chunk);
    if (this.words.length >= LIMITS.requestLine) return;
    this.words = Buffer.concat([this.words, chunk]).subarray(0, LIMITS.requestLine);
    if (this.refuses) this.refused.resolve();
  }
}
