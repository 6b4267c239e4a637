import { isTwinportError, TwinportError } from '../errors';
import { baseName } from '../wire/paths';
import type { QuotaLimit, Quotas } from './quotas';
import { QuotaTarget } from './quotaTarget';
import type { Entry, Source, Stat, Storage, StorageFeatures, Target, Weight, WriteOptions } from './storage';
import { measure, minus, NOTHING, plus, weigh } from './weight';

export interface QuotaPlace {
  /** What requests are passed on to: all of the storage, or a directory of it. */
  readonly inner: Storage & { close?(): Promise<void> };
  readonly quotas: Quotas;
  /** All of it. */
  readonly whole: Storage;
  /** Where `inner` lies in `whole`. */
  readonly prefix: string;
  /** Limits of whoever this is for, beside everybody's; their directories as they are called, which may be links. */
  readonly own: readonly QuotaLimit[];
}

const FILE: Weight = { bytes: 0, files: 1 };

/**
 * A storage that keeps to its quotas. It lies beneath every language and beneath every account's own view, so that nothing
 * is stored past it. What is beyond a limit is `quota`.
 */
export class QuotaStorage implements Storage {
  /** As the storage has it, or has not. */
  readonly within?: NonNullable<Storage['within']>;

  constructor(private readonly place: QuotaPlace) {
    const within = place.inner.within?.bind(place.inner);
    if (within === undefined) return;
    this.within = async (path) => {
      const prefix = await this.full(path, true);
      return new QuotaStorage({ ...place, inner: await within(path), prefix });
    };
  }

  get features(): StorageFeatures {
    return this.place.inner.features;
  }

  stat(path: string, signal?: AbortSignal): Promise<Stat> {
    return this.place.inner.stat(path, signal);
  }

