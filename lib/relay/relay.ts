import { EventEmitter, setMaxListeners } from 'node:events';
import { randomInt } from 'node:crypto';
import { OwnPorts } from '../data/ownPorts';
import { Scope } from '../data/scope';
import { TwinportError } from '../errors';
import type { Clock, Conn, Endpoint, Listener, Network } from '../net/network';
import { LIMITS, wholeNumber } from '../options';
import { MOST_FLIPS } from './chances';
import type { RelayEvent } from './events';
import type { FaultOptions } from './faults';
import { join, type Service } from './join';
import { Legs } from './legs';
import { bounded } from './notes';
import { makeRoom, Place } from './places';
import { Talk, tongueOf } from './talk';

export type { Fault, RelayEvent, Which } from './events';
export type { FaultOptions } from './faults';

/** Where a relay leads, and what it does to what passes. Times are milliseconds, sizes bytes. */
export interface RelayOptions extends FaultOptions {
  /** The server. */
  readonly to: { readonly host: string; readonly port: number };
  /** What the faults are drawn from. Default: a random one; `Relay.seed` tells. */
  readonly seed?: number;
  /**
   * What is spoken: `ft`, `stepwise`, or one of those with one connection, which is relayed as it is (`raw`,
   * `privateshare`, `framed`, `colon`, `numbered`). Default `auto`: told from the client's first bytes.
   */
  readonly dialect?: string;
  /** Pairs of a port to listen on and a port of the server: data connections that the relay cannot learn of (TLS). */
  readonly data?: readonly (readonly [listen: number, port: number])[];
  readonly network: Network;
  readonly clock: Clock;
}

export interface RelayEvents {
  event: [event: RelayEvent];
}

/** A relay that knows both connections of a session, and does what a bad network does. */
export interface Relay extends EventEmitter<RelayEvents> {
  readonly seed: number;
  /** The pairs of `data` as they are open; `listen` may have been 0. */
  readonly dataPorts: readonly { readonly listen: number; readonly port: number }[];
  /** Listens on `port` (0: any free one), and on the ports of `data`. Rejects `cannot-listen`. */
  listen(port?: number, host?: string): Promise<Endpoint>;
  /** Stops: everything that is open is reset, so that nobody takes it for complete. */
  close(): Promise<void>;
}

/** Throws `invalid-argument` on options that make no sense. */
export function relay(options: RelayOptions): Relay {
  return new TwinportRelay(options);
}

/** Each costs two descriptors, or four with its data connection. */
const MOST_SESSIONS = LIMITS.sessions / 2;
/** A minute there and a minute back: beyond it nobody waits. */
const LONGEST_LATENCY = 60_000;

const NOTHING_TO_CORRUPT =
  'there is no data connection to corrupt: one connection is all that is spoken here (--corrupt-control spoils that)';

