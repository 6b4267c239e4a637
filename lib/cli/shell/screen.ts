import { Writable } from 'node:stream';
import type { TerminalStream } from '../progress';

const up = (rows: number): string => `\x1b[${rows}A`;
const C1 = /[\u0080-\u009f]/g;
const UP = /^\x1b\[[0-9]+A$/;

/**
 * The terminal as the line editor sees it. What is typed ahead, or pasted, behind the end of a line belongs to the
 * next prompt: the editor would draw it at once, so it can be silenced. And when the window is resized, terminals break
 * a line that takes several rows anew, and move the cursor with it, of which the editor knows nothing.
 */
export class Screen extends Writable {
  silent = false;
  /** Whoever was told of a resize is about to draw anew, from where this went. */
  private atTop = false;
  private readonly resized = (): void => {
    const rows = this.silent ? 0 : this.rowsAbove();
    if (rows > 0) this.terminal.write(up(rows));
    this.atTop = true;
    this.emit('resize');
    this.atTop = false;
  };

  /** `rowsAbove`: how many rows the cursor is below where the line begins, in a terminal of this width. */
  constructor(
    private readonly terminal: TerminalStream,
    private readonly rowsAbove: () => number,
  ) {
    super();
    terminal.on('resize', this.resized);
  }

  get columns(): number {
    // A terminal that was never told its size says 0.
    return this.terminal.columns || 80;
  }

  /** At once and in order with what others write there: a stream of its own would queue. */
  override write(chunk: unknown): boolean {
    const first = this.atTop;
    this.atTop = false;
    // The editor would go up as far as the line took when it was drawn, which is not where it begins now.
    if (first && typeof chunk === 'string' && UP.test(chunk)) return true;
    // The editor draws a letter before it is known to be none: what was pasted from a page, or a listing, would drive the
    // terminal. Its own commands are ESC and what follows, and never C1.
    if (typeof chunk === 'string' && !this.silent) this.terminal.write(chunk.replace(C1, ''));
    return true;
  }

  release(): void {
    this.terminal.off('resize', this.resized);
  }
}
