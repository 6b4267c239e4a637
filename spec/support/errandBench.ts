import { connect, type Client, type ConnectOptions } from '../../lib/client';
import type { PortOptions } from '../../lib/server';
import type { DialectName } from '../../lib/dialects/registry';
import { memoryStorage, type MemoryStorage } from '../../lib/storage/memory';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { Bench, CLIENT, SERVER, type BenchOptions } from './ftBench';
import { memoryNetwork, type MemoryNetwork } from './memoryNetwork';
import { Captured } from './stdio';
import { eventually, Talker } from './talker';

/** Bare peers for the languages of one request a connection: the house suite knows what all of them share. */

/** A real server that speaks `dialect`, and bare clients. */
export function withServer(
  dialect: DialectName,
  { port = {}, ...options }: BenchOptions & { readonly port?: PortOptions },
  spec: (bench: Bench) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const bench = new Bench(options);
    bench.port = (await bench.server.listen(0, { dialect, ...port })).port;
    await spec(bench);
    await bench.close();
  };
}

/** A real client, and a server that follows no protocol but what the spec makes it say. */
export class Errands {
  readonly network: MemoryNetwork = memoryNetwork({ addresses: [SERVER], capacity: 64 * 1024 });
  readonly clock: FakeClock = fakeClock();
  readonly callers: Talker[] = [];
  /** With false, what the client sends is not read until `listen`. */
  reads = true;
  client!: Client;
  private asked = 0;

  async open(dialect: DialectName, options: Partial<ConnectOptions>): Promise<() => Promise<void>> {
    const listener = await this.network.listen({ port: 0 }, (conn) =>
      this.callers.push(new Talker(conn, { reads: this.reads })),
    );
    const network = this.network.machine(CLIENT);
    const { clock } = this;
    this.client = await connect({ host: SERVER, port: listener.local.port, dialect, network, clock, ...options });
    return () => listener.close();
  }

  /** The next connection nobody has asked for yet: each request has its own. */
  async caller(): Promise<Talker> {
    const at = this.asked++;
    await eventually('a connection', () => this.callers.length > at);
    return this.callers[at] as Talker;
  }
}

/** Runs a spec with a real client; nothing may be left on the network, and no timer running. */
export function withClient(
  dialect: DialectName,
  options: Partial<ConnectOptions> & { readonly reads?: boolean },
  spec: (errands: Errands) => Promise<void>,
): () => Promise<void> {
  const { reads = true, ...rest } = options;
  return async () => {
    const errands = new Errands();
    errands.reads = reads;
    const stop = await errands.open(dialect, rest);
    await spec(errands);
    await errands.client.close();
    await stop();
    for (const { conn } of errands.callers) conn.destroy();
    await settle();
    if (errands.network.open > 0) throw new Error(`${errands.network.open} ends and listeners are left on the network`);
    if (errands.clock.pending > 0) throw new Error(`${errands.clock.pending} timers are left`);
  };
}

/** A storage in which the file `big` becomes shorter once its first half was read. */
export function shrinking(bytes: Buffer): MemoryStorage {
  const storage = memoryStorage({ big: bytes });
  const read = storage.read.bind(storage);
  storage.read = async (path) => {
    const source = await read(path);
    if (path !== 'big') return source;
    return {
      stat: source.stat,
      read: (into, position) => (position < bytes.length / 2 ? source.read(into, position) : 0),
      restat: () => Promise.resolve({ ...source.stat, size: bytes.length / 2 }),
      close: () => source.close(),
    };
  };
  return storage;
}

/** Where a get goes. Whoever fails to fill it has told so already. */
export class Into extends Captured {
  constructor() {
    super();
    this.on('error', () => undefined);
  }

  get bytes(): Buffer {
    return Buffer.from(this.text, 'latin1');
  }
}
