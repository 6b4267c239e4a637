import { expect } from 'chai';
import * as fs from 'node:fs';
import { createServer, type Server } from '../../../lib/server';
import { blockingIo, pooledIo } from '../../../lib/storage/io';
import { localStorage } from '../../../lib/storage/local';
import { memoryStorage } from '../../../lib/storage/memory';
import { isPartName } from '../../../lib/storage/partNames';
import type { Storage } from '../../../lib/storage/storage';
import { fakeClock, settle } from '../../support/fakeClock';
import { CLIENT, SERVER } from '../../support/ftBench';
import { Place } from '../../support/ftPair';
import { openUnder } from '../../support/localHarness';
import { memoryNetwork } from '../../support/memoryNetwork';
import { eventually, Talker } from '../../support/talker';
import { faultyIo, faultyStorage, Saboteur } from '../../support/faultyStorage';

export const HELLO = 'hello, world\n';
/** More than one read, and more than one write. */
export const LARGE = Buffer.alloc(1_300_000, 'large ');

/** Where the files are, and what is really there. */
export interface Shelf {
  readonly storage: Storage;
  readonly saboteur: Saboteur;
  /** As it was at first. */
  reset(): void;
  bytes(name: string): Buffer | undefined;
  /** Everything that is there, hidden or not. */
  readonly names: string[];
  /** Never told to anybody. */
  readonly secret: string;
  close(): Promise<void>;
}

export async function localShelf(blocking: boolean): Promise<Shelf> {
  const place = new Place();
  const saboteur = new Saboteur();
  const storage = await localStorage(
    { root: place.root, writable: true, blocking },
    faultyIo(blocking ? blockingIo : pooledIo, saboteur),
  );
  return {
    storage,
    saboteur,
    reset: () => {
      for (const name of fs.readdirSync(place.root)) fs.rmSync(place.path(name), { recursive: true });
      place.write('hello.txt', HELLO);
      place.write('large.bin', LARGE);
      fs.mkdirSync(place.path('empty'));
    },
    bytes: (name) => (fs.existsSync(place.path(name)) ? place.read(name) : undefined),
    get names() {
      return fs.readdirSync(place.root);
    },
    secret: place.root,
    close: async () => {
      await storage.close();
      const left = openUnder(place.root);
      place.remove();
      expect(left, 'descriptors left open').to.deep.equal([]);
    },
  };
}

export function memoryShelf(coded: boolean): Shelf {
  const saboteur = new Saboteur();
  let inner = memoryStorage();
  // The wrapper outlives what it wraps, since each try begins afresh.
  const current = new Proxy({} as Storage, {
    get: (_target, name: keyof Storage) => {
      const method = inner[name] as unknown;
      return typeof method === 'function' ? (method as () => unknown).bind(inner) : method;
    },
  });
  const storage = faultyStorage(current, saboteur, coded);
  return {
    storage,
    saboteur,
    reset: () => {
      inner = memoryStorage({ 'hello.txt': HELLO, 'large.bin': LARGE }, { now: () => Date.UTC(2020, 0, 2) });
      inner.mkdir('empty');
    },
    bytes: (name) => inner.bytes(name),
    names: [],
    secret: '\0',
    close: async () => undefined,
  };
}

/** A real server on a shelf whose storage fails, and one client that talks to it all the time. */
export class Stage {
  readonly network = memoryNetwork({ addresses: [SERVER] });
  readonly clock = fakeClock();
  private readonly machine = this.network.machine(CLIENT);
  private readonly server: Server;
  p!: Talker;

  constructor(readonly shelf: Shelf) {
    const { network, clock } = this;
    this.server = createServer({
      storage: shelf.storage,
      allow: ['list', 'read', 'write', 'overwrite', 'delete'],
      network,
      clock,
    });
  }

  async open(): Promise<this> {
    const { port } = await this.server.listen(0, { dialect: 'ft' });
    this.p = new Talker(await this.machine.dial({ host: SERVER, port }, new AbortController().signal));
    return this;
  }

  /** The final reply, and what came over the data connection, if there was one. */
  async ask(request: string, body?: Buffer): Promise<{ code: number; text: string; data: Buffer; whole: boolean }> {
    const conns: Talker[] = [];
    const listener = await this.machine.listen({ port: 0 }, (conn) => {
      const q = new Talker(conn);
      conns.push(q);
      if (body !== undefined) void q.end(body).catch(() => undefined);
      else void q.over().then(() => q.end().catch(() => undefined));
    });
    const [line, ...more] = request.split('\n');
    await this.p.send(`${[line?.replace('PORT', String(listener.local.port)), ...more].join('\n')}\n`);
    let reply = '150 ';
    while (/^1/.test(reply)) reply = await this.p.line();
    await settle();
    await listener.close();
    const [q] = conns;
    const data = q?.received ?? Buffer.alloc(0);
    for (const { conn } of conns) conn.destroy();
    return { code: Number(reply.slice(0, 3)), text: reply.slice(4), data, whole: q?.state === 'ended' };
  }

  /** Names as a client sees them. */
  async listed(): Promise<string[]> {
    return (await this.ask('-l PORT')).data.toString().split('\n').slice(0, -1);
  }

  async close(): Promise<void> {
    let over = false;
    void this.server.close(0).then(() => (over = true));
    for (let turn = 0; turn < 30 && !over; turn += 1) await this.clock.advance(1000);
    expect(over, 'the server closes').to.equal(true);
    this.p.conn.destroy();
    await eventually(
      'nothing is open',
      () => this.network.open === 0,
      () => this.network.open,
    );
    expect(this.clock.pending, 'timers').to.equal(0);
    await this.shelf.close();
  }
}

/** Parts that lie there, seen or not. */
export function partsOf({ names }: Shelf): string[] {
  return names.filter(isPartName);
}
