import { isTwinportError, TwinportError } from '../errors';
import { LIMITS } from '../options';
import { Gate } from './gate';
import { QuotaStorage } from './quotaStorage';
import type { Storage, Weight } from './storage';
import { measure, minus, NOTHING, plus } from './weight';

/** What may lie under a directory: itself not counted, everything in it is, directories and kept parts too. */
export interface QuotaLimit {
  /** A path of the storage; '' is all of it. */
  readonly dir: string;
  readonly bytes?: number | undefined;
  readonly files?: number | undefined;
}

/** The same of all of it, as a server is told. */
export interface QuotaOptions {
  readonly quotaBytes?: number | undefined;
  readonly quotaFiles?: number | undefined;
}

/** What lies under one directory, as far as this process knows. */
export interface Tally {
  readonly dir: string;
  /** Files, directories, kept parts. */
  settled: Weight;
  /** Parts that are being written, and directories about to be made. */
  reserved: Weight;
}

/** A part that is being written. */
export interface Writing {
  /** Where it will be, by now: a directory may get another name meanwhile. */
  path: string;
  taken: Weight;
  /** What it is counted in. */
  readonly tallies: Set<Tally>;
}

/** Milliseconds between two counts that refusals ask for; or twenty times what the last one took, where that is more. */
const COUNT_AGAIN = 60_000;
const COUNT_SHARE = 20;

/**
 * What is stored, and what may be, for all sessions of a server. Whoever wants to store more reserves it first, in one step
 * with the look whether it may: nothing can come between them, so that no number of sessions gets beyond a limit.
 * What other processes do in the same directory is seen only when it is counted again: a refusal asks for that.
 */
export class Quotas {
  readonly gate = new Gate();
  readonly writing = new Set<Writing>();
  private readonly tallies = new Map<string, Tally>();
  private readonly views = new WeakMap<Storage, Map<string, Storage>>();
  private storage: Storage | undefined;
  private counting: Promise<void> | undefined;
  private countAgain = 0;

  /** `limits` of everybody; asked again each time. `now`: milliseconds of any clock that only goes forward. */
  constructor(
    private readonly limits: () => QuotaOptions,
    private readonly now: () => number,
  ) {}

  /**
   * The storage for those who are held to `more` limits beside everybody's. All views of one server are of the same files,
   * however often these were opened. The same view for the same limits: others remember things about it.
   */
  view(storage: Storage, more: readonly QuotaLimit[] = []): Storage {
    const limited = more.filter(({ bytes, files }) => bytes !== undefined || files !== undefined);
    const key = JSON.stringify(limited);
    const known = this.views.get(storage) ?? new Map<string, Storage>();
    this.views.set(storage, known);
    const view =
      known.get(key) ?? new QuotaStorage({ inner: storage, quotas: this, whole: storage, prefix: '', own: limited });
    known.set(key, view);
    return view;
  }

  /** Everybody's limits and these, where there are any. */
  all(more: readonly QuotaLimit[]): readonly QuotaLimit[] {
    const { quotaBytes: bytes, quotaFiles: files } = this.limits();
    return bytes === undefined && files === undefined ? more : [{ dir: '', bytes, files }, ...more];
  }

  /** Counts what limits speak of and nobody has counted yet. Rejects as `measure`, and `too-large` beyond `LIMITS`. */
  async ready(storage: Storage, limits: readonly QuotaLimit[]): Promise<void> {
    this.storage = storage;
    for (const { dir } of limits) {
      if (this.tallies.has(dir)) continue;
      await this.gate.byItself(async () => {
        if (this.tallies.has(dir)) return;
        const settled = await measured(storage, dir);
        const tally: Tally = { dir, settled, reserved: NOTHING };
        for (const each of this.writing) {
          if (!isIn(dir, each.path)) continue;
          each.tallies.add(tally);
          tally.reserved = plus(tally.reserved, each.taken);
        }
        this.tallies.set(dir, tally);
      });
    }
  }

  /** What counts something at this path. */
  over(path: string): Set<Tally> {
    return new Set([...this.tallies.values()].filter(({ dir }) => isIn(dir, path)));
  }

