import type { Clock, Timer } from '../../lib/net/network';

export interface FakeClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: runs what falls due, in order, and lets promises and in-memory traffic
   * settle before, between and after. Work in Node's thread pool (disk) is not waited for.
   */
  advance(ms: number): Promise<void>;
  /** The same as on a machine that was asleep: it is later before anybody is called, and all that fell due is called at once. */
  leap(ms: number): Promise<void>;
  /** Timers that are set and not yet due: a leak when it is not 0 at the end of a spec. */
  readonly pending: number;
}

/** Turns of the event loop that in-memory traffic needs to come to rest, generously. */
const TURNS = 25;

/** Lets promises and immediates run until in-memory traffic has come to rest. */
export async function settle(turns = TURNS): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What never rests is waited for no longer. */
const MOST_TURNS = 2000;

/**
 * Lets promises and immediates run until nobody has any left, nor waits for a disk: exact where everything is in memory, for what is
 * under TLS needs many more turns than others. Whoever has real connections, or looks again and again, is better off with `settle`.
 */
export function atRest(): Promise<void> {
  return new Promise((resolve) => {
    let turns = 0;
    // Within an immediate, all promises of those before it are through: what is left is in the list.
    const look = (): void => {
      turns += 1;
      const isBusy = process.getActiveResourcesInfo().some((kind) => kind === 'Immediate' || kind.startsWith('FSReq'));
      if (!isBusy || turns >= MOST_TURNS) resolve();
      else setImmediate(look);
    };
    setImmediate(look);
  });
}

export function fakeClock(rest: () => Promise<void> = settle): FakeClock {
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
      await rest();
      for (let alarm = next(until); alarm !== undefined; alarm = next(until)) {
        now = Math.max(now, alarm.due);
        alarms.delete(alarm);
        alarm.fn();
        await rest();
      }
      now = until;
    },
    leap: async (ms) => {
      await rest();
      now += ms;
      // What is set meanwhile falls due after this.
      const due = [...alarms].filter((alarm) => alarm.due <= now).sort((a, b) => a.due - b.due);
      for (const alarm of due) if (alarms.delete(alarm)) alarm.fn();
      await rest();
    },
    get pending() {
      return alarms.size;
    },
  };
}
