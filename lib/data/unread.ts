import type { Conn, Endpoint } from '../net/network';

type Batch = readonly Uint8Array[] | null;

/**
 * A connection with bytes put back in front: what came along with the token, or behind a command, belongs to the
 * transfer. `pending` is a read that somebody else has begun and gives up: its outcome comes next.
 */
export function withUnread(conn: Conn, bytes: Uint8Array, pending?: Promise<Batch>): Conn {
  return new UnreadConn(conn, bytes.length === 0 ? undefined : bytes, pending);
}

class UnreadConn implements Conn {
  constructor(
    private readonly conn: Conn,
    private unread: Uint8Array | undefined,
    private pending: Promise<Batch> | undefined,
  ) {}

  read(gather?: number): Promise<Batch> {
    const { unread, pending } = this;
    if (unread !== undefined) {
      this.unread = undefined;
      return Promise.resolve([unread]);
    }
    this.pending = undefined;
    return pending ?? this.conn.read(gather);
  }

  get local(): Endpoint {
    return this.conn.local;
  }
  get remote(): Endpoint {
    return this.conn.remote;
  }
  get bytesRead(): number {
    return this.conn.bytesRead;
  }
  get bytesWritten(): number {
    return this.conn.bytesWritten;
  }
  get closed(): Promise<void> {
    return this.conn.closed;
  }
  write(bytes: Uint8Array): Promise<void> {
    return this.conn.write(bytes);
  }
  end(): Promise<void> {
    return this.conn.end();
  }
  destroy(): void {
    this.unread = undefined;
    this.conn.destroy();
  }
  reset(): void {
    this.unread = undefined;
    this.conn.reset();
  }
}
