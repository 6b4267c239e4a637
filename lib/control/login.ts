import type { Account, Authenticator } from '../auth/auth';
import { TwinportError } from '../errors';
import type { Conn } from '../net/network';
import { isLoopback } from '../wire/addresses';
import type { Row } from './dialect';
import { NOBODY, TOO_MANY, type Door } from './door';
import { resting } from './resting';
import type { BareSession } from './session';

/** What to answer to a login, whatever the language. The session ends where `over` says why. */
export interface Answered {
  readonly outcome: 'in' | 'refused' | 'clear' | 'already' | 'pointless' | 'away';
  readonly over?: string;
}

/** Who one session's client is. */
export class Login {
  private entered: { readonly account: Account; readonly by: Authenticator } | undefined;
  /** Was logged in once, and is not any more: no visitor either, who might see other files under the same names. */
  private expelled = false;
  private failed = 0;
  /** The account as it was last told of. */
  private known: Account | undefined;
  /** The session ends with the reply to a login. */
  over = false;

  constructor(
    private readonly door: Door,
    private readonly session: BareSession,
    /** Hears of the account of a login, and of each change in it. */
    private readonly became: (account: Account) => void = () => undefined,
  ) {}

  /** Undefined where the server has no accounts. */
  get account(): Account | undefined {
    const visitor = this.door.visitor;
    if (visitor === undefined) return undefined;
    const mine = this.own();
    return mine ?? (this.expelled ? NOBODY : visitor);
  }

  /** Nothing but a login will do. */
  get unserved(): boolean {
    return this.account === NOBODY;
  }

  /** A row that wants a login, as it is run where there is none; `refused` hears of it in its turn. */
  guarded<C>(row: Row<C>, refused: (command: C) => void): Row<C> {
    if (row.login !== true || !this.unserved) return row;
    // It opens nothing and moves nothing; what else it is, in the order of requests, it stays.
    return {
      ...row,
      run: (command) => {
        refused(command);
        return Promise.reject(loginFirst());
      },
    };
  }

  /** One try. Rejects only when it is aborted. */
  async enter(name: string, password: string, signal: AbortSignal): Promise<Answered> {
    const { authenticator, tries, clearPasswords } = this.door.rules();
    if (authenticator === undefined) return { outcome: 'pointless' };
    if (this.own() !== undefined) return { outcome: 'already' };
    const { conn } = this.session;
    // Before it is looked at, so that it tells nothing: whoever listens on the way has read it, and it is spent.
    if (isOpen(conn, clearPasswords)) return this.refused(name, tries, 'clear', 'in clear, without TLS');
    const certificate = conn.secured?.peerName;
    const attempt = { name, password, address: conn.remote.address, ...(certificate !== undefined && { certificate }) };
    const tried = await resting(signal, () => this.door.enter(attempt, signal));
    if (tried === 'busy' || tried === 'banned') {
      this.over = true;
      return { outcome: 'away', over: tried === 'busy' ? 'Too many logins at once' : TOO_MANY };
    }
    if (tried === 'refused') return this.refused(name, tries, 'refused');
    this.entered = tried;
    this.expelled = false;
    this.known = tried.account;
    this.became(tried.account);
    this.tell(tried.account.name, true);
    return { outcome: 'in' };
  }

  private refused(name: string, tries: number, outcome: 'refused' | 'clear', why?: string): Answered {
    this.tell(name, false, why);
    this.failed += 1;
    if (this.failed < tries) return { outcome };
    this.over = true;
    return { outcome, over: TOO_MANY };
  }

  /** The account of who logged in, as it is now. */
  private own(): Account | undefined {
    if (this.entered === undefined) return undefined;
    const { account, by } = this.entered;
    const now = this.door.current(account, by);
    if (now === undefined) {
      this.entered = undefined;
      this.expelled = true;
    } else if (now !== this.known) {
      this.known = now;
      this.became(now);
    }
    return now;
  }

  private tell(name: string, ok: boolean, why?: string): void {
    const { id, conn } = this.session;
    const session = { id, remote: conn.remote, local: conn.local };
    this.door.tell({ session, name, ok, ...(why !== undefined && { why }) });
  }
}

/**
 * Can others read what is said there? What stays on this machine passes nobody, unless it comes out of a tunnel or a proxy
 * that ends here: then only the server's owner knows (`never`).
 */
function isOpen(conn: Conn, clearPasswords: boolean | 'never'): boolean {
  if (conn.secured !== undefined || clearPasswords === true) return false;
  return clearPasswords === 'never' || !isLoopback(conn.remote.address);
}

export function loginFirst(): TwinportError {
  return new TwinportError('denied', 'Log in first (-u).', { reply: 530 });
}
