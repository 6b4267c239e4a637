import type { TwinportError } from '../errors';
import type { Clock } from '../net/network';
import { deferred, reasonOf, type Deferred } from '../data/scope';
import type { Incoming } from './dialect';

/** Commands waiting for their turn: bounded, in order, with one consumer. */
export class CommandQueue<C> {
  private items: Incoming<C>[] = [];
  private waiter: Deferred<undefined> | undefined;
  private isEnded = false;
  /** Why no more commands are taken, when that is to be said. */
  why: string | undefined;

  constructor(private readonly most: number) {}

  get length(): number {
    return this.items.length;
  }

  get ended(): boolean {
    return this.isEnded;
  }

  /** False when the queue is full. */
  push(item: Incoming<C>): boolean {
    if (this.items.length >= this.most) return false;
    this.items.push(item);
    this.wake();
    return true;
  }

  /** No more commands will come; what waits is still served. */
  end(why?: string): void {
    this.why ??= why;
    this.isEnded = true;
    this.wake();
  }

  clear(): void {
    this.items = [];
  }

  /** Only what passes goes on waiting; the rest is forgotten, unanswered. */
  retain(passes: (item: Incoming<C>) => boolean): void {
    this.items = this.items.filter(passes);
  }

  /** Everything waiting but what is spared will be answered with this error, in order. */
  refuseAll(error: TwinportError, spares: (item: Incoming<C>) => boolean): void {
    this.items = this.items.map((item) => (spares(item) ? item : { refusal: error, line: item.line }));
    this.wake();
  }

  /** The next command, or undefined after the last. */
  async shift(): Promise<Incoming<C> | undefined> {
    while (this.items.length === 0) {
      if (this.isEnded) return undefined;
      await this.news();
    }
    return this.items.shift();
  }

  /** See `Turn.takeNext`. */
  async takeNext(
    belongs: (command: C) => boolean,
    clock: Clock,
    ms: number,
    signal: AbortSignal,
  ): Promise<C | undefined> {
    let late = false;
    const wake = (): void => this.wake();
    const timer = clock.after(ms, () => {
      late = true;
      wake();
    });
    signal.addEventListener('abort', wake, { once: true });
    try {
      for (;;) {
        if (signal.aborted) throw reasonOf(signal);
        const head = this.items[0];
        if (head !== undefined) {
          if (!('request' in head) || !belongs(head.request)) return undefined;
          this.items.shift();
          return head.request;
        }
        if (this.isEnded || late) return undefined;
        await this.news();
      }
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', wake);
    }
  }

  /** See `Turn.unfollowed`. */
  async unfollowed(belongs: (command: C) => boolean, isAsked: () => boolean): Promise<boolean> {
    while (isAsked()) {
      const [head] = this.items;
      if (this.isEnded) return head === undefined || !('request' in head) || !belongs(head.request);
      await this.news();
    }
    return false;
  }

  private news(): Promise<undefined> {
    this.waiter ??= deferred<undefined>();
    return this.waiter.promise;
  }

  private wake(): void {
    this.waiter?.resolve(undefined);
    this.waiter = undefined;
  }
}
