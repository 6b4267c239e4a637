import { sentenceOf } from './errors';
import { logFor } from './log';
import type { Clock, Timer } from './net/network';
import { LIMITS } from './options';
import type { LocalStorage } from './storage/local';

const log = logFor('server');

/**
 * Parts expire on a server that nobody restarts, and in directories that nobody writes to: it looks everywhere when it
 * begins, for what was left by those before, and again after each quarter of a day.
 */
export class Sweeper {
  private readonly stopping = new AbortController();
  private timer: Timer | undefined;
  private running: Promise<void>;

  constructor(
    private readonly clock: Clock,
    private readonly storage: Pick<LocalStorage, 'sweep'>,
  ) {
    this.running = this.turn();
  }

  /** Returns once nothing is read or removed any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.timer?.cancel();
    await this.running;
  }

  private async turn(): Promise<void> {
    const { signal } = this.stopping;
    try {
      await this.storage.sweep(signal);
    } catch (error) {
      log.trace('cannot look for expired parts: %s', sentenceOf(error));
    }
    if (signal.aborted) return;
    this.timer = this.clock.after(LIMITS.sweep, () => {
      this.running = this.turn();
    });
  }
}