  /** Those that count the two differently, or are themselves moved. */
  apart(from: string, to: string): readonly Tally[] {
    const moved = (dir: string): boolean => dir === from || isIn(from, dir);
    return [...this.tallies.values()].filter(({ dir }) => moved(dir) || isIn(dir, from) !== isIn(dir, to));
  }

  /** A directory of that name is somebody else's from now on, and is counted when it is asked for. */
  forget(path: string): void {
    for (const dir of this.tallies.keys())
      if (dir !== '' && (dir === path || isIn(path, dir))) this.tallies.delete(dir);
  }

  /** Throws `quota` where more of that would be beyond a limit. Nothing is reserved by it. */
  check(limits: readonly QuotaLimit[], tallies: ReadonlySet<Tally>, more: Weight): void {
    // More files than are counted could not be counted again: a server would not start any more for what one client left.
    for (const { dir, bytes = Infinity, files = LIMITS.quotaEntries } of limits) {
      const tally = this.tallies.get(dir);
      if (tally === undefined || !tallies.has(tally)) continue;
      const sum = plus(plus(tally.settled, tally.reserved), more);
      // What frees something is never refused, however much there is.
      const over =
        more.bytes > 0 && sum.bytes > bytes
          ? `${bytes} bytes may be stored here`
          : more.files > 0 && sum.files > files
            ? `${files} files may be stored here`
            : undefined;
      if (over === undefined) continue;
      this.recount();
      throw new TwinportError('quota', `that would be over the quota: ${over}`);
    }
  }

  /** Takes it, or throws `quota` and takes nothing. One step: nobody can look, and take, in between. */
  reserve(limits: readonly QuotaLimit[], tallies: ReadonlySet<Tally>, more: Weight): void {
    this.check(limits, tallies, more);
    for (const tally of tallies) tally.reserved = plus(tally.reserved, more);
  }

  /** Gives back what was reserved; `settled` of it, more or less, is there to stay. */
  settle(tallies: ReadonlySet<Tally>, reserved: Weight, settled: Weight): void {
    for (const tally of tallies) {
      tally.reserved = minus(tally.reserved, reserved);
      tally.settled = plus(tally.settled, settled);
      const { bytes, files } = tally.settled;
      if (bytes >= 0 && files >= 0) continue;
      // What was never counted has gone: others store here too. Taken for room, who has their files deleted, or replaces them,
      // could store as much beyond the quota as they had stored.
      tally.settled = { bytes: Math.max(0, bytes), files: Math.max(0, files) };
      this.recount();
    }
  }

  /** Nothing is known any more, and is counted when it is asked for. */
  clear(): void {
    this.tallies.clear();
  }

  /** What is known of a directory; for specs. */
  known(dir: string): Weight | undefined {
    const tally = this.tallies.get(dir);
    return tally && plus(tally.settled, tally.reserved);
  }

  /** Resolves when no count is under way. */
  async counted(): Promise<void> {
    await this.counting;
  }

  /** Who is refused may be so for nothing: files are deleted without us, parts expire. The next try knows. */
  private recount(): void {
    const { storage } = this;
    if (storage === undefined || this.counting !== undefined || this.now() < this.countAgain) return;
    const began = this.now();
    this.counting = this.gate
      .byItself(async () => {
        for (const tally of [...this.tallies.values()]) {
          try {
            tally.settled = await measured(storage, tally.dir);
          } catch (error) {
            if (!isTwinportError(error)) throw error;
            // What cannot be counted now stays as it was.
          }
        }
      })
      .catch(() => undefined)
      .finally(() => {
        this.counting = undefined;
        const now = this.now();
        this.countAgain = now + Math.max(COUNT_AGAIN, (now - began) * COUNT_SHARE);
      });
  }
}

/** A directory that is not there yet, a user's own for instance, holds nothing. */
async function measured(storage: Storage, dir: string): Promise<Weight> {
  try {
    return await measure(storage, dir, LIMITS.quotaEntries);
  } catch (error) {
    if (dir !== '' && isTwinportError(error, 'not-found', 'not-a-directory')) return NOTHING;
    throw error;
  }
}

/** Does this lie in that directory? */
function isIn(dir: string, path: string): boolean {
  return dir === '' ? path !== '' : path.startsWith(`${dir}/`);
}
