import type { Clock } from './network';

/** Node fires a longer timer at once. Nothing here waits for 24 days. */
const LONGEST = 2 ** 31 - 1;

/** The machine's monotonic clock. */
export function systemClock(): Clock {
  return {
    now: () => performance.now(),
    after: (ms, fn) => {
      const timer = setTimeout(fn, Math.min(ms, LONGEST));
      return { cancel: () => clearTimeout(timer) };
    },
  };
}
