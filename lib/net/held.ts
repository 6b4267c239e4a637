import type { Conn, Endpoint, Listener, ListenOptions, Network } from './network';

/**
 * A network whose ports can be opened before there is anybody to serve them: a port below 1024 is bound while the
 * process may, and the files are opened when it may no longer do anything. Who connects meanwhile waits, unread.
 */
export interface HeldNetwork extends Network {
  /** Opens a port and holds it until `listen` is called for the port that it got. Rejects `cannot-listen`. */
  hold(options: ListenOptions): Promise<Endpoint>;
  /** Closes what is still held, and whoever waits there. */
  release(): Promise<void>;
}

/** They wait for milliseconds; a flood must not cost more than the sessions it would become. */
const MOST_WAITING = 512;

export function heldNetwork(network: Network): HeldNetwork {
  // A list and not a map: two inherited sockets, one of IPv4 and one of IPv6, may have the same port.
  const held: Held[] = [];
  return {
    hold: async (options) => {
      const one = new Held();
      one.listener = await network.listen({ ...options, crowd: true }, one.arrived);
      held.push(one);
      return one.listener.local;
    },
    release: async () => {
      await Promise.all(held.splice(0).map((one) => one.close()));
    },
    listen: (options, onConn) => {
      const at = held.findIndex(({ listener }) => options.port !== 0 && listener?.local.port === options.port);
      const listener = at === -1 ? undefined : held.splice(at, 1)[0]?.serve(onConn);
      return listener === undefined ? network.listen(options, onConn) : Promise.resolve(listener);
    },
    dial: (options, signal) => network.dial(options, signal),
    isOwnAddress: (address) => network.isOwnAddress(address),
  };
}

/** One port that is open and not served yet. */
class Held {
  listener: Listener | undefined;
  private readonly waiting: Conn[] = [];
  private onConn: ((conn: Conn) => void) | undefined;

  readonly arrived = (conn: Conn): void => {
    if (this.onConn !== undefined) this.onConn(conn);
    else if (this.waiting.length < MOST_WAITING) this.waiting.push(conn);
    else conn.destroy();
  };

  serve(onConn: (conn: Conn) => void): Listener | undefined {
    this.onConn = onConn;
    for (const conn of this.waiting.splice(0)) onConn(conn);
    return this.listener;
  }

  async close(): Promise<void> {
    for (const conn of this.waiting.splice(0)) conn.destroy();
    await this.listener?.close();
  }
}
