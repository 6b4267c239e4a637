import { isTwinportError, TwinportError } from '../errors';
import type { Right } from '../wire/rights';
import type { Entry, Source, Stat, Storage, StorageFeatures, Target, WriteOptions } from './storage';

/**
 * The storage as clients with these rights see it. It lies beneath every language, and is all that one is given: none can
 * forget to ask. What is not allowed is `denied`, told as 553.
 */
export class RightfulStorage implements Storage {
  readonly features: StorageFeatures;

  constructor(
    private readonly storage: Storage,
    private readonly rights: readonly Right[],
  ) {
    const { features } = storage;
    this.features = { ...features, write: features.write && this.has('write') };
  }

  async stat(path: string, signal?: AbortSignal): Promise<Stat> {
    if (!this.has('list') && !this.has('read') && !this.has('write')) throw notAllowed('asking about files');
    return this.storage.stat(path, signal);
  }

  async list(path: string, options: { readonly facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>> {
    this.need('listing', 'list');
    return this.storage.list(path, options, signal);
  }

  async read(path: string): Promise<Source> {
    this.need('reading', 'read');
    return this.storage.read(path);
  }

  async write(path: string, options: WriteOptions): Promise<Target> {
    this.need('writing', 'write');
    // Without the right, a file that is there is in the way: at once, and again at the commit.
    if (!options.replace || this.has('overwrite')) return this.storage.write(path, options);
    return this.storage.write(path, { ...options, replace: false }).catch((error: unknown) => {
      if (!isTwinportError(error, 'exists')) throw error;
      throw new TwinportError('exists', `${error.message}, and overwriting is not allowed here`, { cause: error });
    });
  }

  async partLength(path: string, key: string): Promise<number> {
    return this.has('write') ? this.storage.partLength(path, key) : 0;
  }

  async makeDirectory(path: string): Promise<void> {
    this.need('writing', 'write');
    return this.storage.makeDirectory(path);
  }

  async remove(path: string): Promise<void> {
    this.need('deleting', 'delete');
    return this.storage.remove(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.need('renaming', 'delete', 'write');
    return this.storage.rename(from, to);
  }

  private has(right: Right): boolean {
    return this.rights.includes(right);
  }

  private need(doing: string, ...rights: readonly Right[]): void {
    if (!rights.every((right) => this.has(right))) throw notAllowed(doing);
  }
}

function notAllowed(doing: string): TwinportError {
  return new TwinportError('denied', `${doing} is not allowed here`, { reply: 553 });
}
