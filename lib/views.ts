import type { Account } from './auth/auth';
import { RightfulStorage } from './storage/rights';
import type { Storage } from './storage/storage';
import type { Right } from './wire/rights';
import { WithinStorage } from './storage/within';
import { normalisePath } from './wire/paths';

/**
 * What accounts see of a storage: their directory of it, with their rights. One view for each pair of both: sessions and
 * ports that share them share what is known of it.
 */
export class Views {
  private readonly seen = new WeakMap<Storage, Map<string, Storage>>();
  private readonly rooted = new WeakMap<Storage, Map<string, WithinStorage>>();
  /** All of those that may hold a directory open, for their end. */
  private readonly within = new Set<WithinStorage>();
  /** Those that were asked for last, the latest at the end. */
  private readonly recent = new Set<WithinStorage>();

  /** `rights` are the port's and the account's together. */
  of(storage: Storage, rights: readonly Right[], { root = '' }: Pick<Account, 'root'> = {}): Storage {
    const path = normalisePath(root);
    const base = path === '' ? storage : this.beneath(storage, path);
    return once(this.seen, base, rights.join(), () => new RightfulStorage(base, rights));
  }

  /** The directories of accounts may be others by now: who asks next gets those. What is under way in one goes on. */
  async renew(): Promise<void> {
    await Promise.all([...this.within].map((view) => view.renew()));
  }

  /** Lets go of all directories; those that are asked for again are opened anew. */
  async close(): Promise<void> {
    await Promise.all([...this.within].map((view) => view.close()));
  }

  private beneath(storage: Storage, root: string): Storage {
    const view = once(this.rooted, storage, root, () => new WithinStorage(storage, root));
    this.within.add(view);
    this.recent.delete(view);
    this.recent.add(view);
    const [oldest] = this.recent;
    if (this.recent.size > MOST_OPEN && oldest !== undefined) {
      this.recent.delete(oldest);
      void oldest.close();
    }
    return view;
  }
}

/**
 * Directories of accounts that are kept open, a descriptor each: of a plug-in, or of a long file of users, there may be more than
 * a process has descriptors. One that is let go is opened anew by who asks next.
 */
const MOST_OPEN = 256;

function once<T extends Storage>(all: WeakMap<Storage, Map<string, T>>, of: Storage, key: string, make: () => T): T {
  const known = all.get(of) ?? new Map<string, T>();
  all.set(of, known);
  const one = known.get(key) ?? make();
  known.set(key, one);
  return one;
}
