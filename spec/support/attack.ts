import { expect } from 'chai';
import { connect, type ConnectOptions } from '../../lib/client';
import type { PortDialect } from '../../lib/dialects/registry';
import type { MemoryStorage } from '../../lib/storage/memory';
import { settle } from './fakeClock';
import { SERVER, withBench, type Bench, type BenchOptions } from './ftBench';
import { Basin, watch } from './ftPlay';
import { localHarness, type LocalHarness } from './localHarness';
import { eventually, type Talker } from './talker';

/** What every attacked server serves, before and after. */
export const HONEST = 'honest.txt';
export const CONTENT = 'served all the same';
/** An honest client's own machine. */
const ELSEWHERE = '10.0.0.77';

export interface AttackOptions extends BenchOptions {
  /** How the honest client comes in, where it must show something. */
  readonly honest?: Partial<ConnectOptions>;
  /** Further languages that are served, each on a port of its own. */
  readonly dialects?: readonly PortDialect[];
}

/** An attack and what it is made with. */
export interface Attack {
  readonly bench: Bench;
  /** What the server has dialled so far: `address:port`. */
  readonly dialled: readonly string[];
  /** Ports it listens on, the control port among them, and how many it ever has listened on. */
  readonly listening: { now: number; ever: number; most: number };
  /** A connection of the attacker's, bare. */
  readonly dial: Bench['dial'];
  readonly dialData: Bench['dialData'];
  readonly door: Bench['door'];
  /** Where the further languages are served. */
  readonly ports: ReadonlyMap<PortDialect, number>;
}

/**
 * Runs an attack against a real server on a network in memory. Then, with the attacker's connections as they are, an
 * honest client gets its file; and once the attacker is gone nothing is left of it: no session, listener or timer.
 */
export function attack(options: AttackOptions, spec: (attack: Attack) => Promise<void>): () => Promise<void> {
  const { honest = {}, files = {}, dialects = [], ...rest } = options;
  return withBench({ ...rest, files: { [HONEST]: CONTENT, ...files } }, async (bench) => {
    const ports = new Map<PortDialect, number>();
    for (const dialect of dialects) ports.set(dialect, (await bench.server.listen(0, { dialect })).port);
    const dialled: string[] = [];
    const listening = { now: 1, ever: 1, most: 1 };
    watchNetwork(bench, dialled, listening);
    const mine: Talker[] = [];
    const dial: Bench['dial'] = async (...how) => {
      const talker = await bench.dial(...how);
      mine.push(talker);
      return talker;
    };
    const dialData: Bench['dialData'] = async (...how) => {
      const talker = await bench.dialData(...how);
      mine.push(talker);
      return talker;
    };
    const doors: { close(): Promise<void> }[] = [];
    const door: Bench['door'] = async (...how) => {
      const opened = await bench.door(...how);
      doors.push(opened);
      return opened;
    };
    let ended = 0;
    bench.server.on('end', () => (ended += 1));

    await spec({ bench, dialled, listening, dial, dialData, door, ports });
    await servesHonestly(bench, honest);
    for (const { conn } of mine) conn.destroy();
    for (const opened of doors) await opened.close();
    await bench.clock.advance(20_000);
    await eventually(
      'nothing is left of the attacker',
      () => ended === bench.sessions.length && listening.now === 1 && bench.network.open === 1 + ports.size,
      () => ({ ended, sessions: bench.sessions.length, listening, open: bench.network.open }),
    );
  });
}

/** The same against a directory on disk; what is beside it, `root-evil`, is the attacker's aim. */
export function attackOnDisk(
  options: Omit<AttackOptions, 'storage'>,
  prepare: (house: LocalHarness) => unknown,
  spec: (attack: Attack, house: LocalHarness) => Promise<void>,
  open: (house: LocalHarness) => Promise<LocalHarness['storage']> = async (house) => house.storage,
): () => Promise<void> {
  return async () => {
    const house = await localHarness();
    let failed: { readonly why: unknown } | undefined;
    try {
      await house.put(HONEST, Buffer.from(CONTENT));
      await prepare(house);
      // Of the house's storage in memory a bench needs nothing but what each storage has.
      const storage = (await open(house)) as unknown as MemoryStorage;
      await attack({ ...options, storage }, (attacking) => spec(attacking, house))();
      expect(await house.parts?.(), 'parts').to.equal(0);
    } catch (why) {
      failed = { why };
    }
    // What a failed case leaves open is not what is wrong with it.
    await house.cleanup().catch((why: unknown) => (failed ??= { why }));
    if (failed !== undefined) throw failed.why;
  };
}

function watchNetwork({ network }: Bench, dialled: string[], listening: Attack['listening']): void {
  const { dial, listen } = network;
  network.dial = (to, signal) => {
    dialled.push(`${to.host}:${to.port}`);
    return dial(to, signal);
  };
  network.listen = async (options, onConn) => {
    const listener = await listen(options, onConn);
    listening.now += 1;
    listening.ever += 1;
    listening.most = Math.max(listening.most, listening.now);
    let open = true;
    const close = async (): Promise<void> => {
      if (open) listening.now -= 1;
      open = false;
      await listener.close();
    };
    return { local: listener.local, close };
  };
}

/** An honest client from another machine gets its file, verified. */
export async function servesHonestly(bench: Bench, options: Partial<ConnectOptions> = {}): Promise<void> {
  // Who has been idle for a moment makes room, should the house be full.
  await bench.clock.advance(200);
  const { clock } = bench;
  const to = { host: SERVER, port: bench.port, network: bench.machine(ELSEWHERE), clock };
  const client = await connect({ ...to, ...options });
  const basin = new Basin();
  const got = watch(client.get(HONEST, basin));
  expect(await got.value()).to.include({ verified: true, length: CONTENT.length });
  expect(basin.bytes.toString()).to.equal(CONTENT);
  const closed = client.close();
  await clock.advance(1000);
  await closed;
}

/** All that a bare client is told that says this and ends. */
export async function answers({ dial }: Attack, bytes: string | Uint8Array, from?: string): Promise<string> {
  const p = await dial(from);
  await p.send(bytes);
  await p.end();
  await p.over();
  return p.received.toString('latin1');
}

export { settle };
