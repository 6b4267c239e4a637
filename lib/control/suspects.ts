import type { Clock } from '../net/network';
import { LIMITS } from '../options';
import { networkOf } from '../wire/addresses';

export interface BanRules {
  /** Failed logins of one address, within `LIMITS.loginWindow`, before it is turned away; and for how long, milliseconds. */
  readonly banAfter: number;
  readonly banTime: number;
}

/** What is remembered of an address whose logins failed. */
interface Suspect {
  /** When they failed, as far as that still counts. */
  failures: readonly number[];
  /** No login before. */
  notBefore: number;
  bannedUntil: number;
  /** Somebody came during this ban. */
  cameBack: boolean;
}

/**
 * Addresses whose logins failed, a /64 being one. Each failure makes the next try wait twice as long, and enough of them
 * have the address turned away for a while. A login that succeeds takes nothing back: whoever has an account of his own
 * could try those of others between his own logins.
 */
export class Suspects {
  private readonly known = new Map<string, Suspect>();
  /** All together who have no place in a table that is full of the banned. */
  private readonly others: Suspect = { failures: [], notBefore: 0, bannedUntil: 0, cameBack: false };

  constructor(
    private readonly clock: Clock,
    private readonly rules: () => BanRules,
    private readonly most: number = LIMITS.loginAddresses,
  ) {}

  isBanned(address: string): boolean {
    return (this.known.get(networkOf(address))?.bannedUntil ?? 0) > this.clock.now();
  }

  /** Milliseconds before this address may try again. */
  waitOf(address: string): number {
    const suspect = this.known.get(networkOf(address)) ?? (this.isFull() ? this.others : undefined);
    return suspect === undefined ? 0 : Math.max(0, suspect.notBefore - this.clock.now());
  }

  /** True for the first of its connections during each ban. */
  comesBack(address: string): boolean {
    const suspect = this.known.get(networkOf(address));
    if (suspect === undefined || suspect.cameBack || suspect.bannedUntil <= this.clock.now()) return false;
    return (suspect.cameBack = true);
  }

  /** True where that was one too many, and the address is turned away from now on. */
  failed(address: string): boolean {
    const now = this.clock.now();
    const { banAfter, banTime } = this.rules();
    const suspect = this.placeOf(networkOf(address));
    const counting = suspect.failures.filter((at) => at > now - LIMITS.loginWindow);
    suspect.failures = [...counting, now].slice(-MOST_DOUBLED - banAfter);
    suspect.notBefore = now + delayAfter(suspect.failures.length);
    if (suspect === this.others || suspect.failures.length < banAfter) return false;
    suspect.cameBack = false;
    suspect.bannedUntil = now + banTime;
    suspect.failures = [];
    return true;
  }

  /** Addresses remembered, for specs: never more than there is room for. */
  get size(): number {
    return this.known.size;
  }

  private placeOf(key: string): Suspect {
    const known = this.known.get(key);
    // Whoever failed last stands last.
    this.known.delete(key);
    if (known === undefined && !this.makeRoom()) return this.others;
    const suspect = known ?? { failures: [], notBefore: 0, bannedUntil: 0, cameBack: false };
    this.known.set(key, suspect);
    return suspect;
  }

  /**
   * Somebody with many addresses must neither fill our memory nor push his own bans out of it: who is banned stays, and
   * who failed longest ago goes. That a table full of bans has no room for more is what `others` is for: the tries of all
   * of those together are then no faster than those of one address.
   */
  private makeRoom(): boolean {
    if (this.known.size < this.most) return true;
    const now = this.clock.now();
    let oldest: string | undefined;
    for (const [key, suspect] of this.known) {
      if (suspect.bannedUntil > now) continue;
      oldest ??= key;
      if ((suspect.failures.at(-1) ?? 0) <= now - LIMITS.loginWindow) this.known.delete(key);
    }
    if (this.known.size < this.most) return true;
    return oldest !== undefined && this.known.delete(oldest);
  }

  private isFull(): boolean {
    if (this.known.size < this.most) return false;
    const now = this.clock.now();
    for (const { bannedUntil } of this.known.values()) if (bannedUntil <= now) return false;
    return true;
  }
}

/** Beyond so many failures the delay is the longest anyway: 2^5 seconds. */
const MOST_DOUBLED = 6;

function delayAfter(failures: number): number {
  return Math.min(LIMITS.loginDelay * 2 ** Math.min(failures - 1, MOST_DOUBLED), LIMITS.loginDelayMost);
}
