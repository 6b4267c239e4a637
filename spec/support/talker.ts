import type { Conn } from '../../lib/net/network';
import { eventually } from './eventually';
import { settle } from './fakeClock';

export { eventually };

/** A peer on any `Conn` that follows no protocol but what the spec makes it say. */
export class Talker {
  #chunks: Buffer[] = [];
  #taken = 0;
  #state: 'open' | 'ended' | 'lost' = 'open';

  /** With `reads: false` nothing is read until `listen`. */
  constructor(
    readonly conn: Conn,
    { reads = true }: { reads?: boolean } = {},
  ) {
    if (reads) this.listen();
  }

  listen(): void {
    void this.#read();
  }

  /** Everything that has arrived. */
  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** What `line` has not taken yet. */
  get unread(): string {
    return this.received.subarray(this.#taken).toString('utf8');
  }

  get state(): 'open' | 'ended' | 'lost' {
    return this.#state;
  }

  send(bytes: string | Uint8Array): Promise<void> {
    return this.conn.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  /** FIN. */
  async end(bytes?: string | Uint8Array): Promise<void> {
    if (bytes !== undefined) await this.send(bytes);
    await this.conn.end();
  }

  /** The next line, without its LF or CR LF. */
  async line(): Promise<string> {
    const lf = (): number => this.received.indexOf(0x0a, this.#taken);
    await eventually(
      'a line',
      () => lf() !== -1 || this.#state !== 'open',
      () => this.unread,
    );
    const end = lf();
    if (end === -1) throw new Error(`${this.#state} instead of a line: ${JSON.stringify(this.unread)}`);
    const line = this.received.toString('utf8', this.#taken, end).replace(/\r$/, '');
    this.#taken = end + 1;
    return line;
  }

  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    for (let i = 0; i < count; i += 1) lines.push(await this.line());
    return lines;
  }

  /** What is there when everything has come to rest, and not taken as a line. */
  async quiet(): Promise<string> {
    await settle();
    return this.unread;
  }

  /** Waits for at least so many bytes. */
  async bytes(count: number): Promise<Buffer> {
    await eventually(
      `${count} bytes`,
      () => this.received.length >= count || this.#state !== 'open',
      () => this.received.length,
    );
    if (this.received.length < count) throw new Error(`${this.#state} after ${this.received.length} bytes`);
    return this.received;
  }

  /** Waits until the other side ends, and says how. */
  async over(): Promise<'ended' | 'lost'> {
    await eventually(
      'an end',
      () => this.#state !== 'open',
      () => this.unread,
    );
    return this.#state as 'ended' | 'lost';
  }

  /** Waits for FIN and answers it; everything that came before it. */
  async whole(): Promise<Buffer> {
    const how = await this.over();
    if (how !== 'ended') throw new Error(`${how} instead of an end after ${this.received.length} bytes`);
    await this.conn.end().catch(() => undefined);
    return this.received;
  }

  async #read(): Promise<void> {
    try {
      for (let chunks; (chunks = await this.conn.read()) !== null;)
        for (const chunk of chunks) this.#chunks.push(Buffer.from(chunk));
      this.#state = 'ended';
    } catch {
      this.#state = 'lost';
    }
  }
}
