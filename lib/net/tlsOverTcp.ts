import type { TLSSocket } from 'node:tls';
import type { TwinportError } from '../errors';
import { Secured } from './secured';
import type { TcpConn } from './tcpConn';

/**
 * A connection under TLS that stands on the socket itself: ciphertext goes between OpenSSL and the kernel and is copied nowhere
 * in between, which halves what a gigabyte costs its sender (ARCHITECTURE.md). What is lost is the difference between
 * close_notify and FIN, so it is for connections whose bytes are counted.
 */
export class TlsOverTcp extends Secured {
  readonly closed: Promise<void>;
  /** Node tells of both in the same way. */
  readonly farewell = false;
  readonly #conn: TcpConn;

  /** `tcp` has lent its socket. */
  constructor(tcp: TcpConn, socket: TLSSocket) {
    super(tcp, socket);
    this.#conn = tcp.inherit(socket, (cause) => this.onLost(cause));
    socket.on('_tlsError', (error: Error) => this.#conn.lose(error));
    this.closed = Promise.all([this.#conn.closed, tcp.closed]).then(() => undefined);
  }

  get bytesRead(): number {
    return this.#conn.bytesRead;
  }

  get bytesWritten(): number {
    return this.#conn.bytesWritten;
  }

  protected get failure(): TwinportError | undefined {
    return this.#conn.failure;
  }

  read(gather?: number): Promise<readonly Uint8Array[] | null> {
    return this.#conn.read(gather);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#conn.write(bytes);
  }

  end(): Promise<void> {
    return this.#conn.end();
  }

  destroy(): void {
    this.raw.destroy();
  }

  reset(): void {
    this.raw.reset();
  }
}
