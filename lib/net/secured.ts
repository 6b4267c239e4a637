import type { TLSSocket } from 'node:tls';
import { TwinportError } from '../errors';
import { hostPort } from '../wire/addresses';
import { lossFailure } from './failures';
import type { Conn, Direction, Endpoint, SecureConn } from './network';

/** What was found out about the peer in the handshake. */
export interface Peer {
  /** The certificate, DER. */
  readonly shown: Buffer | undefined;
  readonly name: string | undefined;
  readonly doubt: TwinportError | undefined;
}

/** What a connection under TLS is, however its bytes come to the socket beneath. */
export abstract class Secured implements SecureConn {
  /** The peer's certificate, DER. */
  shown: Buffer | undefined;
  peerName: string | undefined;
  doubt: TwinportError | undefined;
  another: (conn: Conn) => Promise<SecureConn> = () => Promise.reject(new TwinportError('tls', 'no handshake yet'));
  /** Told of the first failure: a handshake is part of the connection's life. */
  onLost: (cause: unknown) => void = () => undefined;

  abstract readonly closed: Promise<void>;
  abstract readonly farewell: boolean;
  abstract readonly bytesRead: number;
  abstract readonly bytesWritten: number;

  constructor(
    protected readonly raw: Conn,
    readonly socket: TLSSocket,
  ) {}

  abstract read(gather?: number): Promise<readonly Uint8Array[] | null>;
  abstract write(bytes: Uint8Array): Promise<void>;
  abstract end(): Promise<void>;
  abstract destroy(): void;
  abstract reset(): void;

  /** The first failure of the connection. */
  protected abstract readonly failure: TwinportError | undefined;

  /** What the handshake found out. */
  met({ shown, name, doubt }: Peer): this {
    this.shown = shown;
    this.peerName = name;
    this.doubt = doubt;
    return this;
  }

  get secured(): this {
    return this;
  }

  get local(): Endpoint {
    return this.raw.local;
  }

  get remote(): Endpoint {
    return this.raw.remote;
  }

  signsOfLife(direction: Direction): number {
    return this.raw.signsOfLife?.(direction) ?? 0;
  }

  get protocol(): string {
    return this.socket.getProtocol() ?? '';
  }

  exporter(length: number, label: string, context: Uint8Array): Buffer {
    if (this.failure !== undefined) throw this.failure;
    try {
      return this.socket.exportKeyingMaterial(length, label, Buffer.from(context));
    } catch (cause) {
      // Node throws, without a code, of a connection that is gone; one that ended in peace has no failure of its own.
      throw lossFailure(hostPort(this.remote.address, this.remote.port), cause);
    }
  }
}
