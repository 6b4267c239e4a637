import { expect } from 'chai';
import { connect, type Client, type ConnectOptions } from '../../lib/client';
import { tcpNetwork } from '../../lib/net/tcp';
import type { Conn, Listener, Network } from '../../lib/net/network';
import { LIMITS } from '../../lib/options';
import { createServer, type PortOptions, type Server, type ServerOptions, type TransferEvent } from '../../lib/server';
import { freePort } from './bothNetworks';
import type { DialectHouse } from './dialectHouse';
import { Player, type Manner, type PlayerPlan } from './dialectPlayer';
import { diskShelf, memoryShelf, type Shelf } from './dialectShelves';
import type { Scene } from './dialectSteps';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { Place } from './ftPair';
import { memoryNetwork } from './memoryNetwork';
import { eventually } from './talker';

export type Ground = 'memory' | 'TCP';

export interface StageOptions {
  readonly server?: Omit<ServerOptions, 'network' | 'clock' | 'root' | 'storage'>;
  readonly port?: PortOptions;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Bytes that a connection holds for a reader who does not read (memory). */
  readonly capacity?: number;
}

/** Longer than any time limit of the engine. */
const LONG = 300_000;

/** A real server of one dialect, whoever plays with it, and what must be left when all are gone: nothing. */
export class Stage {
  readonly network: Network;
  readonly clock: FakeClock;
  readonly server: Server;
  readonly shelf: Shelf;
  readonly events: TransferEvent[] = [];
  port = 0;
  private mine: Place | undefined;
  private readonly paced: PacedClock;
  private readonly ends: (() => unknown)[] = [];
  /** Connections and listeners there are, each counted at both ends; over TCP the leak watch counts. */
  readonly open: () => number;

  constructor(
    readonly house: DialectHouse,
    readonly ground: Ground,
    private readonly options: StageOptions = {},
  ) {
    const memory = memoryNetwork({ ...(options.capacity !== undefined && { capacity: options.capacity }) });
    this.network = ground === 'memory' ? memory : tcpNetwork();
    this.open = () => (ground === 'memory' ? memory.open : 0);
    this.clock = this.paced = pacedClock(house.silence ?? 0);
    this.shelf = ground === 'memory' ? memoryShelf() : diskShelf();
    for (const [name, bytes] of Object.entries(options.files ?? {})) this.shelf.put(name, bytes);
    const { network, clock } = this;
    this.server = createServer({ ...options.server, ...this.shelf.served, network, clock });
    this.server.on('transfer', (event) => this.events.push(event));
  }

  async listen(): Promise<void> {
    const { name, port = {} } = this.house;
    const on = { dialect: name, host: HOST, ...port, ...this.options.port };
    this.port = (await this.server.listen(0, on)).port;
  }

  /** A directory for the client. */
  get place(): Place {
    return (this.mine ??= new Place());
  }

  /** The real client. */
  async client(options: Partial<ConnectOptions> = {}): Promise<Client> {
    const { network, clock, port, house } = this;
    const { name: dialect, settings = {} } = house;
    const client = await connect({ host: HOST, port, dialect, settings, network, clock, ...options });
    this.ends.push(() => this.until(client.close()));
    return client;
  }

