import type { Clock, Timer } from '../../../lib/net/network';
import { settle } from '../../support/fakeClock';

/** A clock that leaps, as a machine's does that was asleep: what fell due meanwhile is called late, all at once. */
export interface LeapingClock extends Clock {
  /** It is later by so much before anybody is called. */
  leap(ms: number): Promise<void>;
  readonly pending: number;
}

export function leapingClock(): LeapingClock {
  const alarms = new Map<Timer, { readonly due: number; readonly fn: () => void }>();
  let now = 1000;
  return {
    now: () => now,
    after: (ms, fn) => {
      const timer: Timer = { cancel: () => void alarms.delete(timer) };
      alarms.set(timer, { due: now + Math.max(0, ms), fn });
      return timer;
    },
    leap: async (ms) => {
      await settle();
      now += ms;
      // Set meanwhile, they fall due after this.
      const due = [...alarms].filter(([, alarm]) => alarm.due <= now).sort(([, a], [, b]) => a.due - b.due);
      for (const [timer, { fn }] of due) if (alarms.delete(timer)) fn();
      await settle();
    },
    get pending() {
      return alarms.size;
    },
  };
}
