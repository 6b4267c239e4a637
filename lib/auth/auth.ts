import type { Right } from '../wire/rights';

/** Who may come in, as the engine sees it: a plug-in decides, the engine obeys, counts failures and waits. */

/** What those are called, in the logs, who have not logged in: of ftserver's users none has this name. */
export const VISITOR = 'anonymous';

/** Who somebody is once he has logged in, and what that means here. What is absent is as the server has it for everybody. */
export interface Account {
  /** As it is told to the server's owner. Never a password. */
  readonly name: string;
  /** What this one may do, never more than the port allows. */
  readonly rights?: readonly Right[];
  /** A directory of the storage (`wire/paths` form) that is all this one sees; '' or absent: all of it. */
  readonly root?: string;
  readonly limits?: AccountLimits;
}

export interface AccountLimits {
  /** Bytes a second, of all this one's sessions together, in each direction. */
  readonly rate?: number;
  /** Bytes and files beneath `root` that puts may not go beyond. */
  readonly quotaBytes?: number;
  readonly quotaFiles?: number;
}

/** One try to log in. */
export interface Attempt {
  readonly name: string;
  readonly password: string;
  /** Of the control connection's peer. */
  readonly address: string;
  /** The common name of a client certificate that was verified, under TLS. */
  readonly certificate?: string;
}

/**
 * Decides who may log in. It is asked once for each try; how often, how fast and over which connections one may try is
 * the engine's business, and so are the words: who is refused never learns whether the name exists.
 */
export interface Authenticator {
  /**
   * Resolves with the account, or undefined where name and password do not belong together. Must take the same time
   * for a name that exists and one that does not. A rejection refuses, and is told to the server's owner.
   */
  authenticate(attempt: Attempt, signal: AbortSignal): Promise<Account | undefined>;
  /**
   * What the account of somebody who logged in before is now; undefined: he has to log in again. Asked at each of his
   * requests, so it must be cheap. Absent: it stays as it was, as long as this authenticator does.
   */
  current?(account: Account): Account | undefined;
  /** Whoever has not logged in; undefined: nobody is served before a login. */
  readonly anonymous?: Account | undefined;
}
