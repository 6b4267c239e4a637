import type { Clock, Conn } from '../net/network';
import type { AwaitedConn } from './awaited';
import { isResting, resting } from './resting';

/**
 * An in-band transfer, or a data connection, that waits for its client is no reason to keep a place, once somebody else needs
 * it, when after so many milliseconds it has moved fewer bytes a second than this: a modem of 1200 baud moves 120. Whoever
 * sends a byte now and then, only to be busy, held every place for ever. The average, not the last seconds: a real
 * transfer may stop for a while, which the stall timer ends.
 */
const DRIP_AFTER = 10_000;
const DRIP_RATE = 64;
/** The same for a get, of which the kernel takes the first megabytes at once and then a third of them at a time, if at all. */
const STILL_AFTER = 20_000;

/** For how long a session has made nothing of its place: it asks for nothing, or what it asked for waits for its client. */
export class Idleness {
  private since: number;
  private conn: AwaitedConn | undefined;
  private asks = false;
  private signs = 0;

  constructor(private readonly clock: Clock) {
    this.since = clock.now();
  }

  /** Something begins, or is over. */
  mark(): void {
    this.since = this.clock.now();
  }

  /**
   * What moves over this connection is all that the session does from now on; undefined: nothing moves any more. `asks`:
   * where connecting is asking, a connection alone would be a transfer under way.
   */
  watch(conn: AwaitedConn | undefined, asks = false): void {
    this.conn = conn;
    this.asks = asks;
  }

  /** While `work` lasts the turn only waits: it is no reason to keep a place that somebody else needs. */
  async during<T>(turn: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.mark();
    try {
      return await resting(turn, work);
    } finally {
      this.mark();
    }
  }

  /** Milliseconds; 0 while it makes something of its place. `turn` is undefined where nothing runs. */
  for(busy: boolean, turn: AbortSignal | undefined): number {
    const ms = this.clock.now() - this.since;
    return busy && !this.isWaitedFor(ms, turn) ? 0 : ms;
  }

  /** For `ms` milliseconds the client has had the place, and made next to nothing of it. */
  private isWaitedFor(ms: number, turn: AbortSignal | undefined): boolean {
    if (isResting(turn)) return true;
    const { conn } = this;
    if (conn?.awaited !== true || this.isHeldBack(conn)) return false;
    const { bytesRead, bytesWritten } = conn;
    if (this.asks && bytesRead === 0) return true;
    if (conn.stillFor(this.clock.now()) >= STILL_AFTER) return true;
    return ms >= DRIP_AFTER && bytesRead + bytesWritten < (ms / 1000) * DRIP_RATE;
  }

  /** A limit on the rate made it wait since this was asked last: that is our doing. */
  private isHeldBack(conn: Conn): boolean {
    const signs = (conn.signsOfLife?.('in') ?? 0) + (conn.signsOfLife?.('out') ?? 0);
    const before = this.signs;
    this.signs = signs;
    return signs !== before;
  }
}
