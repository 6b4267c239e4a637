import { Writable } from 'node:stream';
import type { TerminalStream } from '../progress';

/**
 * The terminal as the line editor sees it. What is typed ahead, or pasted, behind the end of a line belongs to the
 * next prompt: the editor would draw it at once, so it can be silenced.
 */
export class Screen extends Writable {
  silent = false;
  private readonly resized = (): void => void this.emit('resize');

  constructor(private readonly terminal: TerminalStream) {
    super();
    terminal.on('resize', this.resized);
  }

  get columns(): number {
    // A terminal that was never told its size says 0.
    return this.terminal.columns || 80;
  }

  /** At once and in order with what others write there: a stream of its own would queue. */
  override write(chunk: unknown): boolean {
    if (typeof chunk === 'string' && !this.silent) this.terminal.write(chunk);
    return true;
  }

  release(): void {
    this.terminal.off('resize', this.resized);
  }
}
