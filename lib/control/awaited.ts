import type { Conn, Endpoint } from '../net/network';

type Batch = readonly Uint8Array[] | null;

/** A connection that knows whether its peer is what is waited for, rather than a disk of ours. */
export class AwaitedConn implements Conn {
  private pending = 0;

  constructor(private readonly conn: Conn) {}

  /** Somebody reads or writes, and neither is done. */
  get awaited(): boolean {
    return this.pending > 0;
  }

  read(gather?: number): Promise<Batch> {
    return this.counted(this.conn.read(gather));
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.counted(this.conn.write(bytes));
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
  end(): Promise<void> {
    return this.conn.end();
  }
  destroy(): void {
    this.conn.destroy();
  }
  reset(): void {
    this.conn.reset();
  }

  private counted<T>(promise: Promise<T>): Promise<T> {
    this.pending += 1;
    const settled = (): void => void (this.pending -= 1);
    promise.then(settled, settled);
    return promise;
  }
}
