/**
 * Turns in which the engine only lets time pass, as before a login that comes too soon after others that failed. Who waits
 * so has asked for something, and yet keeps no place that somebody else needs.
 */
const RESTING = new WeakSet<AbortSignal>();

export async function resting<T>(turn: AbortSignal, work: () => Promise<T>): Promise<T> {
  RESTING.add(turn);
  try {
    return await work();
  } finally {
    RESTING.delete(turn);
  }
}

export function isResting(turn: AbortSignal | undefined): boolean {
  return turn !== undefined && RESTING.has(turn);
}
