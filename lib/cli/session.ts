import { TwinportError } from '../errors';
import type { Client } from '../index';

/** Connects once, and again when the last connection has ended. */
export interface Dialling {
  /**
   * `signal` aborts connecting, and later whatever the client does. `vouched`: on an earlier connection the server has told
   * counts or digests, so whoever answers now without any is not to be believed.
   */
  readonly dial: (signal: AbortSignal, vouched: boolean) => Promise<Client>;
  /** A connection stands; `again` when it is not the first. */
  readonly onConnected: (again: boolean) => void;
}

interface Connection {
  readonly client: Client;
  readonly stop: AbortController;
}

/** A session that outlives its connection: a retry, the shell and a server that hung up need the next one. */
export class Session {
  private current: Connection | undefined;
  private connections = 0;
  /** See `Dialling.dial`. */
  vouched = false;
  /** Those that were given up, while they are closing. */
  private readonly closing = new Set<Promise<void>>();

  constructor(private readonly dialling: Dialling) {}

  /** True when something can be asked without connecting first. */
  get connected(): boolean {
    return this.current?.client.alive === true;
  }

  /** `signal` ends the waiting for a connection, not the connection. Rejects as `connect` does. */
  async client(signal: AbortSignal): Promise<Client> {
    if (this.current?.client.alive === true) return this.current.client;
    this.drop();
    const stop = new AbortController();
    const abort = (): void => stop.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const client = await this.dialling.dial(stop.signal, this.vouched);
      this.current = { client, stop };
    } finally {
      signal.removeEventListener('abort', abort);
    }
    this.connections++;
    this.dialling.onConnected(this.connections > 1);
    return this.current.client;
  }

  /** Gives the connection up without a goodbye: nobody knows any more what the server makes of it. */
  drop(reason?: unknown): void {
    const { current } = this;
    if (current === undefined) return;
    this.current = undefined;
    this.vouched ||= current.client.vouches === true;
    current.stop.abort(reason ?? new TwinportError('aborted', 'the connection was given up'));
    this.release(current.client);
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    if (current !== undefined) this.release(current.client);
    await Promise.all(this.closing);
  }

  private release(client: Client): void {
    const closing = client.close().catch(() => undefined);
    this.closing.add(closing);
    void closing.then(() => this.closing.delete(closing));
  }
}