  /** A bare client, connected. */
  async player(reads: PlayerPlan['reads'] = 'always'): Promise<Player> {
    const { network, port, house } = this;
    const waiting: ((conn: Conn) => void)[] = [];
    const came: Conn[] = [];
    let door: Listener | undefined;
    if (needsData(house)) {
      door = await network.listen({ host: HOST, port: 0 }, (conn) => {
        this.ends.push(() => conn.destroy());
        const hand = waiting.shift();
        if (hand) hand(conn);
        else came.push(conn);
      });
      this.ends.push(() => door?.close());
    }
    const conn = await network.dial({ host: HOST, port }, new AbortController().signal);
    this.ends.push(() => conn.destroy());
    const data = (): Promise<Conn> => {
      const ready = came.shift();
      return ready ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve));
    };
    const scene: Scene = { dataPort: door?.local.port ?? 0, address: HOST };
    return new Player(conn, { scene, data, reads });
  }

  /** A bare server of its own, for the real client. */
  async pretender(): Promise<Pretender> {
    const { network } = this;
    const dataPort = needsData(this.house) ? await freePort(network) : 0;
    const conns: Conn[] = [];
    const listener = await network.listen({ host: HOST, port: 0 }, (conn) => {
      conns.push(conn);
      this.ends.push(() => conn.destroy());
    });
    this.ends.push(() => listener.close());
    const data = async (): Promise<Conn> => {
      const conn = await network.dial({ host: HOST, port: dataPort }, new AbortController().signal);
      this.ends.push(() => conn.destroy());
      return conn;
    };
    let asked = 0;
    return {
      port: listener.local.port,
      dataPort,
      next: async (reads = 'always') => {
        const at = asked++;
        await eventually('a connection', () => conns.length > at);
        return new Player(conns[at] as Conn, { scene: { dataPort, address: HOST }, data, reads });
      },
    };
  }

  /** How a bare peer does what it does when nothing else is said: silences pass. */
  get manner(): Manner {
    return { pass: (ms) => this.pass(ms) };
  }

  /** Time passes, once everything under way has come to rest. */
  async pass(ms: number): Promise<void> {
    await this.rest();
    await this.clock.advance(ms);
    await this.rest();
  }

  /** Everything under way comes to rest. Over TCP that is a hope, and nothing but pace depends on it. */
  rest(): Promise<void> {
    return settle(this.ground === 'memory' ? 25 : 100);
  }

  /** What is promised, while only silences pass: nothing that comes of it was a matter of waiting. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const settled = watched(promise);
    while (!settled()) {
      await this.rest();
      if (!settled()) await this.paced.advanceShort();
    }
    return promise;
  }

  /** What is promised, waiting as long as any limit; fails when even that was not long enough. */
  async atLast<T>(promise: Promise<T>, within = LONG): Promise<T> {
    const settled = watched(promise);
    for (let passed = 0; !settled() && passed <= within; passed += 1000) {
      await this.rest();
      if (!settled()) await this.clock.advance(1000);
    }
    // Work on a disk is not waited for by the clock.
    await eventually(`an end within ${within / 1000} s`, settled);
    return promise;
  }

  /** Every session is over and every file is closed, within so many milliseconds; the server goes on listening. */
  async deserted(within = LONG): Promise<void> {
    // Every session and every request of a client has a timer.
    const isSo = (): boolean => this.shelf.held === 0 && this.clock.pending === 0;
    await this.rest();
    // No limit may pass while a disk makes an upload wait.
    if (this.ground === 'TCP') await eventually('files let go', () => this.shelf.held === 0);
    for (let passed = 0; !isSo() && passed < within; passed += 1000) await this.clock.advance(1000);
    await eventually(`everybody gone within ${within / 1000} s`, isSo, () => [this.shelf.held, this.clock.pending]);
    await this.bow();
    await settle();
    expect(this.open(), 'connections and listeners left').to.be.at.most(1);
  }

  /** How it went, in the owner's words. */
  get told(): string[] {
    return this.events.map(({ phase, kind, error }) => `${kind} ${phase}${error ? ` ${error.code}` : ''}`);
  }

  /** Everybody but the server leaves. */
  private async bow(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }

  async close(): Promise<void> {
    await this.bow();
    await this.atLast(this.server.close(0));
    await settle();
    const { held } = this.shelf;
    this.shelf.remove();
    this.mine?.remove();
    expect(held, 'files held open, and parts left').to.equal(0);
    expect(this.open(), 'connections and listeners left').to.equal(0);
    expect([this.clock.pending, this.paced.sweeps], 'timers left').to.deep.equal([0, 0]);
  }
}

/** One address for everybody: the same on both networks. */
export const HOST = '127.0.0.1';

export interface Pretender {
  readonly port: number;
  /** The port that the client is to listen on, where its dialect has data connections; 0 where not. */
  readonly dataPort: number;
  /** The next connection. */
  next(reads?: PlayerPlan['reads']): Promise<Player>;
}

/** Runs a spec on a stage; afterwards nothing is left of it. */
export function onStage(
  house: DialectHouse,
  ground: Ground,
  options: StageOptions,
  spec: (stage: Stage) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const stage = new Stage(house, ground, options);
    try {
      await stage.listen();
      await spec(stage);
    } catch (error) {
      await stage.close().catch(() => undefined);
      throw error;
    }
    await stage.close();
  };
}

function needsData({ client }: DialectHouse): boolean {
  const some = Buffer.alloc(1);
  const all = [client.list?.([]), client.get?.('x', some), client.put?.('x', some)];
  return all.some((steps) => steps?.some(({ does }) => does === 'dataConnection'));
}

function watched(promise: Promise<unknown>): () => boolean {
  let settled = false;
  const done = (): void => void (settled = true);
  promise.then(done, done);
  return () => settled;
}

interface PacedClock extends FakeClock {
  /** Lets the next of the short waits end, if there is one. */
  advanceShort(): Promise<void>;
  /** Of its timers, those of the server's own rounds: `pending` leaves them out, for they are no session's. */
  readonly sweeps: number;
}

/** A fake clock that tells waits of at most `longest` milliseconds, which end a message, from limits, which end a session. */
function pacedClock(longest: number): PacedClock {
  const clock = fakeClock();
  const waits = new Map<symbol, number>();
  let sweeps = 0;
  return {
    now: () => clock.now(),
    after: (ms, fn) => {
      if (ms === LIMITS.sweep) {
        sweeps += 1;
        const timer = clock.after(ms, () => {
          sweeps -= 1;
          fn();
        });
        return {
          cancel: () => {
            sweeps -= 1;
            timer.cancel();
          },
        };
      }
      if (ms > longest) return clock.after(ms, fn);
      const due = clock.now() + ms;
      const key = Symbol();
      waits.set(key, due);
      const timer = clock.after(ms, () => {
        waits.delete(key);
        fn();
      });
      return {
        cancel: () => {
          waits.delete(key);
          timer.cancel();
        },
      };
    },
    advance: (ms) => clock.advance(ms),
    leap: (ms) => clock.leap(ms),
    advanceShort: async () => {
      if (waits.size === 0) return;
      await clock.advance(Math.max(0, Math.min(...waits.values()) - clock.now()));
    },
    get pending() {
      return clock.pending - sweeps;
    },
    get sweeps() {
      return sweeps;
    },
  };
}
