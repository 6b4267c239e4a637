import { createServer, type Server, type ServerOptions, type SessionInfo, type TransferEvent } from '../../lib/server';
import type { Conn, DialOptions, Network } from '../../lib/net/network';
import { memoryStorage, type MemoryStorage } from '../../lib/storage/memory';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { memoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from './memoryNetwork';
import { eventually, Talker } from './talker';

export const SERVER = '10.0.0.1';
/** The same to who comes over IPv6. */
const SERVER6 = '2001:db8:5::1';
export const CLIENT = '10.0.0.2';
/** Every file of a bench was last changed then. */
export const THEN = Date.UTC(2020, 0, 2, 3, 4, 5);
export const THEN_FACT = '20200102030405.000';

export interface BenchOptions extends Omit<ServerOptions, 'network' | 'clock' | 'storage'> {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly storage?: MemoryStorage;
  readonly wires?: MemoryNetworkOptions;
  readonly fake?: FakeClock;
  /** Address the server binds. Default: every one. */
  readonly host?: string;
}

/** A real server on a network in memory, and bare peers to talk to it. */
export class Bench {
  readonly network: MemoryNetwork;
  readonly clock: FakeClock;
  readonly storage: MemoryStorage;
  readonly server: Server;
  readonly events: TransferEvent[] = [];
  readonly sessions: SessionInfo[] = [];
  readonly #machines = new Map<string, Network>();
  readonly #mine: { close(): unknown }[] = [];
  port = 0;

  constructor(options: BenchOptions) {
    const { files = {}, storage, wires = {}, fake = fakeClock(), ...rest } = options;
    this.clock = fake;
    this.network = memoryNetwork({ ...wires, addresses: [SERVER, SERVER6] });
    this.storage = storage ?? memoryStorage(files, { now: () => THEN });
    this.server = createServer({ ...rest, storage: this.storage, network: this.network, clock: this.clock });
    this.server.on('transfer', (event) => this.events.push(event));
    this.server.on('session', (session) => this.sessions.push(session));
  }

  /** Another machine on the network, made when first named. */
  machine(address: string): Network {
    const known = this.#machines.get(address) ?? this.network.machine(address);
    this.#machines.set(address, known);
    return known;
  }

  /** A control connection, bare. */
  async dial(from = CLIENT, options: Partial<DialOptions> & { reads?: boolean } = {}): Promise<Talker> {
    const { reads = true, ...rest } = options;
    const network = from === SERVER || from.startsWith('127.') ? this.network : this.machine(from);
    const host = from.includes(':') ? SERVER6 : SERVER;
    return this.#connect(network, { host, port: this.port, ...rest }, reads);
  }

  /** Dials a passive data port. */
  async dialData(port: number, from = CLIENT): Promise<Talker> {
    return this.#connect(from === SERVER ? this.network : this.machine(from), { host: SERVER, port }, true);
  }

  /** A data port that waits for the server's dial. */
  async door(options: { at?: string; port?: number; reads?: boolean } = {}): Promise<Door> {
    const { at = CLIENT, port = 0, reads = true } = options;
    const door = new Door(reads);
    const network = at === SERVER || at.startsWith('127.') ? this.network : this.machine(at);
    const listener = await network.listen({ port }, (conn) => door.take(conn));
    door.port = listener.local.port;
    door.close = async () => {
      await listener.close();
      for (const { conn } of door.conns) conn.destroy();
    };
    this.#mine.push(door);
    return door;
  }

  async #connect(network: Network, to: DialOptions, reads: boolean): Promise<Talker> {
    const conn = await network.dial(to, new AbortController().signal);
    this.#mine.push({ close: () => conn.destroy() });
    return new Talker(conn, { reads });
  }

  /** Closes the server and the spec's own peers; then nothing may be left, on the network or of the clock. */
  async close(): Promise<void> {
    let over = false;
    void this.server.close(0).then(() => (over = true));
    for (let i = 0; i < 15 && !over; i += 1) await this.clock.advance(1000);
    if (!over) throw new Error('the server does not close');
    for (const mine of this.#mine) await mine.close();
    await settle();
    if (this.network.open > 0) throw new Error(`${this.network.open} ends and listeners are left on the network`);
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
  }

  /** What happened, in the owner's words. */
  get told(): string[] {
    return this.events.map(({ phase, kind, error }) => `${kind} ${phase}${error ? ` ${error.code}` : ''}`);
  }

  /** Parts kept of interrupted puts: asked as a client would. */
  async partLength(path: string, size: number): Promise<string> {
    const p = await this.dial();
    await p.send(`-s --part --size=${size} --modify=${THEN_FACT} ${path}\n-q\n`);
    const reply = await p.line();
    await p.whole();
    return reply;
  }
}

/** A listener that keeps what comes. */
export class Door {
  port = 0;
  close: () => Promise<void> = () => Promise.resolve();
  readonly conns: Talker[] = [];
  #asked = 0;

  constructor(private readonly reads: boolean) {}

  take(conn: Conn): void {
    this.conns.push(new Talker(conn, { reads: this.reads }));
  }

  /** The next connection nobody has asked for yet. */
  async next(): Promise<Talker> {
    const at = this.#asked++;
    await eventually('a data connection', () => this.conns.length > at);
    return this.conns[at] as Talker;
  }
}

/** Runs a spec against a bench and then closes it: nothing may be left on the network, and no timer running. */
export function withBench(options: BenchOptions, spec: (bench: Bench) => Promise<void>): () => Promise<void> {
  return async () => {
    const bench = new Bench(options);
    bench.port = (await bench.server.listen(0, options.host)).port;
    await spec(bench);
    await bench.close();
  };
}
