import type { Socket } from 'node:net';
import type { TwinportError } from '../errors';
import { hostPort, plainAddress } from '../wire/addresses';
import type { BulkInlet } from './bulkInlet';
import { ChunkInlet } from './chunkInlet';
import { abortFailure, lossFailure } from './failures';
import type { Inlet } from './inlet';
import type { Conn, Endpoint } from './network';
import { endedByReset } from './resets';
import { Writing } from './writing';

const NOTHING = new Uint8Array(0);

/** A socket as a `Conn`. It owns the socket from the moment it is made: no error of it can escape. */
export class TcpConn implements Conn {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #inlet: Inlet;
  readonly #writing: Writing;

  /** With `bulk` the socket was made to receive into that inlet; without, its `'data'` events are used. */
  constructor(socket: Socket, bulk?: BulkInlet) {
    this.#socket = socket;
    this.#writing = new Writing(socket, (error) => this.#lost(error));
    this.local = { address: plainAddress(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
    this.remote = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    socket.on('error', (error) => this.#lost(error));
    socket.on('end', () => this.#ended());
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        if (socket.readableEnded) this.#inlet.finish();
        this.#lost();
        resolve();
      });
    });
    const chunks = new ChunkInlet();
    this.#inlet = bulk ?? chunks;
    this.#inlet.attach({ pause: () => socket.pause(), resume: () => socket.resume() });
    if (bulk === undefined) socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  }

  get bytesRead(): number {
    return this.#inlet.bytesRead;
  }

  get bytesWritten(): number {
    return this.#writing.bytesWritten;
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
    this.#socket.destroy();
  }

  reset(): void {
    this.#giveUp();
    // A shutdown on its way (it takes one turn, when nothing waits to be written) makes the reset fail with
    // EINVAL, and Node then never closes the socket at all. So let the shutdown go first.
    if (this.#writing.ending && !this.#socket.writableFinished && this.#socket.writableLength === 0) {
      this.#socket.once('finish', () => this.#socket.resetAndDestroy());
    } else {
      this.#socket.resetAndDestroy();
    }
  }

  /** The peer's FIN, or a reset that looks like one: completeness must not rest on it unexamined. */
  #ended(): void {
    if (this.#writing.failure !== undefined) return;
    if (this.#writing.ending) {
      // After our own FIN every write fails, and tells nothing any more.
      const reset = endedByReset(this.#socket);
      if (reset !== undefined) this.#lost(reset);
      else this.#inlet.finish();
    } else if (this.#socket.writableLength > 0) {
      // A waiting write meets the reset by itself, in this very turn of the event loop.
      setImmediate(() => this.#inlet.finish());
    } else {
      // A reset that arrives while bytes are unread reaches Node as an end. Writing nothing sends nothing,
      // and fails on a connection that was reset.
      this.#socket.write(NOTHING, (error) => {
        if (error) this.#lost(error);
        else this.#inlet.finish();
      });
    }
  }

  /** Gives the first failure there was. */
  #lost(cause?: unknown): TwinportError {
    const known = this.#writing.failure;
    if (known !== undefined) return known;
    const failure = lossFailure(hostPort(this.remote.address, this.remote.port), cause);
    this.#inlet.fail(failure);
    this.#writing.fail(failure);
    return failure;
  }

  #giveUp(): void {
    const failure = abortFailure(hostPort(this.remote.address, this.remote.port));
    this.#inlet.abort(failure);
    this.#writing.fail(failure);
  }
}
