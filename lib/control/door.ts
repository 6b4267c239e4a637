import type { Account, Attempt, Authenticator } from '../auth/auth';
import { pause, throwIfAborted, unlessAborted } from '../data/scope';
import { Turnstile } from '../data/turnstile';
import { isTwinportError, sentenceOf } from '../errors';
import { logFor } from '../log';
import type { Clock } from '../net/network';
import { LIMITS } from '../options';
import { networkOf } from '../wire/addresses';
import type { LoginEvent } from './events';
import { Suspects, type BanRules } from './suspects';

const log = logFor('control');

/** How logins are taken. */
export interface DoorRules extends BanRules {
  /** Undefined: there are no accounts, and everybody sees all of the port. */
  readonly authenticator: Authenticator | undefined;
  /** Logins that may fail on one connection. */
  readonly tries: number;
  /** Take passwords in clear from other machines too. */
  readonly clearPasswords: boolean;
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

  constructor(
    private readonly clock: Clock,
    readonly rules: () => DoorRules,
    readonly tell: (event: LoginEvent) => void,
    private readonly note: (sentence: string) => void,
  ) {
    this.suspects = new Suspects(clock, rules);
  }

  /** Why nobody from there is listened to now. */
  turnsAway(address: string): string | undefined {
    const { authenticator } = this.rules();
    return authenticator !== undefined && this.suspects.isBanned(address) ? TOO_MANY : undefined;
  }

  /** Whom those are taken for who have not logged in, or cannot; undefined where there are no accounts. */
  get visitor(): Account | undefined {
    const { authenticator } = this.rules();
    return authenticator === undefined ? undefined : (authenticator.anonymous ?? NOBODY);
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
    const { authenticator } = this.rules();
    if (authenticator === undefined) return 'refused';
    try {
      const account = await authenticator.authenticate(attempt, signal);
      if (account !== undefined) return { account, by: authenticator };
    } catch (error) {
      throwIfAborted(signal);
      if (isTwinportError(error) && error.reply === 421) return 'busy';
      // Not the fault of who tries. Whatever a plug-in says, the password is not told.
      const sentence = sentenceOf(error);
      const why = password === '' ? sentence : sentence.replaceAll(password, '…');
      log.trace('a login could not be decided: %s', why);
      this.note(`A login could not be decided: ${why}`);
      return 'refused';
    }
    this.suspects.failed(address);
    return 'refused';
  }
}

export const TOO_MANY = 'Too many failed logins';
