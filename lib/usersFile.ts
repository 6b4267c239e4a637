import { createHash } from 'node:crypto';
import type { Account, Authenticator } from './auth/auth';
import { formatSecret, makeSecret } from './auth/passwords';
import { nameFault, parseUsers, withoutUser, withUser } from './auth/userLines';
import { Users } from './auth/users';
import { isTwinportError, TwinportError } from './errors';
import { systemClock } from './net/clock';
import { changePrivateFile, readPrivateFile, type PrivateFile } from './storage/privateFile';
import { encodeName, escaped } from './wire/names';
import { normalisePath, rootFault } from './wire/paths';

export interface UsersFileOptions {
  /** Serve those who have not logged in too: list and read. Default false. */
  readonly anonymous?: boolean;
  /** A directory of the storage that is all these see. Default: all there is, the directories of users too. */
  readonly anonymousRoot?: string;
  /** One sentence about what is allowed and unwise: that everybody may read the file, or visitors what is a user's. */
  readonly onNote?: (sentence: string) => void;
  /** A digest of what was read: of another one, other users were read. And who has a directory of his own. */
  readonly onRead?: (digest: string, roots: readonly (readonly [name: string, root: string])[]) => void;
}

/** A user of a users file, without his secret. */
export interface UserEntry {
  readonly name: string;
  readonly disabled: boolean;
}

export interface UsersFileEditor {
  readonly setUser: typeof setUser;
  readonly deleteUser: typeof deleteUser;
  readonly listUsers: typeof listUsers;
}

/** Ten thousand users and more; what is larger is no users file. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The users of a file as `ServerOptions.authenticator`, as they are now: for a change, make another one and `reload`.
 * Rejects `invalid-argument` (file and line), `denied` where others than its owner may write it, `not-found` and others
 * where it cannot be read.
 */
export async function usersFile(path: string, options: UsersFileOptions = {}): Promise<Authenticator> {
  const text = await textOf(path, options.onNote);
  const lines = parseUsers(text, path);
  const roots = lines.flatMap(({ account: { name, root = '' } }) => (root === '' ? [] : [[name, root] as const]));
  options.onRead?.(createHash('sha256').update(text).digest('hex'), roots);
  const { anonymous = false, anonymousRoot } = options;
  const fault = anonymousRoot === undefined ? undefined : rootFault(anonymousRoot);
  if (fault !== undefined) throw new TwinportError('invalid-argument', `anonymousRoot ${fault}`);
  const root = normalisePath(anonymousRoot ?? '');
  const seen = anonymous ? lines.find(({ account }) => isBeneath(account.root ?? '', root)) : undefined;
  if (seen !== undefined) options.onNote?.(visitorsRead(seen.account));
  return new Users(lines, { anonymous, ...(root !== '' && { anonymousRoot: root }) });
}

function isBeneath(directory: string, root: string): boolean {
  return root === '' ? directory !== '' : directory.startsWith(`${root}/`);
}

/** Nobody who gives a user a directory of his own expects that. */
function visitorsRead({ name, root = '' }: Account): string {
  const of = `"${escaped(name)}" ("${escaped(root)}")`;
  return `whoever does not log in can read the directories of users, as that of ${of}: anonymous-root keeps visitors to another one`;
}

/**
 * Makes an entry, or gives the one that is there another password. True when it was there. A file that is not there is made.
 * Of changes at once none is lost. Rejects `in-use` where another process is at one for longer than anybody needs.
 */
export async function setUser(path: string, name: string, password: string): Promise<boolean> {
  const fault = nameFault(name) ?? passwordFault(password);
  if (fault !== undefined) throw new TwinportError('invalid-argument', fault);
  // What is wrong with the file is told first, and the costly part keeps nobody waiting.
  await listUsers(path).catch((error: unknown) => {
    if (!isTwinportError(error, 'not-found')) throw error;
  });
  const hash = formatSecret(await makeSecret(password));
  let known = false;
  await changing(path, (text = '') => {
    known = parseUsers(text, path).some(({ account }) => account.name === name);
    return withUser(text, path, name, hash);
  });
  return known;
}

/** False when there is no such entry. Of changes at once none is lost. */
export async function deleteUser(path: string, name: string): Promise<boolean> {
  let known = false;
  await changing(path, (text) => {
    if (text === undefined) throw new TwinportError('not-found', `${path} was not found`);
    const left = withoutUser(text, path, name);
    known = left !== undefined;
    return left;
  });
  return known;
}

export async function listUsers(path: string): Promise<readonly UserEntry[]> {
  return parseUsers(await textOf(path), path).map(({ account: { name }, disabled }) => ({ name, disabled }));
}

/** Milliseconds to wait for who changes it: that is a few. Whoever takes longer has been stopped in the middle. */
const PATIENCE = 10_000;

async function changing(path: string, change: (text: string | undefined) => string | undefined): Promise<void> {
  const clock = systemClock();
  const began = clock.now();
  const waiting = {
    pause: (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve)),
    over: (): boolean => clock.now() - began > PATIENCE,
  };
  await changePrivateFile(path, MOST_BYTES, waiting, (old) => {
    const text = change(old && textIn(old, path));
    return text === undefined ? undefined : Buffer.from(text);
  });
}

async function textOf(path: string, note: (sentence: string) => void = () => undefined): Promise<string> {
  const file = await readPrivateFile(path, MOST_BYTES);
  const text = textIn(file, path);
  if (file.everybodyReads) {
    note(`${path} can be read by everybody, who may then try passwords at leisure: chmod 600 it`);
  }
  return text;
}

function textIn({ bytes, othersWrite }: PrivateFile, path: string): string {
  // Whoever may write it is whoever he likes on this server.
  if (othersWrite) {
    throw new TwinportError('denied', `${path} can be written by others than its owner: chmod go-w it first`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new TwinportError('invalid-argument', `${path}:1: this is not text in UTF-8`);
  }
}

/** Twice that in hexadecimal still fits into the line of a request, beside the longest name. */
const LONGEST_PASSWORD = 1024;

/** Why this would never let anybody in: the wire has no word for it. Undefined where it may. */
function passwordFault(password: string): string | undefined {
  if (password === '') return 'an empty password is none';
  if (/[\0\n]/.test(password)) return 'a password cannot hold NUL or a newline';
  if (encodeName(password).length > LONGEST_PASSWORD) return `a password has at most ${LONGEST_PASSWORD} bytes`;
  return undefined;
}
