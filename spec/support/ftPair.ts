import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { connect, type Client, type ConnectOptions } from '../../lib/client';
import { isPartName } from '../../lib/storage/partNames';
import type { GetOptions } from '../../lib/transfers';
import { watch, withPlay } from './ftPlay';
import { Bench, CLIENT, SERVER, type BenchOptions } from './ftBench';

/** A directory of this machine's own, gone after the spec. */
export class Place {
  readonly root = fs.realpathSync(fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-spec-')));

  path(name: string): string {
    return nodePath.join(this.root, name);
  }

  write(name: string, bytes: string | Uint8Array): string {
    fs.writeFileSync(this.path(name), bytes);
    return this.path(name);
  }

  read(name: string): Buffer {
    return fs.readFileSync(this.path(name));
  }

  /** What a person sees in it. */
  get names(): string[] {
    return fs
      .readdirSync(this.root)
      .filter((name) => !isPartName(name))
      .sort();
  }

  /** The length of each part that is kept in it. */
  get parts(): number[] {
    return fs
      .readdirSync(this.root)
      .filter(isPartName)
      .map((name) => fs.statSync(this.path(name)).size);
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true });
  }
}

export interface Pair {
  readonly bench: Bench;
  readonly client: Client;
  readonly place: Place;
  readonly notes: string[];
  readonly onNote: (note: string) => void;
}

/** The real client and the real server on a network in memory, and a directory for the client. */
export function withPair(
  options: BenchOptions & { readonly client?: Partial<ConnectOptions> },
  spec: (pair: Pair) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const { client: clientOptions = {}, ...rest } = options;
    const bench = new Bench(rest);
    const { port } = await bench.server.listen();
    bench.port = port;
    const place = new Place();
    const network = bench.machine(CLIENT);
    const client = await connect({ host: SERVER, port, network, clock: bench.clock, ...clientOptions });
    const notes: string[] = [];
    try {
      await spec({ bench, client, place, notes, onNote: (note) => notes.push(note) });
    } finally {
      const closed = client.close();
      await bench.clock.advance(1000);
      await closed;
      place.remove();
    }
    await bench.close();
  };
}

/** A get that dies in the middle: of `remote` these first bytes come to `local`, and are kept. */
export async function interruptedGet(
  local: string,
  remote: string,
  bytes: Uint8Array,
  size: number,
  options: GetOptions = {},
): Promise<void> {
  await withPlay({}, async (play) => {
    const got = watch(play.client.get(remote, local, options));
    const { port } = await play.request();
    await play.say(`150 type=file;size=${size}; ${remote}`);
    const q = await play.dial(port);
    await q.end(bytes);
    await q.over();
    await play.p.end();
    await got.failure('incomplete');
  })();
}
