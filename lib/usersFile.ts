import type { Authenticator } from './auth/auth';
import { formatSecret, makeSecret } from './auth/passwords';
import { nameFault, parseUsers, withoutUser, withUser } from './auth/userLines';
import { Users } from './auth/users';
import { isTwinportError, TwinportError } from './errors';
import { readPrivateFile, writePrivateFile } from './storage/privateFile';

export interface UsersFileOptions {
  /** Serve those who have not logged in too: list and read, of all there is. Default false. */
  readonly anonymous?: boolean;
  /** One sentence about what is allowed and unwise: that everybody may read the file. */
  readonly onNote?: (sentence: string) => void;
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
  return new Users(parseUsers(text, path), { anonymous: options.anonymous === true });
}

/** Makes an entry, or gives the one that is there another password. True when it was there. A file that is not there is made. */
export async function setUser(path: string, name: string, password: string): Promise<boolean> {
  const fault = nameFault(name);
  if (fault !== undefined) throw new TwinportError('invalid-argument', fault);
  if (password === '') throw new TwinportError('invalid-argument', 'an empty password is none');
  // It would never fit: the wire has no word for it.
  if (/[\0\n]/.test(password)) throw new TwinportError('invalid-argument', 'a password cannot hold NUL or a newline');
  const text = await textOf(path).catch((error: unknown) => {
    if (isTwinportError(error, 'not-found')) return '';
    throw error;
  });
  const known = parseUsers(text, path).some(({ account }) => account.name === name);
  const hash = formatSecret(await makeSecret(password));
  await writePrivateFile(path, Buffer.from(withUser(text, path, name, hash)));
  return known;
}

/** False when there is no such entry. */
export async function deleteUser(path: string, name: string): Promise<boolean> {
  const text = withoutUser(await textOf(path), path, name);
  if (text === undefined) return false;
  await writePrivateFile(path, Buffer.from(text));
  return true;
}

export async function listUsers(path: string): Promise<readonly UserEntry[]> {
  return parseUsers(await textOf(path), path).map(({ account: { name }, disabled }) => ({ name, disabled }));
}

async function textOf(path: string, note: (sentence: string) => void = () => undefined): Promise<string> {
  const { bytes, othersWrite, everybodyReads } = await readPrivateFile(path, MOST_BYTES);
  // Whoever may write it is whoever he likes on this server.
  if (othersWrite) {
    throw new TwinportError('denied', `${path} can be written by others than its owner: chmod go-w it first`);
  }
  if (everybodyReads) note(`${path} can be read by everybody, who may then try passwords at leisure: chmod 600 it`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new TwinportError('invalid-argument', `${path}:1: this is not text in UTF-8`);
  }
}
