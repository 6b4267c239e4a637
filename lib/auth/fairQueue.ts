import { TwinportError } from '../errors';

interface Waiting {
  readonly start: () => void;
}

/** How much work there may be at once, and how much of it may wait: in all, and of one asker. */
export interface QueueBounds {
  readonly atOnce: number;
  readonly waiting: number;
  readonly waitingOfOne: number;
}

/**
 * Costly work, a few at once. Of those who wait each asker has his turn, however many another one brings. What would have
 * to wait beyond the bounds is refused at once: a queue that grows is memory that strangers fill.
 */
export class FairQueue {
  private running = 0;
  private waiting = 0;
  /** In the order of their turns. */
  private readonly askers = new Map<string, Waiting[]>();

  constructor(private readonly bounds: QueueBounds) {}

  /** Rejects `timeout` with reply 421 when too much waits already, or the signal's reason; nothing was done then. */
  async run<T>(asker: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.running >= this.bounds.atOnce) await this.turn(asker, signal);
    else this.running += 1;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      this.running -= 1;
      this.next();
    }
  }

  private turn(asker: string, signal: AbortSignal): Promise<void> {
    const mine = this.askers.get(asker) ?? [];
    if (this.waiting >= this.bounds.waiting || mine.length >= this.bounds.waitingOfOne) {
      return Promise.reject(new TwinportError('timeout', 'Too many logins at once', { reply: 421 }));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.forget(asker, waiting);
        reject(signal.reason as Error);
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener('abort', leave);
          this.running += 1;
          resolve();
        },
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', leave, { once: true });
      this.askers.set(asker, [...mine, waiting]);
      this.waiting += 1;
    });
  }

  private next(): void {
    const [first] = this.askers;
    if (first === undefined) return;
    const [asker, [waiting, ...others]] = first;
    // To the end of the round.
    this.askers.delete(asker);
    if (others.length > 0) this.askers.set(asker, others);
    this.waiting -= 1;
    waiting?.start();
  }

  private forget(asker: string, one: Waiting): void {
    const left = (this.askers.get(asker) ?? []).filter((each) => each !== one);
    if (left.length > 0) this.askers.set(asker, left);
    else this.askers.delete(asker);
    this.waiting -= 1;
  }
}
