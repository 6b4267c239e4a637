import type { TLSSocket } from 'node:tls';
import { TwinportError } from '../errors';
import { hostPort } from '../wire/addresses';
import { ChunkInlet } from './chunkInlet';
import { abortFailure, lossFailure } from './failures';
import type { Conn, Direction, Endpoint, SecureConn } from './network';
import { Outlet } from './outlet';
import type { Wire } from './tlsWire';

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: TwinportError) => void;
}

/** What was found out about the peer in the handshake. */
export interface Peer {
  /** The certificate, DER. */
  readonly shown: Buffer | undefined;
  readonly name: string | undefined;
  readonly doubt: TwinportError | undefined;
}

/**
 * A connection under TLS. An end is the peer's close_notify or its FIN, whichever comes: neither proves anything, and
 * counts decide (PROTOCOL.md). A reset beneath is one here, and whatever TLS itself finds wrong resets what is beneath.
 */
export class TlsConn implements SecureConn {
  readonly closed: Promise<void>;
  /** The peer's certificate, DER. */
  shown: Buffer | undefined;
  peerName: string | undefined;
  doubt: TwinportError | undefined;
  another: (conn: Conn) => Promise<SecureConn> = () => Promise.reject(new TwinportError('tls', 'no handshake yet'));
  readonly #inlet = new ChunkInlet();
  readonly #outlet: Outlet;
  /** Writes, and the end, that Node has not called back for. */
  readonly #pending = new Set<Pending>();
  #failure: TwinportError | undefined;
  #ending: Promise<void> | undefined;
  /** Told of the first failure: a handshake is part of the connection's life. */
  onLost: (cause: unknown) => void = () => undefined;

  /** It owns both from now on: no error of theirs can escape. */
  constructor(
    private readonly raw: Conn,
    private readonly wire: Wire,
    readonly socket: TLSSocket,
  ) {
    this.#outlet = new Outlet(socket);
    this.#inlet.attach({ pause: () => socket.pause(), resume: () => socket.resume() });
    wire.on('error', (error) => this.#lost(error));
    socket.on('error', (error) => this.#lost(error));
    // What Node calls a server's errors behind the handshake, unless a `tls.Server` has handed the socket over.
    socket.on('_tlsError', (error: Error) => this.#lost(error));
    socket.on('data', (chunk: Buffer) => this.#inlet.push(chunk));
    socket.on('end', () => {
      if (wire.failure === undefined) this.#inlet.finish();
      else this.#lost(wire.failure);
    });
    const gone = new Promise<void>((resolve) => {
      socket.on('close', () => {
        if (socket.readableEnded && this.wire.failure === undefined) this.#inlet.finish();
        if (!socket.readableEnded || !socket.writableFinished) this.#lost(wire.failure);
        resolve();
      });
    });
    this.closed = Promise.all([gone, raw.closed]).then(() => undefined);
  }

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

  get bytesRead(): number {
    return this.#inlet.bytesRead;
  }

  get bytesWritten(): number {
    return this.#outlet.bytesWritten;
  }

  signsOfLife(direction: Direction): number {
    return this.raw.signsOfLife?.(direction) ?? 0;
  }

  get protocol(): string {
    return this.socket.getProtocol() ?? '';
  }

  exporter(length: number, label: string, context: Uint8Array): Buffer {
    // Node throws of a connection that is gone already, without a code.
    if (this.#failure !== undefined) throw this.#failure;
    return this.socket.exportKeyingMaterial(length, label, Buffer.from(context));
  }

  read(gather?: number): Promise<readonly Uint8Array[] | null> {
    return this.#inlet.read(gather);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ending !== undefined) {
      return Promise.reject(new TwinportError('invalid-argument', 'nothing can be written behind the end'));
    }
    if (bytes.length === 0) return Promise.resolve();
    return this.#settled((done) => this.#outlet.write(bytes, done));
  }

  end(): Promise<void> {
    if (this.#ending !== undefined) return this.#ending;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#ending = this.#settled((done) => this.#outlet.end(done));
    return this.#ending;
  }

  destroy(): void {
    this.#giveUp();
    this.raw.destroy();
    this.socket.destroy();
  }

  reset(): void {
    this.#giveUp();
    // First, or the end of TLS would say goodbye with a FIN.
    this.raw.reset();
    this.socket.destroy();
  }

  /** One operation that settles with its callback, or with the connection's failure if that comes first. */
  #settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const pending = { resolve, reject };
      this.#pending.add(pending);
      start((error) => {
        if (!this.#pending.delete(pending)) return;
        if (error) reject(this.#lost(error));
        else resolve();
      });
    });
  }

  /** The first failure wins and is what every pending and later operation gets. Nothing is polite behind it. */
  #lost(cause?: unknown): TwinportError {
    if (this.#failure === undefined) {
      const failure = lossFailure(hostPort(this.remote.address, this.remote.port), cause);
      this.#failure = failure;
      this.#inlet.fail(failure);
      this.#rejectPending(failure);
      this.raw.reset();
      this.socket.destroy();
      this.onLost(cause ?? failure);
    }
    return this.#failure;
  }

  #giveUp(): void {
    const failure = abortFailure(hostPort(this.remote.address, this.remote.port));
    this.#failure ??= failure;
    this.#inlet.abort(failure);
    this.#rejectPending(failure);
    this.onLost(failure);
  }

  #rejectPending(failure: TwinportError): void {
    for (const pending of this.#pending) pending.reject(failure);
    this.#pending.clear();
  }
}
