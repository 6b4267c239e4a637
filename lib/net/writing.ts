import type { Socket } from 'node:net';
import { TwinportError } from '../errors';
import { Outlet } from './outlet';

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: TwinportError) => void;
}

/** What a `Conn` sends through its socket: each operation settles with Node's callback, or fails with the connection. */
export class Writing {
  readonly #outlet: Outlet;
  readonly #lost: (error: Error) => TwinportError;
  /** Writes, and the end, that Node has not called back for. */
  readonly #pending = new Set<Pending>();
  #failure: TwinportError | undefined;
  #ending: Promise<void> | undefined;

  /** `lost` hears of what Node reports of one operation, and gives the failure of the connection. */
  constructor(socket: Socket, lost: (error: Error) => TwinportError) {
    this.#outlet = new Outlet(socket);
    this.#lost = lost;
  }

  /** The first failure of the connection. */
  get failure(): TwinportError | undefined {
    return this.#failure;
  }

  /** Our end was asked for. */
  get ending(): boolean {
    return this.#ending !== undefined;
  }

  get bytesWritten(): number {
    return this.#outlet.bytesWritten;
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

  /** Rejects what is pending. The first failure wins, and is what every later operation gets. */
  fail(failure: TwinportError): void {
    this.#failure ??= failure;
    for (const pending of this.#pending) pending.reject(failure);
    this.#pending.clear();
  }

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
}
