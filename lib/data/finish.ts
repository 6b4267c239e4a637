import type { Clock, Conn } from '../net/network';
import { LIMITS } from '../options';
import { unlessLater } from './scope';
import { TwinportError } from '../errors';

/**
 * Reads and throws away what the receiving side sends, from the first byte on: closing a socket whose input
 * is unread resets it and destroys what is still on its way (measured: 160 KB of 3 MB arrived). Resolves at
 * the peer's FIN, rejects when the connection was lost.
 */
export function discard(conn: Conn): Promise<void> {
  const discarded = (async () => {
    while ((await conn.read()) !== null);
  })();
  discarded.catch(() => undefined);
  return discarded;
}

/**
 * The end of sending: FIN, then the peer's FIN, which says it has read up to ours; not longer than 10 s, for
 * peers that hold their end open. Rejects `connection-lost` when the peer reset instead.
 */
export async function finishSending(conn: Conn, discarded: Promise<void>, clock: Clock): Promise<void> {
  await conn.end();
  const late = new TwinportError('timeout', 'the peer keeps its end open');
  await unlessLater(discarded, clock, LIMITS.linger, () => late).catch((error: unknown) => {
    if (error !== late) throw error;
  });
  conn.destroy();
}
