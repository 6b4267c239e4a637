import { accountIn } from './answers';
import type { Account, Attempt, Authenticator } from '../auth/auth';
import { pause, Scope, throwIfAborted, unlessAborted, unlessLater } from '../data/scope';
import { Turnstile } from '../data/turnstile';
import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import { logFor } from '../log';
import type { Clock } from '../net/network';
import { LIMITS } from '../options';
import { networkOf } from '../wire/addresses';
import type { LoginEvent, NoteAbout } from './events';
import { Suspects, type BanRules } from './suspects';

const log = logFor('control');

/** How logins are taken. */
export interface DoorRules extends BanRules {
  /** Undefined: there are no accounts, and everybody sees all of the port. */
  readonly authenticator: Authenticator | undefined;
  /** Logins that may fail on one connection. */
  readonly tries: number;
  /** Take passwords in clear from other machines too, or never; false: from this very machine. */
  readonly clearPasswords: boolean | 'never';
}

/** What became of a try. `banned` and `busy` were not tried at all. */
export type Tried = { readonly account: Account; readonly by: Authenticator } | 'refused' | 'banned' | 'busy';

/** Nobody in particular, where nobody is served before a login. */
export const NOBODY: Account = { name: '', rights: [] };

/** Where a server's logins go through, whatever the language they are made in: one after another of each address. */
export class Door {
  private readonly suspects: Suspects;
  private readonly turns = new Turnstile();
  /** Logins at work or waiting, of each address. */
  private readonly waiting = new Map<string, number>();
  private trouble = { told: '', again: 0 };

  constructor(
    private readonly clock: Clock,
    readonly rules: () => DoorRules,
    readonly tell: (event: LoginEvent) => void,
    private readonly note: (sentence: string, about?: NoteAbout) => void,
  ) {
    this.suspects = new Suspects(clock, rules);
  }

  /** Why nobody from there is listened to now. */
  turnsAway(address: string): string | undefined {
    const { authenticator } = this.rules();
    if (authenticator === undefined || !this.suspects.isBanned(address)) return undefined;
    if (this.suspects.comesBack(address)) {
      this.refusing(
        address,
        `${address} came back and was turned away, as whatever comes from there until the ban is over.`,
      );
    }
    return TOO_MANY;
  }

  /** Whom those are taken for who have not logged in, or cannot; undefined where there are no accounts. */
  get visitor(): Account | undefined {
    const { authenticator } = this.rules();
    return authenticator && (this.heard('the visitor', () => accountIn(authenticator.anonymous)) ?? NOBODY);
  }

  /** What the account of somebody who logged in is now; undefined: he has to log in again. */
  current(account: Account, by: Authenticator): Account | undefined {
    const { authenticator } = this.rules();
    if (authenticator?.current === undefined) return authenticator === by ? account : undefined;
    return this.heard('an account', () => accountIn(authenticator.current?.(account)));
  }

  /** Rejects only with the signal's reason. Waits as long as the failures of that address before make it wait. */
  async enter(attempt: Attempt, signal: AbortSignal): Promise<Tried> {
    const key = networkOf(attempt.address);
    const waiting = this.waiting.get(key) ?? 0;
    // Each waits for those before it: beyond this many nobody would be served in time, and what waits is memory.
    if (waiting >= LIMITS.loginsWaiting) return 'busy';
    this.waiting.set(key, waiting + 1);
    const mine = this.turns
      .pass(key, () => this.decide(attempt, signal))
      .finally(() => {
        const left = (this.waiting.get(key) ?? 1) - 1;
        if (left === 0) this.waiting.delete(key);
        else this.waiting.set(key, left);
      });
    // Who leaves in the middle of it is counted all the same.
    mine.catch(() => undefined);
    return unlessAborted(mine, signal);
  }

  private async decide(attempt: Attempt, signal: AbortSignal): Promise<Tried> {
    throwIfAborted(signal);
    const { address, password } = attempt;
    // Before anything is worked on: a ban is worth nothing where it still costs a scrypt.
    if (this.suspects.isBanned(address)) return 'banned';
    const wait = this.suspects.waitOf(address);
    if (wait > 0) await pause(this.clock, wait, signal);
    throwIfAborted(signal);
    const { authenticator } = this.rules();
    if (authenticator === undefined) return 'refused';
    try {
      const account = await this.answer(authenticator, attempt, signal);
      if (account !== undefined) return { account, by: authenticator };
    } catch (error) {
      throwIfAborted(signal);
      if (isTwinportError(error) && error.reply === 421) return 'busy';
      // Not the fault of who tries.
      this.tellTrouble('a login', password, error);
      return 'refused';
    }
    if (this.suspects.failed(address)) {
      const seconds = this.rules().banTime / 1000;
      this.refusing(address, `Too many logins from ${address} failed: it is turned away for ${seconds} s.`);
    }
    return 'refused';
  }

  private refusing(address: string, sentence: string): void {
    this.note(sentence, { outcome: 'refused', address });
  }

  /**
   * Who leaves is waited for all the same, as long as anybody: his guess would else not count. But not for ever, or the
   * address would have no turn any more once a plug-in never answers.
   */
  private async answer(by: Authenticator, attempt: Attempt, signal: AbortSignal): Promise<Account | undefined> {
    const scope = new Scope(signal);
    const late = (): TwinportError => {
      const error = new TwinportError('timeout', `there was no answer in ${LIMITS.loginAnswer / 1000} s`);
      scope.abort(error);
      return error;
    };
    try {
      // A plug-in need not be an async function.
      const answer = Promise.resolve(by.authenticate(attempt, scope.signal));
      return accountIn(await unlessLater(answer, this.clock, LIMITS.loginAnswer, late));
    } finally {
      scope.close();
    }
  }

  /** What a plug-in says at once; what it throws lets nobody in. */
  private heard(what: string, ask: () => Account | undefined): Account | undefined {
    try {
      return ask();
    } catch (error) {
      this.tellTrouble(what, '', error);
      return undefined;
    }
  }

  /** Whatever a plug-in says, the password is not told; nor the same again and again, at each request. */
  private tellTrouble(what: string, password: string, error: unknown): void {
    const sentence = sentenceOf(error);
    const why = password === '' ? sentence : sentence.replaceAll(password, '…');
    const trouble = `${capital(what)} could not be decided: ${why}`;
    log.trace('%s', trouble);
    const now = this.clock.now();
    if (trouble === this.trouble.told && now < this.trouble.again) return;
    this.trouble = { told: trouble, again: now + TELL_AGAIN };
    this.note(trouble);
  }
}

/** Milliseconds before the owner hears the same again. */
const TELL_AGAIN = 60_000;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const TOO_MANY = 'Too many failed logins';
