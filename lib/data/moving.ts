import type { Clock, Conn } from '../net/network';
import { reasonOf, type Scope } from './scope';
import { watchStall } from './stall';

export interface MovingPlan {
  readonly conn: Conn;
  readonly clock: Clock;
  /** Milliseconds without movement before it is aborted. */
  readonly stall: number;
  /** What counts as movement: the way that the data go, for what a peer sends the other way says nothing of them. */
  readonly moved: () => number;
}

/**
 * Moves bytes over a connection while something moves. An abort or a stall resets it, which unblocks the body; so
 * does a failure: RST, not FIN, for the peer must not take this for the end of the file. The first reason is thrown.
 */
export async function whileMoving<T>(
  { conn, clock, stall, moved }: MovingPlan,
  scope: Scope,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal } = scope;
  const reset = (): void => conn.reset();
  signal.addEventListener('abort', reset, { once: true });
  if (signal.aborted) reset();
  const watch = watchStall(clock, stall, moved, (error) => scope.abort(error));
  try {
    return await body(signal);
  } catch (error) {
    reset();
    throw signal.aborted ? reasonOf(signal) : error;
  } finally {
    watch.cancel();
    signal.removeEventListener('abort', reset);
  }
}
