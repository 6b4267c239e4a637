import { timingSafeEqual } from 'node:crypto';
import { networkOf } from '../wire/addresses';
import { VISITOR, type Account, type Attempt, type Authenticator } from './auth';
import { FairQueue } from './fairQueue';
import { COST, derive, nobodysSecret, type Derive, type Secret } from './passwords';
import type { UserLine } from './userLines';

/**
 * Two at once: each is 32 MiB and a thread of Node's pool, whose other two are for files. Some 30 logins a second on one
 * core; 64 that wait are two seconds, and 4 of one address leave room for sixteen others.
 */
const BOUNDS = { atOnce: 2, waiting: 64, waitingOfOne: 4 };
/** Of all servers in this process: they share the pool. */
const TRIES = new FairQueue(BOUNDS);

/** Which secret let somebody in: who has another one now has to log in again. */
const LET_IN_BY = new WeakMap<Account, Secret>();

export interface UsersOptions {
  /** Serve those who have not logged in: list and read. Default false. */
  readonly anonymous?: boolean;
  /** All that those see (`wire/paths` form). Default: all of it. */
  readonly anonymousRoot?: string;
  /** For specs, which count. */
  readonly derive?: Derive;
}

/** Whoever has not logged in, where such are served: never more than this, whatever the port allows. */
const ANONYMOUS: Account = { name: VISITOR, rights: ['list', 'read'] };

/** The users of a file. */
export class Users implements Authenticator {
  readonly anonymous: Account | undefined;
  private readonly users = new Map<string, UserLine>();
  /** Tried for those who are not there. */
  private readonly nobodys: Secret;
  private readonly derive: Derive;

  constructor(lines: readonly UserLine[], options: UsersOptions = {}) {
    for (const user of lines) {
      this.users.set(user.account.name, user);
      LET_IN_BY.set(user.account, user.secret);
    }
    this.nobodys = nobodysSecret(lines[0]?.secret.cost ?? COST);
    const { anonymous = false, anonymousRoot: root } = options;
    this.anonymous = anonymous ? { ...ANONYMOUS, ...(root !== undefined && { root }) } : undefined;
    this.derive = options.derive ?? derive;
  }

  /** One scrypt of the same cost and one comparison, whoever it is: neither time nor load tells which names there are. */
  async authenticate({ name, password, address }: Attempt, signal: AbortSignal): Promise<Account | undefined> {
    const user = this.users.get(name);
    const { cost, salt, hash } = user?.secret ?? this.nobodys;
    const tried = await TRIES.run(networkOf(address), signal, () => this.derive(password, { cost, salt }, hash.length));
    const fits = timingSafeEqual(tried, hash);
    return fits && user?.disabled === false ? user.account : undefined;
  }

  /** As the file has it now: with the rights of now, and not at all once the entry is gone, disabled or has another secret. */
  current(account: Account): Account | undefined {
    const by = LET_IN_BY.get(account);
    const user = this.users.get(account.name);
    if (by === undefined || user === undefined || user.disabled) return undefined;
    return user.secret.hash.equals(by.hash) && user.secret.salt.equals(by.salt) ? user.account : undefined;
  }
}
