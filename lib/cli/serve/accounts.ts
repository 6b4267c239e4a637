import type { Authenticator, ServerOptions } from '../../index';
import { isTwinportError, TwinportError } from '../../errors';
import type { Flag } from '../flags';
import { normalisePath, rootFault } from '../../wire/paths';
import { numberBetween, seconds, UsageError } from '../usage';
import { deniedTo } from './denied';
import { alsoNamed, refusal, traced, type Settings } from './settings';

/** What ftserver can be told of accounts. */
export const ACCOUNT_FLAGS: readonly Flag[] = [
  { name: 'users', value: 'FILE', text: 'serve those who log in: users and passwords, made by ftserver passwd' },
  { name: 'anonymous', text: 'serve those who do not log in too: list and read' },
  { name: 'anonymous-root', value: 'DIR', text: 'all that those see: a directory beneath the served one (all of it)' },
  {
    name: 'clear-passwords',
    text: 'take passwords in clear text from other machines too, where anybody can read them',
  },
  {
    name: 'no-clear-passwords',
    text: 'take none in clear text, from this machine neither: at the end of a tunnel, behind a proxy',
  },
  { name: 'login-tries', value: 'N', text: 'logins that may fail on one connection (3)' },
  { name: 'ban-after', value: 'N', text: 'turn an address away after so many failed logins in ten minutes (10)' },
  { name: 'ban-time', value: 'SECONDS', text: 'for so long (600)' },
];

/** Where the users are. They are read when they are needed, and again at a hangup. */
export interface AccountsFile {
  readonly file: string;
  readonly anonymous: boolean;
  /** All that those see who do not log in. */
  readonly anonymousRoot?: string;
}

export interface Accounts {
  readonly accounts?: AccountsFile;
  readonly rules: Pick<ServerOptions, 'clearPasswords' | 'loginTries' | 'banAfter' | 'banTime'>;
}

/** More failed logins than that are no limit. */
const MOST_TRIES = 1000;

/** What the settings say of accounts. Throws as `serverCommand`. */
export function accountsOf(settings: Settings): Accounts {
  const users = settings.get('users');
  const tries = (name: string, text: string): number => numberBetween(name, text, 1, MOST_TRIES);
  const loginTries = settings.read('login-tries', tries);
  const banAfter = settings.read('ban-after', tries);
  const banTime = settings.read('ban-time', (name, text) => seconds(name, text, 0.001));
  if (users === undefined) {
    // Somebody may think that it takes no more than that to keep others out.
    const given = ACCOUNT_FLAGS.map(({ name }) => settings.get(name));
    const alone = given.find((value) => value !== undefined && value.text !== 'false');
    if (alone !== undefined) throw refusal(`${alone.origin.name} means nothing without users`, alone);
    return { rules: {} };
  }
  return {
    accounts: { file: users.text, ...visitorsOf(settings) },
    rules: {
      ...clearPasswordsOf(settings),
      ...(loginTries === undefined ? {} : { loginTries }),
      ...(banAfter === undefined ? {} : { banAfter }),
      ...(banTime === undefined ? {} : { banTime }),
    },
  };
}

function visitorsOf(settings: Settings): Pick<AccountsFile, 'anonymous' | 'anonymousRoot'> {
  const anonymous = settings.has('anonymous');
  const given = settings.get('anonymous-root');
  if (given !== undefined && !anonymous) {
    throw refusal(`${given.origin.name} means nothing without anonymous`, given);
  }
  const root = settings.read('anonymous-root', (name, text) => {
    const fault = rootFault(text);
    if (fault !== undefined) throw new UsageError(`${name} ${fault}`);
    return normalisePath(text);
  });
  return { anonymous, ...(root === undefined ? {} : { anonymousRoot: root }) };
}

function clearPasswordsOf(settings: Settings): Pick<ServerOptions, 'clearPasswords'> {
  const [taken, never] = ['clear-passwords', 'no-clear-passwords'].map((name) => settings.get(name));
  const [all, none] = [taken, never].map((value) => value?.text === 'true');
  if (all && none && taken !== undefined && never !== undefined) {
    throw refusal(`${taken.origin.name} and ${alsoNamed(never)} exclude each other`, taken, never);
  }
  if (none) return { clearPasswords: 'never' };
  return all ? { clearPasswords: true } : {};
}

export interface ReadAccounts {
  readonly authenticator?: Authenticator;
  /** Another one where the file says something else. */
  readonly digest?: string;
  /** Of those who have a directory of their own, `wire/paths` form. */
  readonly roots?: readonly (readonly [name: string, root: string])[];
  /** Sentences that somebody should hear. */
  readonly warnings: readonly string[];
}

/** Reads the users, all of them or none. Rejects `invalid-argument` (file and line), told with where the file is named. */
export async function readAccounts(accounts: AccountsFile | undefined, settings: Settings): Promise<ReadAccounts> {
  if (accounts === undefined) return { warnings: [] };
  const { usersFile } = require('../../index') as typeof import('../../index');
  const warnings: string[] = [];
  const { file, ...visitors } = accounts;
  let digest = '';
  let roots: ReadAccounts['roots'] = [];
  try {
    const authenticator = await usersFile(file, {
      ...visitors,
      onNote: (note) => warnings.push(`${note}.`),
      onRead: (read, found) => ([digest, roots] = [read, found]),
    });
    return { authenticator, digest, roots, warnings };
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    // A line of that file says where it is itself.
    if (error.code === 'invalid-argument') throw error;
    const unreadable = new TwinportError('invalid-argument', `the users cannot be read: ${deniedTo(error)}`, {
      cause: error,
    });
    throw traced(unreadable, settings.get('users'));
  }
}
