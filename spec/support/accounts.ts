import type { Account, Attempt, Authenticator } from '../../lib/auth/auth';

/** Who may log in, by word of mouth: an authenticator without scrypt, which counts what it is asked. */
export class People implements Authenticator {
  readonly attempts: Attempt[] = [];
  anonymous: Account | undefined;
  current?: NonNullable<Authenticator['current']>;

  constructor(
    private readonly passwords: Readonly<Record<string, string>> = { alice: 'sesame' },
    private readonly accounts: Readonly<Record<string, Omit<Account, 'name'>>> = {},
  ) {}

  authenticate(attempt: Attempt): Promise<Account | undefined> {
    this.attempts.push(attempt);
    const { name, password } = attempt;
    const known = Object.hasOwn(this.passwords, name) && this.passwords[name] === password;
    return Promise.resolve(known ? { name, ...this.accounts[name] } : undefined);
  }
}
