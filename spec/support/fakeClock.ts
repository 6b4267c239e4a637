import type { Clock, Timer } from '../../lib/net/network';

export interface FakeClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: runs what falls due, in order, and lets promises and in-memory traffic
   * settle before, between and after. Work in Node's thread pool (disk) is not waited for.
   */
  advance(ms: number): Promise<void>;
  /** Timers that are set and not yet due: a leak when it is not 0 at the end of a spec. */
  readonly pending: number;
}

/** Turns of the event loop that in-memory traffic needs to come to rest, generously. */
const TURNS = 25;

/** Lets promises and immediates run until in-memory traffic has come to rest. */
export async function settle(turns = TURNS): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function fakeClock(): FakeClock {
  interface Alarm extends Timer {
    readonly due: number;
    readonly fn: () => void;
  }
  /** In the order they were set: of two that fall due together, the older runs first. */
  const alarms = new Set<Alarm>();
  let now = 1000;

  const next = (until: number): Alarm | undefined => {
    let first: Alarm | undefined;
    for (const alarm of alarms) if (alarm.due <= until && (first === undefined || alarm.due < first.due)) first = alarm;
    return first;
  };

  return {
    now: () => now,
    after: (ms, fn) => {
      const alarm: Alarm = { due: now + Math.max(0, ms), fn, cancel: () => void alarms.delete(alarm) };
      alarms.add(alarm);
      return alarm;
    },
    advance: async (ms) => {
      const until = now + ms;
      await settle();
      for (let alarm = next(until); alarm !== undefined; alarm = next(until)) {
        now = Math.max(now, alarm.due);
        alarms.delete(alarm);
        alarm.fn();
        await settle();
      }
      now = until;
    },
    get pending() {
      return alarms.size;
    },
  };
}
