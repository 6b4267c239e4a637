import type { Clock, Conn } from '../net/network';

/** Milliseconds that a shortage is believed in where the system does not tell: it may have been transfers that are over. */
const SHORT_FOR = 60_000;
/** Milliseconds before the system is asked again: a flood must not have it count a thousand descriptors for each connection. */
const ASK_AGAIN = 100;
/** Sessions that are never too many because of others before them: with so few it is something else that has the descriptors. */
const FEWEST = 4;
/** Milliseconds before the owner hears the same again. */
const TELL_AGAIN = 10 * 60_000;

/** What a server knows of its descriptors running short: the system turns away whoever comes when none is left, and tells nobody. */
export class Shortage {
  /** Sessions that there are descriptors for, as far as is known. */
  private enough = Infinity;
  private until = -Infinity;
  private askAgainAt = -Infinity;
  private tellAgainAt = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (sentence: string) => void,
  ) {}

  /**
   * Do they run short, as this connection comes to so many sessions? Who makes room frees a low one, so behind the first it
   * is the number of sessions that says it, and the system whether it is true still: transfers that are over gave back three
   * each, and a shortage that is believed in for long would be one that anybody makes with a single crowd.
   */
  isMetBy(conn: Conn, sessions: number): boolean {
    const now = this.clock.now();
    if (now >= this.until) this.enough = Infinity;
    if (conn.scarce !== true) return sessions >= this.enough && this.isShortStill(conn);
    this.enough = Math.min(this.enough, Math.max(FEWEST, sessions));
    this.until = now + SHORT_FOR;
    if (now >= this.tellAgainAt) {
      // Its owner can do something about it.
      this.tellAgainAt = now + TELL_AGAIN;
      this.tell(
        'File descriptors run short: whoever has been idle longest makes room. Let the server have more (ulimit -n).',
      );
    }
    return true;
  }

  private isShortStill(conn: Conn): boolean {
    const now = this.clock.now();
    if (now < this.askAgainAt) return true;
    this.askAgainAt = now + ASK_AGAIN;
    const short = conn.runsShort?.() ?? true;
    if (!short) this.enough = Infinity;
    return short;
  }
}
