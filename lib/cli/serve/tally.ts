import type { Clock } from '../../index';
import { LIMITS } from '../../options';
import { networkOf } from '../../wire/addresses';

/** What addresses can have a server say as often as they like. */
const KINDS = {
  session: (from: string) => `connections from ${from}`,
  request: (from: string) => `refused requests from ${from}`,
  login: (from: string) => `refused logins from ${from}`,
  note: (from: string) => `connections from ${from} that were not served`,
  remark: (from: string) => `notes about ${from}`,
  // Nobody's lines take the room of these, or a flood would hide what its victim has to know.
  own: () => 'notes about the server itself',
} as const;

export type Kind = keyof typeof KINDS;

const OTHERS = 'other addresses';

/** Milliseconds that lines are counted for, from the first one on. */
const MINUTE = 60_000;
/** Addresses counted one by one, and named when the minute is over, those with the most first. Others are counted together. */
const COUNTED = 1000;

/** What was said of one kind in this minute, and what was not. */
class Minute {
  inAll = 0;
  readonly said = new Map<string, number>();
  readonly left = new Map<string, number>();
}

/**
 * How often a log says the same about an address: the first lines of each minute, and then their number. A line costs
 * whoever makes us write it one packet, and a disk that is full of them ends more than a log.
 */
export class Tally {
  private minutes = new Map<Kind, Minute>();
  private until = 0;
  private timer: { cancel(): void } | undefined;

  /** `say`: what was left out, a sentence each; the address where it is about one. */
  constructor(
    private readonly clock: Clock,
    private readonly say: (sentence: string, kind: Kind, address: string | undefined) => void,
  ) {}

  /** May there be one more line about it? */
  admits(kind: Kind, address: string): boolean {
    const minute = this.minute(kind);
    const from = this.counted(minute.said, address);
    const said = minute.said.get(from) ?? 0;
    // Of each address something is told: fail2ban knows of nobody that no line names.
    const first = from !== '' && said < LIMITS.logLinesFirst;
    if (!first && (said >= LIMITS.logLines || minute.inAll >= LIMITS.logLinesInAll)) return false;
    minute.said.set(from, said + 1);
    minute.inAll += 1;
    return true;
  }

  /** There was none. */
  left(kind: Kind, address: string): void {
    const { left } = this.minute(kind);
    const from = this.counted(left, address);
    left.set(from, (left.get(from) ?? 0) + 1);
    this.timer ??= this.clock.after(Math.max(0, this.until - this.clock.now()), () => this.sum());
  }

  /** Says what has been left out so far, and begins anew. */
  sum(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const minutes = this.minutes;
    this.minutes = new Map();
    for (const [kind, { left }] of minutes) {
      const rows = [...left].sort((a, b) => b[1] - a[1]);
      for (const [address, count] of rows) this.tell(kind, address, count);
    }
  }

  private tell(kind: Kind, address: string, count: number): void {
    const from = address === '' ? OTHERS : address;
    this.say(`... and ${count} more ${KINDS[kind](from)}.`, kind, address === '' ? undefined : address);
  }

  private minute(kind: Kind): Minute {
    if (this.clock.now() >= this.until) {
      this.sum();
      this.until = this.clock.now() + MINUTE;
    }
    const minute = this.minutes.get(kind) ?? new Minute();
    this.minutes.set(kind, minute);
    return minute;
  }

  private counted(among: ReadonlyMap<string, number>, address: string): string {
    const network = networkOf(address);
    return among.has(network) || among.size < COUNTED ? network : '';
  }
}
