import type { TLSSocket } from 'node:tls';
import type { TwinportError } from '../errors';
import { hostPort } from '../wire/addresses';
import { ChunkInlet } from './chunkInlet';
import { abortFailure, lossFailure } from './failures';
import type { Conn } from './network';
import { Secured } from './secured';
import type { Wire } from './tlsWire';
import { Writing } from './writing';

/**
 * A connection under TLS. An end is the peer's close_notify or its FIN, whichever comes: `farewell` tells which, for where no
 * counts decide (PROTOCOL.md). A reset beneath is one here, and whatever TLS itself finds wrong resets what is beneath.
 */
export class TlsConn extends Secured {
  readonly closed: Promise<void>;
  farewell = false;
  readonly #inlet = new ChunkInlet();
  readonly #writing: Writing;

  /** It owns both from now on: no error of theirs can escape. */
  constructor(
    raw: Conn,
    private readonly wire: Wire,
    socket: TLSSocket,
  ) {
    super(raw, socket);
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

  get bytesRead(): number {
    return this.#inlet.bytesRead;
  }

  get bytesWritten(): number {
    return this.#writing.bytesWritten;
  }

  protected get failure(): TwinportError | undefined {
    return this.#writing.failure;
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
