import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { TwinportError } from '../errors';
import { hostPort, plainAddress } from '../wire/addresses';
import type { BulkInlet } from './bulkInlet';
import { ChunkInlet } from './chunkInlet';
import { abortFailure, lossFailure } from './failures';
import type { Inlet } from './inlet';
import type { Conn, Endpoint } from './network';
import { receiveInto } from './receiveInto';
import { canTellResets, endedByReset } from './resets';
import { isScarce, runsShort } from './scarcity';
import { Writing } from './writing';

const NOTHING = new Uint8Array(0);

/** TLS that stands on a connection's own socket. */
export interface Above {
  /** The connection's socket. */
  readonly beneath: Socket;
  /** Hears of the first failure. */
  readonly onLost: (cause: unknown) => void;
}

/** A socket as a `Conn`. It owns the socket from the moment it is made: no error of it can escape. */
export class TcpConn implements Conn {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly closed: Promise<void>;
  readonly scarce: boolean;
  readonly runsShort = runsShort;
  readonly #socket: Socket;
  readonly #above: Above | undefined;
  readonly #bulk: BulkInlet | undefined;
  #inlet: Inlet;
  readonly #writing: Writing;
  /** What our socket was given to. */
  #heir: TcpConn | undefined;

  /**
   * With `bulk` the socket was made to receive into that inlet; without, its `'data'` events are used. With `above` it is one
   * of TLS.
   */
  constructor(socket: Socket, bulk?: BulkInlet, above?: Above) {
    this.#socket = socket;
    this.scarce = isScarce(socket);
    this.#bulk = bulk;
    this.#above = above;
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

  /** The first failure there was. */
  get failure(): TwinportError | undefined {
    return this.#writing.failure;
  }

  /**
   * The socket, for TLS to stand on; undefined where something has moved or failed already, or where nobody could tell an end
   * from a reset. What TLS makes of it becomes a connection by `inherit`, in the same turn.
   */
  lend(): Socket | undefined {
    const untouched = this.failure === undefined && !this.#writing.ending && !this.#inlet.ended;
    if (!untouched || this.#heir !== undefined || this.bytesRead > 0 || this.bytesWritten > 0) return undefined;
    return this.#socket.readableLength === 0 && canTellResets(this.#socket) ? this.#socket : undefined;
  }

  /** From now on whatever is done to this connection is done to that one. */
  inherit(socket: TLSSocket, onLost: (cause: unknown) => void): TcpConn {
    const bulk = this.#bulk;
    const into = bulk !== undefined && receiveInto(bulk, socket, this.#socket) ? bulk : undefined;
    // What becomes of the socket beneath says nothing of what was read above it.
    if (into !== undefined) this.#inlet = new ChunkInlet();
    else bulk?.abort(new TwinportError('aborted', 'it is read otherwise'));
    this.#heir = new TcpConn(socket, into, { beneath: this.#socket, onLost });
    return this.#heir;
  }

  /** It is lost, for that reason. */
  lose(cause: unknown): void {
    this.#lost(cause);
  }

  destroy(): void {
    this.#giveUp();
    (this.#heir ?? this.#socket).destroy();
  }

  reset(): void {
    this.#giveUp();
    if (this.#heir === undefined) this.#cut();
    else this.#heir.reset();
  }

  /** The peer's FIN, or a reset that looks like one: completeness must not rest on it unexamined. */
  #ended(): void {
    if (this.#writing.failure !== undefined) return;
    if (this.#writing.ending || this.#above !== undefined) {
      // After our own FIN every write fails, and tells nothing any more; under TLS an empty one never does.
      const reset = endedByReset(this.#above?.beneath ?? this.#socket);
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
    if (this.#above !== undefined) {
      // Nothing is polite behind what TLS finds wrong.
      if (cause !== undefined) this.#cut();
      this.#above.onLost(cause ?? failure);
    }
    return failure;
  }

  #cut(): void {
    const { beneath } = this.#above ?? { beneath: this.#socket };
    // A shutdown on its way (it takes one turn, when nothing waits to be written) makes the reset fail with
    // EINVAL, and Node then never closes the socket at all. So let the shutdown go first.
    if (this.#writing.ending && !this.#socket.writableFinished && this.#socket.writableLength === 0) {
      this.#socket.once('finish', () => beneath.resetAndDestroy());
      // A shutdown of TLS has words of its own, and may have to wait for a peer that takes nothing: then there is no reset to
      // be had, and without those words no end is one.
      if (this.#above !== undefined) setImmediate(() => setImmediate(() => setImmediate(() => beneath.destroy())));
    } else {
      beneath.resetAndDestroy();
    }
  }

  #giveUp(): void {
    const known = this.failure;
    const failure = abortFailure(hostPort(this.remote.address, this.remote.port));
    this.#inlet.abort(failure);
    this.#writing.fail(failure);
    if (known === undefined) this.#above?.onLost(failure);
  }
}
