import { withUnread } from '../data/unread';
import { isTwinportError } from '../errors';
import type { Clock, Conn, Timer } from '../net/network';
import { LIMITS } from '../options';
import { AwaitedConn } from './awaited';
import type { CommandDecoder, Incoming } from './dialect';

/** What a session makes of what is heard. */
export interface Hearer<C> {
  /** It has ended, or takes nothing more: what still comes is read, so that its last reply is not lost, and forgotten. */
  readonly deaf: () => boolean;
  /** Bytes that will be decoded now. */
  readonly bytes: (bytes: Uint8Array) => void;
  readonly command: (incoming: Incoming<C>) => void;
  /** Nothing that comes behind this can be understood. */
  readonly lost: () => void;
  /** The peer's FIN: no more requests. */
  readonly ended: () => void;
  /** The peer's reset. */
  readonly failed: (error: unknown) => void;
}

/** The server's reading side of a control connection: it always reads, until the connection is an in-band command's. */
export class Hearing<C> {
  /** What arrives is no command any more. */
  inband = false;
  /** The connection as an in-band command gets it. */
  private taken: AwaitedConn | undefined;
  /** The read that was under way when the connection was taken. */
  private reading: Promise<readonly Uint8Array[] | null> | undefined;
  private quietTimer: Timer | undefined;

  constructor(
    private readonly conn: Conn,
    private readonly decoder: CommandDecoder<C>,
    private readonly clock: Clock,
    private readonly hearer: Hearer<C>,
  ) {}

  start(): void {
    if (!this.inband) void this.loop();
  }

  /** The connection as that command gets it: from the first byte behind the command on. */
  takeOver(): AwaitedConn {
    this.taken ??= new AwaitedConn(withUnread(this.conn, this.decoder.rest?.() ?? NOTHING, this.reading));
    return this.taken;
  }

  /** Waits no more for the rest of a line. */
  hush(): void {
    this.quietTimer?.cancel();
  }

  private async loop(): Promise<void> {
    const { hearer } = this;
    try {
      for (;;) {
        this.reading = this.conn.read();
        const chunks = await this.reading;
        if (this.inband) return;
        this.reading = undefined;
        if (chunks === null) break;
        this.hush();
        for (const chunk of chunks) this.feed(chunk);
        if (this.inband) return;
        // Homemade clients send a request without its newline and wait.
        if (this.decoder.waiting && !hearer.deaf()) {
          this.quietTimer = this.clock.after(this.decoder.patience ?? LIMITS.halfLine, () => this.decode('quiet'));
        }
      }
      this.decode('end');
      hearer.ended();
    } catch (error) {
      hearer.failed(error);
    }
  }

  private feed(bytes: Uint8Array): void {
    // What came along with the command is the first of its data.
    if (this.inband) return this.decoder.push(bytes);
    if (this.hearer.deaf()) return;
    this.hearer.bytes(bytes);
    this.decoder.push(bytes);
    this.decode('next');
  }

  private decode(how: 'next' | 'quiet' | 'end'): void {
    const { hearer } = this;
    try {
      for (let incoming; !hearer.deaf() && (incoming = this.decoder[how]()) !== undefined;) hearer.command(incoming);
    } catch (error) {
      // A line without end (1 GiB before login, say): nothing after it can be understood.
      if (!isTwinportError(error)) throw error;
      hearer.command({ refusal: error, line: '' });
      hearer.lost();
    }
  }
}

const NOTHING = Buffer.alloc(0);
