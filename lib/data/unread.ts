import type { Conn, Endpoint } from '../net/network';

/** A connection with bytes put back in front: what came along with the token belongs to the transfer. */
export function withUnread(conn: Conn, bytes: Uint8Array): Conn {
  return new UnreadConn(conn, bytes);
}

class UnreadConn implements Conn {
  constructor(
    private readonly conn: Conn,
    private unread: Uint8Array | undefined,
  ) {}

  read(gather?: number): Promise<readonly Uint8Array[] | null> {
    if (this.unread === undefined) return this.conn.read(gather);
    const first = this.unread;
    this.unread = undefined;
    return Promise.resolve([first]);
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