  list(path: string, options: { readonly facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>> {
    return this.place.inner.list(path, options, signal);
  }

  read(path: string): Promise<Source> {
    return this.place.inner.read(path);
  }

  partLength(path: string, key: string): Promise<number> {
    return this.place.inner.partLength(path, key);
  }

  weigh(path: string): Promise<Weight> {
    return weigh(this.place.inner, path);
  }

  measure(path: string, most: number): Promise<Weight> {
    return measure(this.place.inner, path, most);
  }

  /** The part is a file from the moment it is opened: before that there must be room for one. */
  async write(path: string, options: WriteOptions): Promise<Target> {
    const { inner, quotas } = this.place;
    const [own, limits] = await this.limits();
    return this.change([path], async () => {
      const full = await this.full(path);
      const tallies = quotas.over(full);
      const { key, size, offset = 0 } = options;
      const partLength = async (): Promise<number> =>
        key === undefined || tallies.size === 0 ? 0 : inner.partLength(path, key);
      const kept = weightOfPart(await partLength());
      // What can never fit is refused before the client sends a byte of it.
      if (size !== undefined) quotas.check(limits, tallies, minus({ bytes: size, files: 1 }, kept));
      const fresh = minus(FILE, { bytes: 0, files: kept.files });
      quotas.reserve(limits, tallies, fresh);
      let target: Target;
      try {
        target = await inner.write(path, options);
      } catch (error) {
        const left = await partLength().then(weightOfPart, () => kept);
        quotas.settle(tallies, fresh, minus(left, kept));
        throw error;
      }
      // What was kept is what is being written now, or is gone.
      const taken = { bytes: offset, files: 1 };
      quotas.settle(tallies, minus(fresh, taken), minus(NOTHING, kept));
      const writing = { path: full, taken, tallies };
      quotas.writing.add(writing);
      return new QuotaTarget({ ...this.place, inner: target, writing, key, limits: () => quotas.all(own) });
    });
  }

  /** A directory is a file to a quota: they take room on a disk too, and there would be no end of them. */
  async makeDirectory(path: string): Promise<void> {
    const { inner, quotas } = this.place;
    const [, limits] = await this.limits();
    await this.change([path], async () => {
      const tallies = quotas.over(await this.full(path));
      quotas.reserve(limits, tallies, FILE);
      try {
        await inner.makeDirectory(path);
      } catch (error) {
        quotas.settle(tallies, FILE, NOTHING);
        throw error;
      }
      quotas.settle(tallies, FILE, FILE);
    });
  }

  async remove(path: string): Promise<void> {
    const { inner, quotas } = this.place;
    await this.limits();
    await this.change([path], async () => {
      const full = await this.full(path);
      const tallies = quotas.over(full);
      const weight = tallies.size === 0 || path === '' ? NOTHING : await weigh(inner, path);
      await inner.remove(path);
      quotas.settle(tallies, NOTHING, minus(NOTHING, weight));
      quotas.forget(full);
    });
  }

  /**
   * Moves nothing within what is counted together; between directories that have quotas of their own, it is counted. Alone,
   * for what others look at, and then do, must lie where it lay.
   */
  async rename(from: string, to: string): Promise<void> {
    const { inner, quotas } = this.place;
    const [own] = await this.limits();
    await quotas.gate.byItself(async () => {
      const [old, name] = [await this.full(from), await this.full(to)];
      const settle =
        quotas.apart(old, name).length === 0 ? undefined : await this.parting(from, old, name, quotas.all(own));
      try {
        await inner.rename(from, to);
      } catch (error) {
        settle?.(false);
        throw error;
      }
      settle?.(true);
      for (const each of quotas.writing) {
        if (each.path.startsWith(`${old}/`)) each.path = name + each.path.slice(old.length);
      }
    });
  }

  async close(): Promise<void> {
    await this.place.inner.close?.();
  }

  /** Reserves room where something is about to be moved to; what is answered says how it went. */
  private async parting(
    from: string,
    old: string,
    name: string,
    limits: readonly QuotaLimit[],
  ): Promise<(moved: boolean) => void> {
    const { quotas } = this.place;
    // It counts where it began, and would end somewhere else.
    if ([...quotas.writing].some(({ path }) => path.startsWith(`${old}/`))) {
      throw new TwinportError('in-use', 'something in there is being written');
    }
    const [here, there] = [quotas.over(old), quotas.over(name)];
    const leaves = new Set([...here].filter((each) => !there.has(each)));
    const enters = new Set([...there].filter((each) => !here.has(each)));
    const weight = await this.weightOfAll(from);
    quotas.reserve(limits, enters, weight);
    return (moved) => {
      quotas.settle(enters, weight, moved ? weight : NOTHING);
      if (!moved) return;
      quotas.settle(leaves, NOTHING, minus(NOTHING, weight));
      quotas.forget(old);
      quotas.forget(name);
    };
  }

  private async weightOfAll(path: string): Promise<Weight> {
    const { inner } = this.place;
    const own = await weigh(inner, path);
    try {
      return plus(own, await measure(inner, path, Infinity));
    } catch (error) {
      if (isTwinportError(error, 'not-a-directory')) return own;
      throw error;
    }
  }

  /** Those of its own, by what their directories are really called now, and all. They have been counted then. */
  private async limits(): Promise<readonly [own: readonly QuotaLimit[], all: readonly QuotaLimit[]]> {
    const { quotas, whole } = this.place;
    const own = await Promise.all(
      this.place.own.map(async (limit) => ({ ...limit, dir: await realOf(whole, limit.dir, true) })),
    );
    const limits = quotas.all(own);
    await quotas.ready(whole, limits);
    return [own, limits];
  }

  /**
   * By the last segment, in any case: links and file systems without case give one file several paths, and what is there
   * must not change between the look and the deed. Too few at once are only slower.
   */
  private change<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
    return this.place.quotas.gate.pass([...new Set(paths.map((path) => baseName(path).toLowerCase()))], work);
  }

  /** One directory is one quota, whatever links lead to it: what is counted has the name that no link is a part of. */
  private async full(path: string, follow = false): Promise<string> {
    const { prefix, inner } = this.place;
    const real = await realOf(inner, path, follow);
    if (prefix === '' || real === '') return prefix + real;
    return `${prefix}/${real}`;
  }
}

/** What cannot be reached fails where it is asked for; until then it has the name it was given. */
async function realOf(storage: Storage, path: string, follow: boolean): Promise<string> {
  if (path === '' || storage.real === undefined) return path;
  return storage.real(path, follow).catch(() => path);
}

function weightOfPart(bytes: number): Weight {
  return bytes > 0 ? { bytes, files: 1 } : NOTHING;
}
