import type { Conn, Endpoint, Network } from '../../lib/net/network';
import { createRelay, type Relay, type RelayEvent, type RelayOptions } from '../../lib/relaying';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { memoryNetwork, type MemoryNetwork } from './memoryNetwork';
import { eventually, Talker } from './talker';

export const SERVER = '10.0.0.1';
export const CLIENT = '10.0.0.2';
export const RELAY = '10.0.0.9';
export const STRANGER = '10.0.0.66';

/** The data port of a request line, or the `port=` of a reply. */
export function portIn(line: string): number {
  return Number(/port=([0-9]+);/.exec(line)?.[1] ?? / ([0-9]+)$/.exec(line)?.[1]);
}

/** Listens on one machine and keeps what comes. */
export interface Post {
  readonly port: number;
  readonly conns: readonly Talker[];
  next(): Promise<Talker>;
  close(): Promise<void>;
}

/** A relay on a machine of its own, between bare peers on two others. */
export class RelayBench {
  readonly network: MemoryNetwork = memoryNetwork({ addresses: [SERVER] });
  readonly clock: FakeClock = fakeClock();
  readonly events: RelayEvent[] = [];
  relay!: Relay;
  at!: Endpoint;
  server!: Post;
  readonly #machines = new Map<string, Network>([[SERVER, this.network]]);
  readonly #posts: Post[] = [];
  readonly #conns: Conn[] = [];

  machine(address: string): Network {
    const known = this.#machines.get(address) ?? this.network.machine(address);
    this.#machines.set(address, known);
    return known;
  }

  /** The server's port, unless the spec has a server of its own, and the relay to it. */
  async open(options: Partial<RelayOptions> = {}): Promise<this> {
    this.server = await this.post(SERVER);
    this.relay = createRelay({
      to: { host: SERVER, port: this.server.port },
      seed: 1,
      network: this.machine(RELAY),
      clock: this.clock,
      ...options,
    });
    this.relay.on('event', (event) => this.events.push(event));
    this.at = await this.relay.listen();
    return this;
  }

  async post(address: string, port = 0): Promise<Post> {
    const conns: Talker[] = [];
    let asked = 0;
    const listener = await this.machine(address).listen({ port }, (conn) => {
      this.#conns.push(conn);
      conns.push(new Talker(conn));
    });
    const post: Post = {
      port: listener.local.port,
      conns,
      next: async () => {
        const at = asked++;
        await eventually('a connection', () => conns.length > at);
        return conns[at] as Talker;
      },
      close: () => listener.close(),
    };
    this.#posts.push(post);
    return post;
  }

  /** A bare connection; what it cannot reach rejects. */
  async dial(from: string, host: string, port: number): Promise<Talker> {
    const conn = await this.machine(from).dial({ host, port }, new AbortController().signal);
    this.#conns.push(conn);
    return new Talker(conn);
  }

  /** A control connection through the relay: both its ends. */
  async session(): Promise<{ client: Talker; server: Talker }> {
    const client = await this.dial(CLIENT, RELAY, this.at.port);
    return { client, server: await this.server.next() };
  }

  /** What was told, without what is told of every connection. */
  get told(): RelayEvent[] {
    return this.events.filter(({ kind }) => kind !== 'connection' && kind !== 'closed');
  }

  async close(): Promise<void> {
    await this.relay.close();
    for (const post of this.#posts) await post.close();
    for (const conn of this.#conns) conn.destroy();
    await settle();
    if (this.network.open > 0) throw new Error(`${this.network.open} ends and listeners are left on the network`);
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
  }
}

/** A spec with a bench, of which nothing may be left. */
export function withRelay(
  options: Partial<RelayOptions>,
  spec: (bench: RelayBench) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const bench = await new RelayBench().open(options);
    await spec(bench);
    await bench.close();
  };
}
