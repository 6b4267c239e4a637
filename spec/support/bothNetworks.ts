import { expect } from 'chai';
import { tcpNetwork } from '../../lib/net/tcp';
import type { Conn, DialOptions, Listener, ListenOptions, Network } from '../../lib/net/network';
import { Connections } from './connections';
import { eventually } from './eventually';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { noLeaks } from './leaks';
import { memoryNetwork } from './memoryNetwork';

/** What one spec of the engine stands on: a network, what was made on it, and time that passes when told to. */
export interface Ground {
  readonly network: WatchedNetwork;
  readonly net: Connections;
  readonly clock: FakeClock;
}

/** The same specs over memory and over TCP; each must leave no connection, no listener and no timer. */
export function onBothNetworks(body: (ground: () => Ground) => void): void {
  describe('in memory', () => {
    onGround(body, () => {
      const memory = memoryNetwork();
      return { network: memory, open: () => memory.open };
    });
  });
  describe('over TCP', () => {
    onGround(body, () => ({ network: tcpNetwork(), open: () => 0 }));
    // Behind the hooks that let go of what a spec made.
    noLeaks();
  });
}

function onGround(
  body: (ground: () => Ground) => void,
  make: () => { readonly network: Network; readonly open: () => number },
): void {
  let ground: Ground;
  let open: () => number;
  beforeEach(() => {
    const made = make();
    const network = new WatchedNetwork(made.network);
    ({ open } = made);
    ground = { network, net: new Connections(network), clock: fakeClock() };
  });
  afterEach(async () => {
    await ground.net.release();
    await settle();
    expect(open(), 'connections and listeners left open').to.equal(0);
    expect(ground.clock.pending, 'timers left set').to.equal(0);
  });
  body(() => ground);
}

/** A network that remembers what was asked of it. */
export class WatchedNetwork implements Network {
  /** Every dial so far, whatever came of it. */
  readonly dials: DialOptions[] = [];
  readonly listens: ListenOptions[] = [];

  constructor(private readonly network: Network) {}

  listen(options: ListenOptions, onConn: (conn: Conn) => void): Promise<Listener> {
    this.listens.push(options);
    return this.network.listen(options, onConn);
  }

  dial(options: DialOptions, signal: AbortSignal): Promise<Conn> {
    this.dials.push(options);
    return this.network.dial(options, signal);
  }

  isOwnAddress(address: string): boolean {
    return this.network.isOwnAddress(address);
  }
}

/** A port on loopback that nobody listens on. */
export async function freePort(network: Network): Promise<number> {
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (conn) => conn.destroy());
  await listener.close();
  return listener.local.port;
}

export { eventually };

/** Lets time pass in steps, each only when somebody waits for time again, until the promise has settled. */
export async function passTime(clock: FakeClock, step: number, until: Promise<unknown>, timers = 1): Promise<void> {
  let settled = false;
  const done = (): void => {
    settled = true;
  };
  until.then(done, done);
  while (!settled) {
    await eventually('somebody waits for time', () => settled || clock.pending >= timers);
    if (!settled) await clock.advance(step);
  }
}

/** A signal that counts who listens to it. */
export function countedSignal(): { readonly signal: AbortSignal; abort(reason: unknown): void; listeners(): number } {
  const controller = new AbortController();
  const { signal } = controller;
  const held = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    held.add(args[1]);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    held.delete(args[1]);
    remove(...args);
  };
  return { signal, abort: (reason) => controller.abort(reason), listeners: () => held.size };
}
