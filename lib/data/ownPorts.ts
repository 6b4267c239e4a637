import type { Endpoint, ListenOptions, Listener, Conn, Network } from '../net/network';

/** A network that knows the ports of its server. */
export interface PortsNetwork extends Network {
  /** Would dialling this be dialling ourselves? */
  isOurs(endpoint: Endpoint): boolean;
}

/**
 * A network that remembers on which ports this server listens. A client on the same host could otherwise
 * name one of them as its data port and have the server dial itself (a "bounce" into its own sessions).
 */
export class OwnPorts implements PortsNetwork {
  private readonly ports = new Map<number, number>();

  constructor(private readonly network: Network) {}

  async listen(options: ListenOptions, onConn: (conn: Conn) => void): Promise<Listener> {
    const listener = await this.network.listen(options, onConn);
    const { port } = listener.local;
    this.ports.set(port, (this.ports.get(port) ?? 0) + 1);
    let open = true;
    return {
      local: listener.local,
      close: () => {
        if (open) this.forget(port);
        open = false;
        return listener.close();
      },
    };
  }

  dial(...args: Parameters<Network['dial']>): Promise<Conn> {
    return this.network.dial(...args);
  }

  isOwnAddress(address: string): boolean {
    return this.network.isOwnAddress(address);
  }

  isOurs(endpoint: Endpoint): boolean {
    return this.ports.has(endpoint.port) && this.isOwnAddress(endpoint.address);
  }

  private forget(port: number): void {
    const left = (this.ports.get(port) ?? 1) - 1;
    if (left === 0) this.ports.delete(port);
    else this.ports.set(port, left);
  }
}
