import type { Conn, DialOptions, Listener, Network } from '../../lib/net/network';

export interface Pair {
  readonly dialled: Conn;
  readonly accepted: Conn;
}

/** Without a host it is 127.0.0.1. */
type DialFrom = Omit<DialOptions, 'host'> & { readonly host?: string };

/** Makes listeners and connections for specs, and takes every one of them away again. */
export class Connections {
  readonly #conns: Conn[] = [];
  readonly #listeners: Listener[] = [];

  constructor(readonly network: Network) {}

  /** Listens; `next` gives the accepted connections in order. */
  async listen(host?: string): Promise<Listener & { next(): Promise<Conn> }> {
    const ready: Conn[] = [];
    const waiting: ((conn: Conn) => void)[] = [];
    const listener = await this.network.listen({ port: 0, ...(host !== undefined && { host }) }, (conn) => {
      this.#conns.push(conn);
      const hand = waiting.shift();
      if (hand) hand(conn);
      else ready.push(conn);
    });
    this.#listeners.push(listener);
    return {
      local: listener.local,
      close: () => listener.close(),
      next: () => {
        const conn = ready.shift();
        return conn ? Promise.resolve(conn) : new Promise((resolve) => waiting.push(resolve));
      },
    };
  }

  async dial(options: DialFrom, signal?: AbortSignal): Promise<Conn> {
    const conn = await this.network.dial({ host: '127.0.0.1', ...options }, signal ?? new AbortController().signal);
    this.#conns.push(conn);
    return conn;
  }

  /** Both ends of one connection; the listener is gone already. */
  async pair(options: Partial<DialOptions> = {}): Promise<Pair> {
    const listener = await this.listen();
    const [dialled, accepted] = await Promise.all([
      this.dial({ port: listener.local.port, ...options }),
      listener.next(),
    ]);
    await listener.close();
    return { dialled, accepted };
  }

  async release(): Promise<void> {
    for (const conn of this.#conns) conn.destroy();
    await Promise.all([
      ...this.#listeners.splice(0).map((each) => each.close()),
      ...this.#conns.splice(0).map((each) => each.closed),
    ]);
  }
}
