import type { Account, Attempt, Authenticator } from '../../lib/auth/auth';
import { Door, type DoorRules } from '../../lib/control/door';
import type { LoginEvent } from '../../lib/control/events';
import { Login } from '../../lib/control/login';
import type { Conn, SecureConn } from '../../lib/net/network';
import { fakeClock, type FakeClock } from './fakeClock';

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
    return Promise.resolve(this.known(attempt));
  }

  known({ name, password }: Attempt): Account | undefined {
    const isRight = Object.hasOwn(this.passwords, name) && this.passwords[name] === password;
    return isRight ? { name, ...this.accounts[name] } : undefined;
  }
}

/** A door, and whoever comes to it, without a server around them. */
export interface Stage {
  readonly clock: FakeClock;
  readonly people: People;
  readonly events: LoginEvent[];
  readonly notes: string[];
  readonly door: Door;
  login(from: string, secured?: Partial<SecureConn>): Login;
}

export function stage(rules: Partial<DoorRules> = {}): Stage {
  const clock = fakeClock();
  const people = new People();
  const events: LoginEvent[] = [];
  const notes: string[] = [];
  const all = { authenticator: people, tries: 3, banAfter: 10, banTime: 600_000, clearPasswords: false, ...rules };
  const door = new Door(
    clock,
    () => all,
    (event) => events.push(event),
    (sentence) => notes.push(sentence),
  );
  const login = (from: string, secured?: Partial<SecureConn>): Login => {
    const end = { address: from, port: 1 };
    return new Login(door, { id: 1, conn: { remote: end, local: end, secured } as unknown as Conn });
  };
  return { clock, people, events, notes, door, login };
}
