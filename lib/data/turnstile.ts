import { reasonOf, throwIfAborted } from './scope';

/** One at a time per key, the others in their order: work that costs us more than it costs who asks for it. */
export class Turnstile {
  /** Who waits behind the one at work, by key; the first to come is the first to go. */
  private readonly waiting = new Map<string, Set<() => void>>();

  /**
   * Rejects with the signal's reason when that aborts before its turn, and is forgotten at once: whoever asks and gives up
   * again and again, behind a turn that takes minutes, would fill our memory with turns that nobody wants.
   */
  async pass<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal !== undefined) throwIfAborted(signal);
    const before = this.waiting.get(key);
    if (before === undefined) this.waiting.set(key, new Set());
    else await turnIn(before, signal);
    try {
      if (signal !== undefined) throwIfAborted(signal);
      return await work();
    } finally {
      this.next(key);
    }
  }

  /** How many wait for their turn, for specs. */
  get size(): number {
    return [...this.waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  private next(key: string): void {
    const waiting = this.waiting.get(key);
    const [first] = waiting ?? [];
    if (first === undefined) {
      this.waiting.delete(key);
      return;
    }
    waiting?.delete(first);
    first();
  }
}

function turnIn(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    const leave = (): void => {
      waiting.delete(go);
      if (signal !== undefined) reject(reasonOf(signal));
    };
    waiting.add(go);
    signal?.addEventListener('abort', leave, { once: true });
  });
}
