import type { Asker, Exchange } from '../../control/ask';
import { unlessAborted, unlessLater } from '../../data/scope';
import { watchStall } from '../../data/stall';
import { isTwinportError, TwinportError } from '../../errors';
import type { Clock, Conn } from '../../net/network';
import { LIMITS } from '../../options';
import type { Reply } from '../../wire/replies';
import { formatRequest } from './grammar';
import { refusal } from './verdict';

/** A control connection, as the end of a request needs it. */
export interface Talk {
  readonly conn: Conn;
  readonly asker: Asker;
  readonly clock: Clock;
  /** Milliseconds without a word. */
  readonly timeout: number;
}

/** A day, in milliseconds: a digest of 8 TB at 100 MB a second. A server that is only ever at it is not at it. */
export const LONGEST_WAIT = 24 * 60 * 60 * 1000;

/** Milliseconds an aborted request gets to be answered, before the control connection is given up. */
const SETTLE = 2000;

/**
 * Waits for the final reply as long as this server deserves; undefined: a plain server, and nothing was said. `stored`: the
 * server has yet to keep what it got.
 */
export async function ending(
  { asker, clock, timeout }: Talk,
  exchange: Exchange,
  signal: AbortSignal,
  stored = false,
): Promise<Reply | undefined> {
  const final = exchange.final.catch((error: unknown) => {
    if (!asker.native) return undefined;
    if (!isTwinportError(error, 'connection-lost')) throw error;
    throw new TwinportError('incomplete', 'the control connection ended before the server confirmed the transfer');
  });
  const late = new TwinportError('incomplete', 'the server never confirmed the transfer');
  try {
    const wait = asker.native ? timeout : LIMITS.plainEnd;
    const reply = await unlessAborted(
      stored && asker.native
        ? unlessSilent(final, exchange, { clock, timeout }, late)
        : unlessLater(final, clock, wait, () => late),
      signal,
    );
    if (reply !== undefined && reply.code >= 400) throw refusal(reply, asker);
    return reply;
  } catch (error) {
    if (error === late && !asker.native) return undefined;
    throw error;
  }
}

/** A server that brings a file to disk before it confirms it (`--fsync`) takes its time, and says so (120). */
function unlessSilent<T>(
  final: Promise<T>,
  exchange: Exchange,
  { clock, timeout }: Pick<Talk, 'clock' | 'timeout'>,
  late: TwinportError,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const watch = watchStall(
      clock,
      timeout,
      () => exchange.signs,
      () => reject(late),
    );
    const limit = clock.after(LONGEST_WAIT, () => reject(late));
    final.then(resolve, reject).finally(() => [watch, limit].forEach((timer) => timer.cancel()));
  });
}

/**
 * After a failure the server may still be at it, and its late dial would land on the next request's port:
 * `-x`, and both final replies, make the connection good again; otherwise it is closed.
 */
export async function settle({ conn, asker, clock }: Talk, exchange: Exchange): Promise<void> {
  if (exchange.settled || !asker.alive) return;
  if (!asker.native) {
    conn.destroy();
    return;
  }
  const aborted = asker.ask(formatRequest({ verb: 'x' }));
  const late = (): TwinportError => new TwinportError('timeout', 'the server does not answer');
  try {
    await unlessLater(Promise.all([exchange.final, aborted.final]), clock, SETTLE, late);
  } catch {
    conn.destroy();
  }
}
