import { refuseRoot } from './refusals';
import type { Entry, Source, Stat, Storage, StorageFeatures, Target, WriteOptions } from './storage';

/** A storage that may have to be closed. */
export type Closable = Storage & { close?(): Promise<void> };

/**
 * A directory of a storage as all of it: nothing beside it can be named. Opened when it is first asked for anything, so that
 * a directory that is not there fails who asks, and nobody else; another try may find it.
 */
export class WithinStorage implements Storage {
  private opened: Promise<Closable> | undefined;
  /** The one before, for what is still at work in it. */
  private former: Promise<Closable> | undefined;

  constructor(
    private readonly storage: Storage,
    private readonly root: string,
  ) {}

  get features(): StorageFeatures {
    return this.storage.features;
  }

  async stat(path: string, signal?: AbortSignal): Promise<Stat> {
    return (await this.inside()).stat(path, signal);
  }

  async list(path: string, options: { readonly facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>> {
    return (await this.inside()).list(path, options, signal);
  }

  async read(path: string): Promise<Source> {
    return (await this.inside()).read(path);
  }

  async write(path: string, options: WriteOptions): Promise<Target> {
    return (await this.inside()).write(path, options);
  }

  async partLength(path: string, key: string): Promise<number> {
    return (await this.inside()).partLength(path, key);
  }

  async makeDirectory(path: string): Promise<void> {
    return (await this.inside()).makeDirectory(path);
  }

  async remove(path: string): Promise<void> {
    return (await this.inside()).remove(path);
  }

  async rename(from: string, to: string): Promise<void> {
    return (await this.inside()).rename(from, to);
  }

  /** Who asks from now on gets what has that name now; a listing that is under way goes on where it is, until the next time. */
  async renew(): Promise<void> {
    const { former } = this;
    this.former = this.opened;
    this.opened = undefined;
    await closed(former);
  }

  /** Lets go of the directory; whoever asks again opens it anew. */
  async close(): Promise<void> {
    const both = [this.former, this.opened];
    this.former = undefined;
    this.opened = undefined;
    await Promise.all(both.map(closed));
  }

  private inside(): Promise<Closable> {
    if (this.opened !== undefined) return this.opened;
    // A prefix would be no wall where links can lead over it: who has links knows a better way.
    const opened = this.storage.within?.(this.root) ?? Promise.resolve(new Prefixed(this.storage, this.root));
    this.opened = opened;
    opened.catch(() => {
      if (this.opened === opened) this.opened = undefined;
    });
    return opened;
  }
}

async function closed(storage: Promise<Closable> | undefined): Promise<void> {
  await (await storage?.catch(() => undefined))?.close?.();
}

/** The same where names are all there is, and no link among them. */
class Prefixed implements Storage {
  constructor(
    private readonly storage: Storage,
    private readonly root: string,
  ) {}

  get features(): StorageFeatures {
    return this.storage.features;
  }

  stat(path: string, signal?: AbortSignal): Promise<Stat> {
    return this.storage.stat(this.at(path), signal);
  }

  list(path: string, options: { readonly facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>> {
    return this.storage.list(this.at(path), options, signal);
  }

  read(path: string): Promise<Source> {
    return this.storage.read(this.at(path));
  }

  write(path: string, options: WriteOptions): Promise<Target> {
    return this.storage.write(this.at(path), options);
  }

  partLength(path: string, key: string): Promise<number> {
    return this.storage.partLength(this.at(path), key);
  }

  makeDirectory(path: string): Promise<void> {
    return this.storage.makeDirectory(this.at(path));
  }

  async remove(path: string): Promise<void> {
    // To the storage it is a directory like others.
    refuseRoot(path, 'removed');
    return this.storage.remove(this.at(path));
  }

  async rename(from: string, to: string): Promise<void> {
    refuseRoot(from, 'renamed');
    return this.storage.rename(this.at(from), this.at(to));
  }

  /** Paths are normalised: none holds `..`, and the `/` keeps `/srv/ab` out of `/srv/a`. */
  private at(path: string): string {
    return path === '' ? this.root : `${this.root}/${path}`;
  }
}
