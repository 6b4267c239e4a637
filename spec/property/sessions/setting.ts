import type { Account } from '../../../lib/auth/auth';
import type { MemoryStorage } from '../../../lib/storage/memory';
import type { Right } from '../../../lib/wire/rights';
import { People } from '../../support/accounts';
import { faultyStorage, Saboteur } from '../../support/faultyStorage';
import type { BenchOptions } from '../../support/ftBench';
import { certified } from '../../support/tls';
import { holds } from '../claim';
import type { Draw } from '../draw';
import type { MayAnswer } from './replies';

export const LOGINS = [
  '-u alice\tsesame\n',
  '-u alice\tsesame\n',
  '-u bob\tmellon\n',
  '-u alice\twrong\n',
  '-u nobody\t\n',
  '-u alice\n',
  '-u --hex 616c696365\t736573616d65\n',
];

const ALL: readonly Right[] = ['list', 'read', 'write', 'overwrite', 'delete'];
const RIGHTS: readonly (readonly Right[])[] = [
  ALL,
  ['list', 'read'],
  ['write'],
  ['read', 'write', 'delete'],
  ['list', 'write', 'overwrite'],
];
/** More than all of the puts that are small, less than those that are not. */
const QUOTA = 420_000;

/** What the server of a script is like: who may do what, how much, over what, and on which disk. */
export class Setting {
  readonly secure: boolean;
  /** Of the port. */
  readonly rights: readonly Right[];
  readonly people: People | undefined;
  readonly saboteur = new Saboteur();
  readonly may: MayAnswer;
  private readonly quota: number | undefined;
  private readonly faulty: boolean;
  private readonly fault: Parameters<Saboteur['arm']> | undefined;

  constructor(
    private readonly draw: Draw,
    /** What is there for all to see, whatever the disk says. */
    readonly storage: MemoryStorage,
  ) {
    this.secure = draw.oneIn(6);
    this.rights = draw.oneIn(3) ? draw.pick(RIGHTS) : ALL;
    this.people = draw.oneIn(4) ? people(draw) : undefined;
    this.quota = draw.oneIn(6) ? QUOTA : undefined;
    this.faulty = draw.oneIn(6);
    this.fault = this.faulty
      ? [1 + draw.below(40), draw.pick(['EIO', 'ENOSPC', 'EACCES', 'short'] as const)]
      : undefined;
    const logins = this.people !== undefined;
    this.may = { logins, rights: logins || this.rights !== ALL, faults: this.faulty };
  }

  get options(): BenchOptions {
    const { storage, saboteur, quota, people: authenticator, draw } = this;
    return {
      // It is asked for bytes here alone, where nothing fails.
      storage: this.faulty ? (faultyStorage(storage, saboteur, true) as MemoryStorage) : storage,
      allow: this.rights,
      ...(quota !== undefined && { quotaBytes: quota }),
      ...(authenticator !== undefined && { authenticator, clearPasswords: !draw.oneIn(4) }),
      ...(this.secure && { tls: certified('server') }),
    };
  }

  /** From now on the disk may fail. Before, a server that counts for a quota would rightly not begin. */
  arm(): void {
    if (this.fault !== undefined) this.saboteur.arm(...this.fault);
  }

  /** What somebody could have been allowed to do, from the first request to the last. */
  private could(right: Right): boolean {
    if (!this.rights.includes(right)) return false;
    if (this.people === undefined) return true;
    const { anonymous, attempts } = this.people;
    const came = [anonymous, ...attempts.map((attempt) => this.people?.known(attempt))];
    return came.some((account) => account !== undefined && (account.rights ?? ALL).includes(right));
  }

  /** Whatever was asked: nothing beyond the rights, and nothing beyond the quota. */
  judge(before: Readonly<Record<string, string | Buffer>>, names: readonly string[]): void {
    const all = [...new Set([...Object.keys(before), ...names])];
    let sum = 0;
    for (const name of all) {
      const bytes = this.storage.bytes(name);
      const was = before[name] === undefined ? undefined : Buffer.from(before[name]);
      sum += bytes?.length ?? 0;
      const isAsItWas = was === undefined ? bytes === undefined : bytes?.equals(was) === true;
      if (was === undefined && !this.could('write')) holds('without the right nothing is written', isAsItWas, name);
      if (was !== undefined && !this.could('overwrite') && !this.could('delete'))
        holds('without the right nothing is replaced', isAsItWas, name);
    }
    if (this.quota !== undefined) holds('the quota holds', sum <= this.quota, sum, this.quota);
  }
}

function people(draw: Draw): People {
  const accounts: Record<string, Omit<Account, 'name'>> = {
    alice: draw.oneIn(4) ? { limits: { quotaBytes: QUOTA } } : {},
    bob: { rights: draw.pick(RIGHTS) },
  };
  const made = new People({ alice: 'sesame', bob: 'mellon' }, accounts);
  if (draw.oneIn(2)) made.anonymous = { name: 'anonymous', rights: ['list', 'read'] };
  return made;
}
