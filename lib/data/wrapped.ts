import type { Conn, Direction, Endpoint, SecureConn } from '../net/network';

/** Bytes that have come; `null` behind the last of them. */
export type Batch = readonly Uint8Array[] | null;

/** A connection that is another one, but for what is overridden. */
export abstract class WrappedConn implements Conn {
  /** Which one may change: a handshake makes another of it. */
  constructor(protected conn: Conn) {}

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
  get secured(): SecureConn | undefined {
    return this.conn.secured;
  }
  get closed(): Promise<void> {
    return this.conn.closed;
  }
  signsOfLife(direction: Direction): number {
    return this.conn.signsOfLife?.(direction) ?? 0;
  }
  opening<T>(work: () => Promise<T>): Promise<T> {
    return this.conn.opening?.(work) ?? work();
  }
  read(gather?: number): Promise<Batch> {
    return this.conn.read(gather);
  }
  write(bytes: Uint8Array): Promise<void> {
    return this.conn.write(bytes);
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
}
