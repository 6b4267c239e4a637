import type { Writable } from 'node:stream';

/**
 * Standard output or standard error as something that may go away. Its reader can leave (`| head -1`) and
 * its disk can be full at any time; neither may become an uncaught exception.
 */
export class Output {
  private failed: NodeJS.ErrnoException | undefined;
  private opened: Writable | undefined;

  /**
   * The stream is asked for when there is something to write: Node makes a standard stream at its first use,
   * which takes a short command milliseconds. `onFailure` is told once, of the first failure.
   */
  constructor(
    private readonly open: () => Writable,
    private readonly onFailure: (error: NodeJS.ErrnoException) => void = () => undefined,
  ) {}

  get stream(): Writable {
    if (this.opened !== undefined) return this.opened;
    this.opened = this.open();
    return this.opened.on('error', (error) => this.fail(error));
  }

  /** Why nothing more can be written; undefined as long as it can. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.failed;
  }

  /** The reader left, as `head` does: not an error to complain about. */
  get abandoned(): boolean {
    return this.failed?.code === 'EPIPE';
  }

  /** What to tell of a failure that is one: undefined where there is none, or only a reader that left. */
  get loss(): string | undefined {
    if (this.failed === undefined || this.abandoned) return undefined;
    // Node's `ENOSPC: no space left on device, write`, without what means something to Node alone.
    return `cannot write to standard output: ${this.failed.message.replace(/^[A-Z0-9]+: |, write$/g, '')}`;
  }

  /** For lines; after a failure they go nowhere. */
  say(text: string): void {
    if (this.failed === undefined) this.stream.write(text);
  }

  /** For much: resolves when it was handed over, also when it could not be. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.failed !== undefined) return Promise.resolve();
    return new Promise((resolve) =>
      this.stream.write(bytes, (error) => {
        // The event comes later, and whoever waits here asks at once whether it went well.
        if (error) this.fail(error);
        resolve();
      }),
    );
  }

  /** Resolves when everything said has been handed over (a program that ends earlier loses it). */
  flushed(): Promise<void> {
    if (this.opened === undefined) return Promise.resolve();
    return this.write(new Uint8Array(0));
  }

  private fail(error: NodeJS.ErrnoException): void {
    // What comes of writing on where another one has met the failure: its event says what that was.
    if (this.failed !== undefined || error.code === 'ERR_STREAM_DESTROYED') return;
    this.failed = error;
    this.onFailure(error);
  }
}
