import { Writable } from 'node:stream';

/**
 * A terminal as far as the programs use one: printing, CR, LF, erasing, the cursor to the right, wrapping on and off.
 * One column a character. When it is resized it breaks lines anew, as most do, or cuts them, as xterm does.
 */
export class Screen extends Writable {
  readonly isTTY = true;
  readonly writes: string[] = [];
  wraps = true;
  /** Lines as they were printed, however many rows each takes. */
  private lines: string[] = [''];
  /** What it really is, where `columns` is what the program knows. */
  private width: number;
  private row = 0;
  private at = 0;

  constructor(
    public columns = 80,
    private readonly reflows = true,
  ) {
    super({ decodeStrings: true });
    // Some are never told their size.
    this.width = columns || 80;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString();
    this.writes.push(text);
    for (const [token] of text.matchAll(/\x1b\[\??[0-9]*[A-Za-z]|[^]/gu)) this.take(token);
    done();
  }

  /** `unheard`: the program is not told yet. */
  resize(columns: number, heard = true): void {
    if (!this.reflows) this.lines = this.lines.map((line) => line.slice(0, columns));
    this.width = columns;
    if (!heard) return;
    this.columns = columns;
    this.emit('resize');
  }

  /** The rows, without what is empty at the end. */
  get rows(): string[] {
    const rows = this.lines.flatMap((line) => line.match(new RegExp(`.{1,${this.width}}`, 'gu')) ?? ['']);
    return rows
      .map((row) => row.trimEnd())
      .join('\n')
      .trimEnd()
      .split('\n');
  }

  private take(token: string): void {
    const line = this.lines[this.row] ?? '';
    if (token === '\r') this.at = 0;
    else if (token === '\n') {
      this.row++;
      this.at = 0;
      this.lines[this.row] ??= '';
    } else if (token === '\x1b[K') this.lines[this.row] = line.slice(0, this.at);
    else if (token === '\x1b[J') {
      this.lines[this.row] = line.slice(0, this.at);
      this.lines.length = this.row + 1;
    } else if (token === '\x1b[C') this.at++;
    else if (token === '\x1b[?7l') this.wraps = false;
    else if (token === '\x1b[?7h') this.wraps = true;
    else if (token.length === 1 && token >= ' ') {
      if (!this.wraps) this.at = Math.min(this.at, this.width - 1);
      this.lines[this.row] = line.slice(0, this.at).padEnd(this.at) + token + line.slice(this.at + 1);
      this.at++;
    } else throw new Error(`This terminal does not know ${JSON.stringify(token)}.`);
  }
}
