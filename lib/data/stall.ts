import { TwinportError } from '../errors';
import type { Clock, Conn, Timer } from '../net/network';

/**
 * Watches that something moves. It compares byte counters once per interval instead of touching a timer
 * for every chunk, so a stall is noticed after one to two intervals; `looks` divides the interval, so that it is
 * noticed that much sooner after it is over.
 */
export function watchStall(
  clock: Clock,
  ms: number,
  moved: () => number,
  onStall: (error: TwinportError) => void,
  looks = 1,
): Timer {
  let last = moved();
  let still = 0;
  let timer: Timer;
  const look = (): void => {
    const now = moved();
    still = now === last ? still + 1 : 0;
    if (still === looks) {
      onStall(new TwinportError('data-timeout', `nothing moved for ${Math.round(ms / 1000)} s`));
      return;
    }
    last = now;
    timer = clock.after(ms / looks, look);
  };
  timer = clock.after(ms / looks, look);
  return { cancel: () => timer.cancel() };
}

/** What has moved in one direction: bytes, and signs that it is we who hold them back. */
export function receivedOn(conn: Conn): number {
  return conn.bytesRead + (conn.signsOfLife?.('in') ?? 0);
}

export function sentOn(conn: Conn): number {
  return conn.bytesWritten + (conn.signsOfLife?.('out') ?? 0);
}
