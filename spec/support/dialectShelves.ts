import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import type { ServerOptions } from '../../lib/server';
import { memoryStorage } from '../../lib/storage/memory';
import { isPartName } from '../../lib/storage/partNames';
import type { Entry, Source, Stat, Storage, Target, WriteOptions } from '../../lib/storage/storage';
import { decodeName, encodeName } from '../../lib/wire/names';

/** What a server serves, looked at from behind. */
export interface Shelf {
  readonly served: Pick<ServerOptions, 'root' | 'storage'>;
  put(name: string, bytes: string | Uint8Array): void;
  bytes(name: string): Buffer | undefined;
  /** The files in it, parts never among them. */
  names(): Promise<string[]>;
  /** Files being read or written, and parts left lying about. */
  readonly held: number;
  remove(): void;
}

/** In memory, counting what is open. */
export function memoryShelf(): Shelf {
  const files = memoryStorage();
  const watched = new WatchedStorage(files);
  return {
    served: { storage: watched },
    put: (name, bytes) => files.put(name, bytes),
    bytes: (name) => files.bytes(name),
    names: async () => {
      const names: string[] = [];
      for await (const { name, type } of await files.list('', { facts: false })) if (type === 'file') names.push(name);
      return names.sort();
    },
    get held() {
      return watched.held;
    },
    remove: () => undefined,
  };
}

/** A directory, one below what is its own: nothing may appear beside it. */
export function diskShelf(): Shelf & { readonly outside: string } {
  const outside = fs.realpathSync(fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-spec-')));
  const root = nodePath.join(outside, 'served');
  fs.mkdirSync(root);
  const at = (name: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), encodeName(name)]);
  const all = (): string[] => fs.readdirSync(Buffer.from(root), { encoding: 'buffer' }).map((name) => decodeName(name));
  return {
    outside,
    served: { root },
    put: (name, bytes) => fs.writeFileSync(at(name), bytes),
    bytes: (name) => (fs.existsSync(at(name)) ? fs.readFileSync(at(name)) : undefined),
    names: async () =>
      all()
        .filter((name) => !isPartName(name))
        .sort(),
    get held() {
      return all().filter(isPartName).length;
    },
    remove: () => fs.rmSync(outside, { recursive: true }),
  };
}

/** A storage that knows how many of its files are open. */
class WatchedStorage implements Storage {
  held = 0;

  constructor(private readonly storage: Storage) {}

  get features(): Storage['features'] {
    return this.storage.features;
  }

  stat(path: string, signal?: AbortSignal): Promise<Stat> {
    return this.storage.stat(path, signal);
  }

  list(path: string, options: { readonly facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>> {
    return this.storage.list(path, options, signal);
  }

  partLength(path: string, key: string): Promise<number> {
    return this.storage.partLength(path, key);
  }

  makeDirectory(path: string): Promise<void> {
    return this.storage.makeDirectory(path);
  }

  remove(path: string): Promise<void> {
    return this.storage.remove(path);
  }

  rename(from: string, to: string): Promise<void> {
    return this.storage.rename(from, to);
  }

  async read(path: string): Promise<Source> {
    const source = await this.storage.read(path);
    const letGo = this.hold();
    return {
      stat: source.stat,
      read: (into, position) => source.read(into, position),
      restat: () => source.restat(),
      close: () => {
        letGo();
        return source.close();
      },
    };
  }

  async write(path: string, options: WriteOptions): Promise<Target> {
    const target = await this.storage.write(path, options);
    const letGo = this.hold();
    const ended =
      <A extends unknown[]>(end: (...args: A) => Promise<void>) =>
      (...args: A): Promise<void> => {
        letGo();
        return end(...args);
      };
    return {
      offset: target.offset,
      write: (chunks, position) => target.write(chunks, position),
      read: (into, position) => target.read(into, position),
      commit: ended((length: number, how?: { readonly modified?: number }) => target.commit(length, how)),
      keep: ended(() => target.keep()),
      discard: ended(() => target.discard()),
    };
  }

  private hold(): () => void {
    let holds = true;
    this.held += 1;
    return () => {
      if (holds) this.held -= 1;
      holds = false;
    };
  }
}
