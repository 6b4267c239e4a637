import type { Clock, Conn, Endpoint, Network } from '../net/network';
import type { PortsNetwork } from './ownPorts';
import { PacedConn, type Paces } from './pacedConn';
import { SharedPace } from './sharedPace';

/** Bytes a second in each direction; absent: as fast as it goes. Asked for again and again: a reload changes them. */
export interface RateLimits {
  /** Of all transfers together. */
  readonly server?: number | undefined;
  /** Of each session. */
  readonly session?: number | undefined;
}

/** Users whose paces are remembered while none of their sessions needs them: all accounts of a usual server. */
const USERS = 10_000;

/** The rates of a server: its own, each session's, each user's. A transfer keeps to all that apply. */
export class Rates {
  private readonly server: Paces;
  private readonly users = new Map<string, UserRate>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: () => RateLimits,
  ) {
    this.server = this.paces(() => this.limits().server);
  }

  /** For one session. */
  session(): SessionRates {
    return new SessionRates(
      this.server,
      this.paces(() => this.limits().session),
      (name, rate) => this.user(name, rate),
    );
  }

  /** One for all sessions of a user, who is as slow in ten of them as in one; the rate said last holds. */
  private user(name: string, rate: number | undefined): Paces {
    const known = this.users.get(name);
    if (known !== undefined) {
      known.rate = rate;
      return known.paces;
    }
    // A plug-in may let anybody in by any name.
    if (this.users.size >= USERS) this.users.clear();
    const user: UserRate = { rate, paces: this.paces(() => user.rate) };
    this.users.set(name, user);
    return user.paces;
  }

  private paces(rate: () => number | undefined): Paces {
    return { in: new SharedPace(this.clock, rate), out: new SharedPace(this.clock, rate) };
  }
}

interface UserRate {
  rate: number | undefined;
  readonly paces: Paces;
}

/** The rates of one session, and what they are put on: every connection that carries its data. */
export class SessionRates {
  private paces: readonly Paces[];

  constructor(
    private readonly server: Paces,
    private readonly own: Paces,
    private readonly user: (name: string, rate: number | undefined) => Paces,
  ) {
    this.paces = [own, server];
  }

  /** Somebody has logged in: what moves from now on counts for this user too. */
  as(name: string, rate: number | undefined): void {
    // The narrowest first: who waits for his own rate keeps no place in the queue of all.
    this.paces = [this.own, this.user(name, rate), this.server];
  }

  /** The connection as a transfer is given it. */
  over(conn: Conn): Conn {
    return new PacedConn(conn, () => this.paces);
  }

  /** The network as a session is given it: all it can open are data connections. */
  network(network: PortsNetwork): PortsNetwork {
    return new PacedPorts(network, (conn) => this.over(conn));
  }
}

class PacedPorts implements PortsNetwork {
  constructor(
    private readonly network: PortsNetwork,
    private readonly over: (conn: Conn) => Conn,
  ) {}

  listen(options: Parameters<Network['listen']>[0], onConn: (conn: Conn) => void): ReturnType<Network['listen']> {
    return this.network.listen(options, (conn) => onConn(this.over(conn)));
  }

  async dial(...args: Parameters<Network['dial']>): Promise<Conn> {
    return this.over(await this.network.dial(...args));
  }

  isOwnAddress(address: string): boolean {
    return this.network.isOwnAddress(address);
  }

  isOurs(endpoint: Endpoint): boolean {
    return this.network.isOurs(endpoint);
  }
}
