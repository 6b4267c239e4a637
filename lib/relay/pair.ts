import { Scope } from '../data/scope';
import { TwinportError } from '../errors';
import type { Clock, Conn } from '../net/network';
import { LIMITS } from '../options';
import { pump, QuietReader, type Filter } from './pump';
import { over, type Life, type Outflow } from './stages';

/** What happens to one direction on its way. */
export interface Course {
  readonly filter?: Filter;
  /** Puts the faults in front of the way out. */
  readonly faults?: (out: Outflow, life: Life) => Outflow;
}

/** How a pair ended: both directions by FIN, by a loss on either side, or by a fault of ours. */
export type Ending = 'ended' | 'lost' | 'cut' | 'reset';

/**
 * Two connections as one. A half-close on one side is a half-close on the other, behind everything; a reset is a
 * reset; a side that is gone takes the other with it.
 */
export class Pair {
  private readonly scope = new Scope();
  private ending: Ending | undefined;
  /** Connections whose FIN is on its way. */
  private readonly ended = new Set<Conn>();
  private lastResort: { cancel(): void } | undefined;

  constructor(
    private readonly clock: Clock,
    readonly near: Conn,
    readonly far: Conn,
  ) {}

  /** Resolves, never rejects, when nothing is left of either connection. `there` is near to far. */
  async run(there: Course = {}, back: Course = {}): Promise<Ending> {
    const { near, far } = this;
    // What ends a connection may come while nothing is read from it, nor written.
    for (const conn of [near, far]) {
      void conn.closed.then(() => {
        if (!this.ended.has(conn)) this.over('lost');
      });
    }
    await Promise.all([this.flow(near, far, there), this.flow(far, near, back)]);
    this.lastResort?.cancel();
    near.destroy();
    far.destroy();
    await Promise.all([near.closed, far.closed]);
    this.scope.close();
    return this.ending ?? 'ended';
  }

  /**
   * Ends both sides as the sockets of a killed process do: with a polite FIN, and nothing said any more. False when
   * it is over already.
   */
  cut(): boolean {
    if (this.ending !== undefined) return false;
    this.ending = 'cut';
    this.scope.abort(new TwinportError('aborted', 'cut on purpose'));
    for (const conn of [this.near, this.far]) {
      this.ended.add(conn);
      conn.end().catch(() => undefined);
    }
    // Reading goes on, or the unread would turn our FIN into a reset; but not for ever.
    this.lastResort = this.clock.after(LIMITS.linger, () => this.drop());
    return true;
  }

  /** Resets both sides. False when it is over already. */
  reset(): boolean {
    return this.over('reset');
  }

  /** Lets go of both at once: what is open is reset, and a cut waits for nobody any more. */
  close(): void {
    this.over('reset');
    this.drop();
  }

  private over(how: Ending): boolean {
    if (this.ending !== undefined) return false;
    this.ending = how;
    this.scope.abort(new TwinportError('aborted', 'the connection is over'));
    this.near.reset();
    this.far.reset();
    return true;
  }

  private drop(): void {
    this.near.destroy();
    this.far.destroy();
  }

  private async flow(from: Conn, to: Conn, { filter, faults }: Course): Promise<void> {
    const reader = new QuietReader(from, this.clock);
    const out = this.way(to);
    try {
      await pump(reader, filter, faults?.(out, { clock: this.clock, signal: this.scope.signal }) ?? out);
    } catch {
      this.over('lost');
      if (this.ending === 'cut') await discard(reader);
    }
  }

  /** The way out to one side: a cut one swallows what still comes. */
  private way(conn: Conn): Outflow {
    const passing = (pass: () => Promise<void>): Promise<void> => {
      if (this.ending === undefined) return pass();
      return this.ending === 'cut' ? Promise.resolve() : Promise.reject(over(this.scope.signal));
    };
    return {
      write: (bytes) => passing(() => conn.write(bytes)),
      end: () =>
        passing(() => {
          this.ended.add(conn);
          return conn.end();
        }),
    };
  }
}

async function discard(reader: QuietReader): Promise<void> {
  try {
    while ((await reader.next()) !== null) continue;
  } catch {
    // Gone, which is what it was meant to be.
  }
}
