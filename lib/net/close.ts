import { isTwinportError } from '../errors';
import { LIMITS } from '../options';
import type { Clock, Conn } from './network';

/**
 * Closes so that everything written arrives. Closing a socket whose input is unread resets it, and a reset
 * destroys what is still on its way: of 3 MB, 128 to 160 KB arrived. So: discard what comes in, send FIN,
 * wait for the peer's FIN, at most `linger` milliseconds, and only then let go. Never rejects.
 */
export async function closeGently(conn: Conn, clock: Clock, linger: number = LIMITS.linger): Promise<void> {
  // A peer that neither reads nor ends must not hold us: the limit covers sending the FIN, too.
  const timer = clock.after(linger, () => conn.destroy());
  try {
    await Promise.all([conn.end(), discard(conn)]);
  } catch {
    // It was lost or given up meanwhile: nothing is left to be gentle with.
  } finally {
    timer.cancel();
    conn.destroy();
  }
  await conn.closed;
}

async function discard(conn: Conn): Promise<void> {
  try {
    while ((await conn.read()) !== null) continue;
  } catch (error) {
    // Somebody else is reading to the end already; a lost connection is closed anyway.
    if (!isTwinportError(error, 'invalid-argument')) throw error;
    await conn.closed;
  }
}
