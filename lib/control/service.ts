import type { NoteAbout } from './events';
import type { Account } from '../auth/auth';
import type { ListingRoom } from '../data/listingRoom';
import { TwinportError } from '../errors';
import type { Clock } from '../net/network';
import type { Storage } from '../storage/storage';
import type { Right } from '../wire/rights';
import { NOBODY } from './door';
import type { ChangeEvent, TransferEvent } from './events';
import { LOCKED, locked } from './locked';

/** What a server gives every session, whatever its language. */
export interface Service {
  readonly storage: Storage;
  readonly clock: Clock;
  /** What clients may do. The storage sees to it; who asks here asks what to offer. */
  readonly rights: readonly Right[];
  /** `rights` has `write`. */
  readonly writable: boolean;
  /** Take no put that nothing vouches for. Default false. */
  readonly strictPut?: boolean;
  /** Dial clients that ask for it. */
  readonly active: boolean;
  /** What listings may take of the memory, all sessions together. */
  readonly listings: ListingRoom;
  /** Milliseconds without a byte before a transfer is aborted. */
  readonly stall: number;
  readonly emit: (event: TransferEvent) => void;
  readonly changed: (event: ChangeEvent) => void;
  /** One sentence for the server's owner, about no transfer. */
  readonly note: (sentence: string, about: NoteAbout) => void;
  /** Who has logged in, or who is served without. Absent on a server that knows no accounts, and before a login. */
  readonly account?: Account | undefined;
  /** Whom those are taken for who have not logged in, or whose language has no word for it; undefined where there are no accounts. */
  readonly visitor?: () => Account | undefined;
  /** The storage as an account sees it. Absent where nobody has one. */
  readonly storageFor?: (account: Account) => Storage;
}

/** What an account may do on this port: never more than the port allows. */
export function rightsFor({ rights }: Pick<Service, 'rights'>, account: Account): readonly Right[] {
  return account.rights === undefined ? rights : rights.filter((right) => account.rights?.includes(right));
}

/**
 * What one session sees of its port, derived from its account each time it is looked at: a reload, and a login, hold
 * from the next request on. `who` is undefined where no account has anything to do with it.
 */
export function seenBy<S extends Service>(port: S, who: () => Account | undefined): S {
  const derived = <T>(own: T, of: (account: Account) => T): T => {
    const account = who();
    return account === undefined ? own : of(account);
  };
  return Object.create(port, {
    account: { get: who },
    rights: { get: () => derived(port.rights, (account) => rightsFor(port, account)) },
    writable: { get: () => derived(port.writable, (account) => rightsFor(port, account).includes('write')) },
    storage: { get: () => derived(port.storage, (account) => storageOf(port, account)) },
  }) as S;
}

function storageOf({ storageFor, storage }: Service, account: Account): Storage {
  return account === NOBODY ? LOCKED : (storageFor?.(account) ?? storage);
}

/** The name to tell, of who has logged in. */
export function userOf({ account }: Pick<Service, 'account'>): { readonly user?: string } {
  return account === undefined || account === NOBODY ? {} : { user: account.name };
}

/** Why a put that nothing vouches for is not taken here; undefined where it is. */
export function putRefusal({ writable, strictPut = false, account }: Service): TwinportError | undefined {
  if (account === NOBODY) return locked();
  if (writable && !strictPut) return undefined;
  return new TwinportError('denied', writable ? 'only verified puts are allowed here' : 'writing is not allowed here');
}
