import type { Authenticator } from './auth/auth';
import type { DoorRules } from './control/door';
import type { ServeOptions } from './control/serve';
import type { PortSettings } from './control/slice';
import { takesPuts, type PortDialect } from './dialects/registry';
import { TwinportError } from './errors';
import type { Clock, Network } from './net/network';
import { LIMITS, wholeNumber } from './options';
import type { ServerTlsOptions } from './securing';
import { checkLimits, type LimitOptions } from './serverLimits';
import type { Storage } from './storage/storage';
import { rightsOf, type Right } from './wire/rights';

/** Times are milliseconds. Everything is optional: the default serves the current directory, read-only. */
export interface ServerOptions extends LimitOptions {
  /** Directory to serve. Default: the current directory. */
  readonly root?: string;
  /** Serve this storage instead of a directory. */
  readonly storage?: Storage;
  /** Accept puts, and let them replace files where the client asks for that. Default false. */
  readonly writable?: boolean;
  /**
   * What clients may do, whatever they speak. Default: `list` and `read`, and where it is writable `write` and
   * `overwrite`. Given, it says it all, and `writable` nothing.
   */
  readonly allow?: readonly Right[];
  /** Sessions at once, in all (default 480) and of one address (default: half of all). */
  readonly maxSessions?: number;
  readonly maxSessionsPerAddress?: number;
  /** A session without requests is closed after this long. Default 300 000. */
  readonly idleTimeout?: number;
  /** A transfer that does not move for this long is aborted. Default 60 000. */
  readonly stallTimeout?: number;
  /** Ports for passive data connections, inclusive. Default: any free one. */
  readonly dataPorts?: readonly [low: number, high: number];
  /** TLS, for which a port of its own is not needed. Default: there is none. */
  readonly tls?: ServerTlsOptions;
  /** Answer active requests. Servers behind a proxy or tunnel must not: they would dial their own host. Default true. */
  readonly active?: boolean;
  /** Refuse puts that are not confirmed by count and digest. Default false. */
  readonly strictPut?: boolean;
  /**
   * Answer a put only once its bytes, and then its name, are on disk: what was confirmed outlives a power loss. Costs a
   * trip to the disk each time. Default false. A `storage` of one's own keeps its own rule.
   */
  readonly fsync?: boolean;
  /** Send error replies only, for homemade clients that take any text on P as an error. Default false. */
  readonly plainReplies?: boolean;
  /** Who may log in, and what that means (`usersFile`, or one's own). Default: there are no accounts, and everybody is served. */
  readonly authenticator?: Authenticator;
  /**
   * Take passwords in clear text from other machines too; `never`: not even from this one, for servers at the end of a tunnel
   * or behind a proxy, where everybody seems to be here. Default false: from this machine alone.
   */
  readonly clearPasswords?: boolean | 'never';
  /** Logins that may fail on one connection. Default 3. */
  readonly loginTries?: number;
  /** Logins of one address that may fail within ten minutes (default 10), and how long it is turned away then (600 000). */
  readonly banAfter?: number;
  readonly banTime?: number;
  readonly network?: Network;
  readonly clock?: Clock;
}

/** How one port is to be served. */
export interface PortOptions extends PortSettings {
  /** The address to listen on. Default: every one. */
  readonly host?: string;
  /** What is spoken there. Default `default`: the native language, and stepwise by its rule. */
  readonly dialect?: PortDialect;
  /**
   * Take new files there; false is always obeyed. Default: `ServerOptions.writable`; or true where the port's dialect
   * is one that was made for uploads (privateshare, framed, colon, numbered), none of which ever replaces a file.
   */
  readonly writable?: boolean;
  /** Make the served directory, should it not exist. Default false. */
  readonly create?: boolean;
}

/** What can be changed while the server runs. Who it serves, and where, cannot. */
export type ReloadOptions = Omit<ServerOptions, 'root' | 'storage' | 'network' | 'clock'>;

/** The numbers in the options. Throws `invalid-argument`, also on what is none of these and makes no sense. */
export function boundsOf(options: ServerOptions): Pick<ServeOptions, 'times' | 'limits'> {
  const sessions = wholeNumber('maxSessions', options.maxSessions ?? LIMITS.sessions, 1, MOST_SESSIONS);
  const perAddress = options.maxSessionsPerAddress ?? Math.max(1, Math.ceil(sessions / 2));
  const idle = wholeNumber('idleTimeout', options.idleTimeout ?? LIMITS.idle, 1, LONGEST);
  const stall = wholeNumber('stallTimeout', options.stallTimeout ?? LIMITS.stall, 1, LONGEST);
  if (options.dataPorts !== undefined) {
    const [low, high] = options.dataPorts;
    wholeNumber('the last of dataPorts', high, wholeNumber('the first of dataPorts', low, 1024, 65535), 65535);
  }
  if (options.allow !== undefined) rightsOf(options.allow);
  doorRules(options);
  checkLimits(options);
  return {
    times: { idle, firstRequest: LIMITS.firstRequest, stall },
    limits: { sessions, perAddress: wholeNumber('maxSessionsPerAddress', perAddress, 1, MOST_SESSIONS) },
  };
}

export function doorRules(options: ServerOptions): DoorRules {
  return {
    authenticator: options.authenticator,
    clearPasswords: clearPasswordsOf(options),
    tries: wholeNumber('loginTries', options.loginTries ?? LIMITS.loginTries, 1, MOST_TRIES),
    banAfter: wholeNumber('banAfter', options.banAfter ?? LIMITS.loginFailures, 1, MOST_TRIES),
    banTime: wholeNumber('banTime', options.banTime ?? LIMITS.loginBan, 1, LONGEST),
  };
}

function clearPasswordsOf({ clearPasswords = false }: ServerOptions): boolean | 'never' {
  if (typeof clearPasswords === 'boolean' || clearPasswords === 'never') return clearPasswords;
  throw new TwinportError(
    'invalid-argument',
    `clearPasswords is true, false or "never", not ${String(clearPasswords)}`,
  );
}

/**
 * What may be done on one port: `writable` is what was said of it. A port that is not writable never is, whatever is
 * allowed elsewhere.
 */
export function portRights(
  { allow, writable: everywhere = false }: ServerOptions,
  dialect: PortDialect,
  writable: boolean | undefined,
): readonly Right[] {
  const puts = writable ?? (takesPuts(dialect) || everywhere);
  const rights = allow === undefined ? (puts ? WRITABLE : READING) : rightsOf(allow);
  return writable === false ? rights.filter(reads) : rights;
}

/** It changes nothing. */
export function reads(right: Right): boolean {
  return READING.includes(right);
}

const READING: readonly Right[] = ['list', 'read'];
const WRITABLE: readonly Right[] = [...READING, 'write', 'overwrite'];
/** A session costs descriptors; more than this is a mistyped number. */
const MOST_SESSIONS = 1_000_000;
/** More failed logins than that are no limit. */
const MOST_TRIES = 1000;
/** A day: the longest a timer here can sensibly run (`setTimeout` itself breaks at 24.8 days). */
const LONGEST = 24 * 60 * 60 * 1000;