class TwinportRelay extends EventEmitter<RelayEvents> implements Relay {
  readonly seed: number;
  readonly dataPorts: { readonly listen: number; readonly port: number }[] = [];
  private readonly service: Service;
  private readonly scope = new Scope();
  private readonly listeners_: Listener[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly dialling = new Set<Conn>();
  private readonly places = new Set<Place>();
  private connections = 0;
  private fixed = 0;

  constructor(private readonly options: RelayOptions) {
    super();
    const { to, clock, network } = options;
    wholeNumber('the port to relay to', to.port, 1, 65535);
    this.seed = wholeNumber('seed', options.seed ?? randomInt(2 ** 32), 0, Number.MAX_SAFE_INTEGER);
    for (const [name, least, most] of RANGES) {
      if (options[name] !== undefined) wholeNumber(name, options[name], least, most);
    }
    for (const [listen, port] of options.data ?? []) {
      wholeNumber('a port of data', listen, 0, 65535);
      wholeNumber('a port of data', port, 1, 65535);
    }
    tongueOf(options.dialect ?? 'auto');
    // Every dial and every data port listens to it, and each takes its listener away again.
    setMaxListeners(0, this.scope.signal);
    this.service = {
      network: new OwnPorts(network),
      clock,
      faults: options,
      seed: this.seed,
      signal: this.scope.signal,
      pairs: new Set(),
      room: { taken: 0 },
      tell: (event) => this.tell(event),
    };
  }

  async listen(port = 0, host?: string): Promise<Endpoint> {
    const on = (at: number, accept: (conn: Conn) => Promise<void>): Promise<Endpoint> => this.open(at, host, accept);
    const local = await on(wholeNumber('port', port, 0, 65535), (conn) => this.session(conn));
    for (const [listen, target] of this.options.data ?? []) {
      const { port: opened } = await on(listen, (conn) => this.pipe(conn, target));
      this.dataPorts.push({ listen: opened, port: target });
    }
    return local;
  }

  async close(): Promise<void> {
    this.scope.abort(new TwinportError('aborted', 'the relay is closing'));
    for (const conn of this.dialling) conn.reset();
    for (const pair of this.service.pairs) pair.close();
    await Promise.all(this.listeners_.splice(0).map((listener) => listener.close()));
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private async open(port: number, host: string | undefined, accept: (conn: Conn) => Promise<void>): Promise<Endpoint> {
    const listener = await this.service.network.listen({ port, ...(host !== undefined && { host }) }, (conn) => {
      const full = this.running.size >= MOST_SESSIONS;
      if (this.scope.signal.aborted || (full && !makeRoom(this.places))) {
        conn.reset();
        return;
      }
      const work = accept(conn).finally(() => this.running.delete(work));
      this.running.add(work);
    });
    if (this.scope.signal.aborted) await listener.close();
    else this.listeners_.push(listener);
    return listener.local;
  }

  private async session(client: Conn): Promise<void> {
    const connection = (this.connections += 1);
    this.tell({ kind: 'connection', connection, from: client.remote });
    const server = await this.reach(client, connection, 'control', this.options.to.port);
    if (server === undefined) return;
    const { service } = this;
    const note = bounded((text) => this.tell({ kind: 'note', connection, text }));
    const legs = new Legs(service, connection, client, server, note);
    const talk = new Talk(server, legs, note, service.clock, tongueOf(this.options.dialect ?? 'auto'), () => {
      if ((this.options.corrupt ?? 0) > 0 && this.options.corruptControl !== true) note(NOTHING_TO_CORRUPT);
    });
    const place = new Place(service.clock, client, () => legs.busy, note);
    this.places.add(place);
    await join(service, {
      connection,
      which: 'control',
      name: 'P',
      client,
      server,
      limited: () => talk.single,
      filters: { there: place.noticing(talk.there), back: place.noticing(talk.back) },
    });
    this.places.delete(place);
    await legs.over();
  }

  /** A fixed pair of ports: data, whatever it is. */
  private async pipe(client: Conn, port: number): Promise<void> {
    const name = `F${(this.fixed += 1)}`;
    const server = await this.reach(client, 0, 'data', port);
    if (server === undefined) return;
    this.tell({ kind: 'data', connection: 0, from: client.remote, to: server.remote });
    await join(this.service, { connection: 0, which: 'data', name, client, server, limited: () => true });
  }

  /** Dials the server. When it cannot be reached the client is reset, as it would have been refused there. */
  private async reach(
    client: Conn,
    connection: number,
    which: 'control' | 'data',
    port: number,
  ): Promise<Conn | undefined> {
    const { host } = this.options.to;
    const scope = new Scope(this.scope.signal);
    const timer = this.service.clock.after(LIMITS.connect, () =>
      scope.abort(new TwinportError('timeout', `no answer from ${host}:${port} in ${LIMITS.connect / 1000} s`)),
    );
    this.dialling.add(client);
    try {
      const server = await this.service.network.dial({ host, port }, scope.signal);
      if (!this.scope.signal.aborted) return server;
      server.reset();
    } catch (error) {
      client.reset();
      if (!this.scope.signal.aborted) {
        this.tell({ kind: 'unreachable', connection, which, to: { address: host, port }, error });
      }
    } finally {
      timer.cancel();
      scope.close();
      this.dialling.delete(client);
    }
    await client.closed;
    return undefined;
  }

  private tell(event: RelayEvent): void {
    this.emit('event', event);
  }
}

const RANGES: readonly (readonly [
  name: 'latency' | 'rate' | 'cutAfter' | 'resetAfter' | 'corrupt',
  least: number,
  most: number,
])[] = [
  ['latency', 0, LONGEST_LATENCY],
  ['rate', 1, Number.MAX_SAFE_INTEGER],
  ['cutAfter', 0, Number.MAX_SAFE_INTEGER],
  ['resetAfter', 0, Number.MAX_SAFE_INTEGER],
  ['corrupt', 0, MOST_FLIPS],
];
