import type { TLSSocket } from 'node:tls';
import { TwinportError } from '../errors';
import { hostPort } from '../wire/addresses';
import { ChunkInlet } from './chunkInlet';
import { abortFailure, lossFailure } from './failures';
import type { Conn, Direction, Endpoint, SecureConn } from './network';
import type { Wire } from './tlsWire';
import { Writing } from './writing';

/** What was found out about the peer in the handshake. */
export interface Peer {
  /** The certificate, DER. */
  readonly shown: Buffer | undefined;
  readonly name: string | undefined;
  readonly doubt: TwinportError | undefined;
}

/**
 * A connection under TLS. An end is the peer's close_notify or its FIN, whichever comes: `farewell` tells which, for where no
 * counts decide (PROTOCOL.md). A reset beneath is one here, and whatever TLS itself finds wrong resets what is beneath.
 */
export class TlsConn implements SecureConn {
  readonly closed: Promise<void>;
  /** The peer's certificate, DER. */
  shown: Buffer | undefined;
  peerName: string | undefined;
  doubt: TwinportError | undefined;
  farewell = false;
  another: (conn: Conn) => Promise<SecureConn> = () => Promise.reject(new TwinportError('tls', 'no handshake yet'));
  readonly #inlet = new ChunkInlet();
  readonly #writing: Writing;
  /** Told of the first failure: a handshake is part of the connection's life. */
  onLost: (cause: unknown) => void = () => undefined;

  /** It owns both from now on: no error of theirs can escape. */
  constructor(
    private readonly raw: Conn,
    private readonly wire: Wire,
    readonly socket: TLSSocket,
  ) {
    this.#writing = new Writing(socket, (error) => this.#lost(error));
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
    this.#watchFarewell();
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
    return this.#writing.bytesWritten;
  }

  signsOfLife(direction: Direction): number {
    return this.raw.signsOfLife?.(direction) ?? 0;
  }

  get protocol(): string {
    return this.socket.getProtocol() ?? '';
  }

  exporter(length: number, label: string, context: Uint8Array): Buffer {
    // Node throws of a connection that is gone already, without a code.
    if (this.#writing.failure !== undefined) throw this.#writing.failure;
    return this.socket.exportKeyingMaterial(length, label, Buffer.from(context));
  }

  read(gather?: number): Promise<readonly Uint8Array[] | null> {
    return this.#inlet.read(gather);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writing.write(bytes);
  }

  end(): Promise<void> {
    return this.#writing.end();
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

  /**
   * Node makes one end of close_notify and FIN, and tells the stream of it at once: before what is beneath has ended, it was
   * the peer's. Should Node tell it otherwise one day, no end is one, and what needs one fails (spec/net/tlsEnds.spec.ts).
   */
  #watchFarewell(): void {
    const { socket, wire } = this;
    const push = socket.push.bind(socket);
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null) this.farewell = !wire.ended;
      return push(chunk, encoding);
    };
  }

  /** Gives the first failure there was. Nothing is polite behind it. */
  #lost(cause?: unknown): TwinportError {
    const known = this.#writing.failure;
    if (known !== undefined) return known;
    const failure = lossFailure(hostPort(this.remote.address, this.remote.port), cause);
    this.#inlet.fail(failure);
    this.#writing.fail(failure);
    this.raw.reset();
    this.socket.destroy();
    this.onLost(cause ?? failure);
    return failure;
  }

  #giveUp(): void {
    const failure = abortFailure(hostPort(this.remote.address, this.remote.port));
    this.#inlet.abort(failure);
    this.#writing.fail(failure);
    this.onLost(failure);
  }
}
