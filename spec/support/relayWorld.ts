import * as fs from 'node:fs';
import { connect, type Client, type ConnectOptions } from '../../lib/client';
import { createRelay, type RelayEvent, type RelayOptions } from '../../lib/relaying';
import { createServer, type Server } from '../../lib/server';
import { memoryStorage, type MemoryStorage } from '../../lib/storage/memory';
import type { Network } from '../../lib/net/network';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { Place } from './ftPair';
import { memoryNetwork, type MemoryNetwork } from './memoryNetwork';
import { CLIENT, RELAY, SERVER } from './relayBench';

/** What came of something that was tried, and what the relay did to it. */
export interface Tried<T> {
  readonly value?: T;
  readonly error?: Error;
  readonly events: readonly RelayEvent[];
}

/** A real server and real clients, and a relay with other faults for each thing that is tried. */
export class RelayWorld {
  readonly network: MemoryNetwork = memoryNetwork({ addresses: [SERVER] });
  readonly clock: FakeClock = fakeClock();
  readonly place = new Place();
  readonly storage: MemoryStorage;
  private readonly relayMachine: Network = this.network.machine(RELAY);
  private readonly clientMachine: Network = this.network.machine(CLIENT);
  private readonly server: Server;
  private port = 0;

  constructor(private readonly files: Readonly<Record<string, string | Uint8Array>>) {
    // Old enough to have a version: what the time is says nothing here.
    this.storage = memoryStorage(files, { now: () => Date.UTC(2020, 0, 2) });
    const { storage, network, clock } = this;
    this.server = createServer({ storage, network, clock, writable: true });
  }

  async open(): Promise<this> {
    this.port = (await this.server.listen()).port;
    return this;
  }

  /** One client, one relay, one thing to do. Time passes as it is needed. */
  async through<T>(
    faults: Partial<RelayOptions>,
    work: (client: Client) => Promise<T>,
    how: Partial<ConnectOptions> = {},
  ): Promise<Tried<T>> {
    const events: RelayEvent[] = [];
    const { clock } = this;
    const relay = createRelay({ to: { host: SERVER, port: this.port }, network: this.relayMachine, clock, ...faults });
    relay.on('event', (event) => events.push(event));
    const { port } = await relay.listen();
    try {
      return { ...(await this.tried(this.session(RELAY, port, work, how))), events };
    } finally {
      await relay.close();
    }
  }

  /** The same without a relay. */
  async directly<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const { value, error } = await this.tried(this.session(SERVER, this.port, work, {}));
    if (error !== undefined) throw error;
    if (value === undefined) throw new Error('nothing came of it');
    return value;
  }

  /** Names on the server. */
  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of await this.storage.list('', { facts: false })) names.push(name);
    return names.filter((name) => name !== '.' && name !== '..').sort();
  }

  /** Names of files on the server that hold what they should not, or should not be there. */
  async wrongOnServer(put: Readonly<Record<string, Uint8Array>>): Promise<string[]> {
    const right: Readonly<Record<string, string | Uint8Array | undefined>> = { ...this.files, ...put };
    const isRight = (name: string): boolean => {
      const bytes = right[name];
      return bytes !== undefined && this.storage.bytes(name)?.equals(Buffer.from(bytes)) === true;
    };
    return (await this.names()).filter((name) => !isRight(name));
  }

  forgetLocal(name: string): void {
    fs.rmSync(this.place.path(name), { force: true });
  }

  async close(): Promise<void> {
    const closed = this.server.close(0);
    for (let n = 0; n < 15; n += 1) await this.clock.advance(1000);
    await closed;
    this.place.remove();
    await settle();
    if (this.network.open > 0) throw new Error(`${this.network.open} ends and listeners are left on the network`);
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
  }

  private async session<T>(
    host: string,
    port: number,
    work: (client: Client) => Promise<T>,
    how: Partial<ConnectOptions>,
  ): Promise<T> {
    const { clientMachine: network, clock } = this;
    const client = await connect({ host, port, network, clock, blocking: true, passiveFallback: false, ...how });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  private async tried<T>(work: Promise<T>): Promise<{ value?: T; error?: Error }> {
    let outcome: { value?: T; error?: Error } | undefined;
    void work.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error: error instanceof Error ? error : new Error(String(error)) }),
    );
    // Small steps where something moves; large ones where somebody waits for what will never come.
    for (let steps = 0; outcome === undefined; steps += 1) {
      await diskIdle();
      await this.clock.advance(steps < 150 ? 10 : 500);
    }
    return outcome;
  }
}

/** A minute of the fake clock is over sooner than one read of a busy disk: let it come back first. */
async function diskIdle(): Promise<void> {
  do await settle(2);
  while (process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq')));
}

export function withWorld(
  files: Readonly<Record<string, string | Uint8Array>>,
  spec: (world: RelayWorld) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const world = await new RelayWorld(files).open();
    try {
      await spec(world);
    } finally {
      await world.close();
    }
  };
}
