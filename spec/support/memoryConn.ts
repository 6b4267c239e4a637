import { TwinportError } from '../../lib/errors';
import { abortFailure, lossFailure } from '../../lib/net/failures';
import type { Conn, Endpoint } from '../../lib/net/network';
import { hostPort } from '../../lib/wire/addresses';

export interface MemoryConnOptions {
  /** Bytes that wait at a receiver who does not read, before a write to it stays pending. */
  readonly capacity: number;
  /** Largest piece that one read yields when it does not gather; absent, all that has arrived. */
  readonly segment?: number;
}

interface Outgoing {
  rest: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: TwinportError) => void;
}

interface Reading {
  readonly need: number;
  readonly resolve: (chunks: readonly Uint8Array[] | null) => void;
  readonly reject: (error: TwinportError) => void;
}

/** What a chunk holds once it is no longer the reader's: whoever looks too late sees this. */
const STALE = 0xdb;

/** Two ends of one connection. */
export function memoryPair(
  options: MemoryConnOptions,
  dialler: Endpoint,
  listener: Endpoint,
): [dialled: MemoryConn, accepted: MemoryConn] {
  const dialled = new MemoryConn(options, dialler, listener);
  const accepted = new MemoryConn(options, listener, dialler);
  dialled.join(accepted);
  accepted.join(dialled);
  return [dialled, accepted];
}

/**
 * TCP as it behaves, in memory. Where the real thing leaves room the harsher side is taken: a reset always
 * destroys what the other end has not read, and a chunk is spoilt as soon as the next read begins.
 */
export class MemoryConn implements Conn {
  bytesRead = 0;
  bytesWritten = 0;
  readonly closed: Promise<void>;
  #peer!: MemoryConn;
  #resolveClosed!: () => void;
  #failure: TwinportError | undefined;
  #gone = false;

  #inbox: Uint8Array[] = [];
  #held = 0;
  #finArrived = false;
  #reading: Reading | undefined;
  #lent: readonly Uint8Array[] = [];

  readonly #outbox: Outgoing[] = [];
  #ending: Promise<void> | undefined;
  #resolveEnd: (() => void) | undefined;
  #rejectEnd: ((error: TwinportError) => void) | undefined;
  #finSent = false;

  constructor(
    private readonly options: MemoryConnOptions,
    readonly local: Endpoint,
    readonly remote: Endpoint,
  ) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  join(peer: MemoryConn): void {
    this.#peer = peer;
  }

  read(gather = 1): Promise<readonly Uint8Array[] | null> {
    if (this.#reading)
      return Promise.reject(new TwinportError('invalid-argument', 'one read at a time on a connection'));
    for (const chunk of this.#lent) chunk.fill(STALE);
    this.#lent = [];
    const need = Math.max(1, gather);
    if (this.#held >= need || (this.#finArrived && this.#held > 0)) return Promise.resolve(this.#take(need));
    if (this.#finArrived && !aborted(this.#failure)) return Promise.resolve(null);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#reading = { need, resolve, reject };
      this.#peer.#pump();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ending)
      return Promise.reject(new TwinportError('invalid-argument', 'nothing can be written behind the end'));
    if (bytes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#outbox.push({ rest: Uint8Array.from(bytes), resolve, reject });
      this.#pump();
    });
  }

  end(): Promise<void> {
    if (this.#ending) return this.#ending;
    if (this.#failure) return Promise.reject(this.#failure);
    this.#ending = new Promise((resolve, reject) => {
      this.#resolveEnd = resolve;
      this.#rejectEnd = reject;
    });
    this.#pump();
    return this.#ending;
  }

  destroy(): void {
    // Closing with input unread, or still coming, is told with RST (RFC 2525 §2.17).
    this.#giveUp(this.#held > 0 || this.#peer.#outbox.length > 0);
  }

  reset(): void {
    this.#giveUp(true);
  }

  #giveUp(rst: boolean): void {
    const failure = abortFailure(hostPort(this.remote.address, this.remote.port));
    if (this.#gone) {
      this.#failure = failure;
      return;
    }
    this.#fail(failure);
    if (rst) this.#peer.#resetArrives();
    else if (!this.#finSent) this.#peer.#finArrives();
    this.#finSent = true;
  }

  /** Moves what the peer has room for; then, when asked for, FIN. */
  #pump(): void {
    const peer = this.#peer;
    for (let first = this.#outbox[0]; first !== undefined; first = this.#outbox[0]) {
      if (peer.#gone) {
        // A closed socket answers with RST; the first write does not know yet.
        setImmediate(() => this.#resetArrives());
        this.bytesWritten += first.rest.length;
        first.rest = new Uint8Array(0);
      } else {
        const room = Math.max(this.options.capacity, peer.#reading?.need ?? 0) - peer.#held;
        if (room <= 0) return;
        const piece = first.rest.subarray(0, Math.min(room, this.options.segment ?? room));
        first.rest = first.rest.subarray(piece.length);
        this.bytesWritten += piece.length;
        peer.#bytesArrive(piece);
      }
      if (first.rest.length > 0) continue;
      // A reader that was waiting has us here again from within `#bytesArrive`, and may have seen to it already.
      if (this.#outbox[0] === first) this.#outbox.shift();
      first.resolve();
    }
    if (this.#resolveEnd && !this.#finSent) {
      this.#finSent = true;
      this.#resolveEnd();
      peer.#finArrives();
      this.#closeIfDone();
    }
  }

  #bytesArrive(piece: Uint8Array): void {
    this.#inbox.push(piece);
    this.#held += piece.length;
    this.bytesRead += piece.length;
    if (this.#reading && this.#held >= this.#reading.need) this.#answer(this.#reading.need);
  }

  #finArrives(): void {
    if (this.#gone) return;
    this.#finArrived = true;
    if (this.#reading) this.#answer(this.#held);
    this.#closeIfDone();
  }

  #resetArrives(): void {
    if (this.#gone) return;
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    // An end that was already there for the reader stays one; bytes before it are lost.
    if (this.#held > 0) this.#finArrived = false;
    this.#fail(lossFailure(hostPort(this.remote.address, this.remote.port), cause));
  }

  #answer(need: number): void {
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.resolve(this.#held > 0 ? this.#take(need) : null);
  }

  #take(need: number): readonly Uint8Array[] {
    let count = this.#inbox.length;
    if (this.options.segment !== undefined) {
      let sum = 0;
      count = 0;
      while (sum < need && count < this.#inbox.length) sum += this.#inbox[count++]?.length ?? 0;
    }
    const chunks = this.#inbox.splice(0, count);
    for (const chunk of chunks) this.#held -= chunk.length;
    this.#lent = chunks;
    this.#peer.#pump();
    this.#closeIfDone();
    return chunks;
  }

  #closeIfDone(): void {
    if (!this.#finSent || !this.#finArrived || this.#held > 0 || this.#gone) return;
    this.#gone = true;
    this.#failure ??= lossFailure(hostPort(this.remote.address, this.remote.port));
    this.#resolveClosed();
  }

  #fail(failure: TwinportError): void {
    this.#gone = true;
    this.#failure = failure;
    this.#inbox = [];
    this.#held = 0;
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.reject(failure);
    for (const { reject } of this.#outbox.splice(0)) reject(failure);
    if (!this.#finSent) this.#rejectEnd?.(failure);
    this.#resolveClosed();
  }
}

function aborted(failure: TwinportError | undefined): boolean {
  return failure?.code === 'aborted';
}
