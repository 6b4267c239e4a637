import type { Conn } from '../net/network';
import { WrappedConn, type Batch } from './wrapped';

/**
 * A connection with bytes put back in front: what came along with the token, or behind a command, belongs to the
 * transfer. `pending` is a read that somebody else has begun and gives up: its outcome comes next.
 */
export function withUnread(conn: Conn, bytes: Uint8Array, pending?: Promise<Batch>): Conn {
  return new UnreadConn(conn, bytes.length === 0 ? undefined : bytes, pending);
}

class UnreadConn extends WrappedConn {
  constructor(
    conn: Conn,
    private unread: Uint8Array | undefined,
    private pending: Promise<Batch> | undefined,
  ) {
    super(conn);
  }

  override read(gather?: number): Promise<Batch> {
    const { unread, pending } = this;
    if (unread !== undefined) {
      this.unread = undefined;
      return Promise.resolve([unread]);
    }
    this.pending = undefined;
    return pending ?? super.read(gather);
  }

  override destroy(): void {
    this.unread = undefined;
    super.destroy();
  }

  override reset(): void {
    this.unread = undefined;
    super.reset();
  }
}
