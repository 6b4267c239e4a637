import * as path from 'node:path';
import { isTwinportError } from '../errors';
import type { connect as Connect, LoginOptions, SecretOptions } from '../index';
import { isLoopback } from '../wire/addresses';
import { decodeName } from '../wire/names';
import { EXIT } from './exit';
import { ExitError } from './failure';
import type { LoginAsked } from './loginFlags';
import { loginWithoutPassword, netrcEntryFor } from './netrc';
import { sentence } from './render';
import { askSecret, type SecretTerminal } from './secret';
import type { ControllingTerminal } from './terminal';

/** Where a login is looked for. */
export interface LoginMeans {
  /** As it was typed, without brackets. */
  readonly host: string;
  readonly home: string;
  /** Somebody else is connected to, who leads there. */
  readonly relayed?: boolean;
  readonly terminal: () => (SecretTerminal & Pick<ControllingTerminal, 'close'>) | undefined;
}

/** `connect`, which logs in: the login is found out before the first connection, once, and kept for those that follow. */
export function loggingIn(connect: typeof Connect, asked: LoginAsked, means: LoginMeans): typeof Connect {
  let known: LoginOptions | undefined;
  return async (to) => {
    if (typeof to === 'string') return connect(to);
    // The way to a relay may stay on this machine; the way on from there does not.
    if (means.relayed === true && to.tls === undefined && !asked.clearPasswords && !isHere(means.host)) {
      throw notLoggedIn(`a password is not sent in clear text through a relay to another machine: ${WAYS}`);
    }
    known ??= await loginOf(asked, means, to.signal);
    try {
      return await connect({ ...to, login: known, clearPasswords: asked.clearPasswords });
    } catch (error) {
      // Nobody was asked: it is we who do not send it.
      if (!isTwinportError(error, 'tls') || to.tls !== undefined) throw error;
      throw notLoggedIn(`${error.message}: ${WAYS}`);
    }
  };
}

const WAYS = 'use --tls, or insist with --clear-passwords';

/** By its name: where that leads is the relay's business. */
function isHere(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopback(host);
}

/** Rejects an ExitError, 67, where there is no password to be had. */
async function loginOf(asked: LoginAsked, means: LoginMeans, signal?: AbortSignal): Promise<LoginOptions> {
  const { user, passwordFile } = asked;
  if (user !== undefined && passwordFile !== undefined) {
    const text = await secretsOf(passwordFile, { line: true, signal });
    if (text === undefined) throw notLoggedIn(`${passwordFile} was not found`);
    const [password = ''] = text.split(/\r?\n/);
    if (password === '') throw notLoggedIn(`there is no password in ${passwordFile}`);
    return { name: user, password };
  }
  const file = asked.netrcFile ?? path.join(means.home, '.netrc');
  const named = asked.netrc === true || asked.netrcFile !== undefined;
  let unread: ExitError | undefined;
  const text = await secretsOf(file, { signal }).catch((error: unknown) => {
    // Nobody has asked for it: whoever can type the password need not mend it first.
    if (named || user === undefined || !(error instanceof ExitError)) throw error;
    unread = error;
    return undefined;
  });
  if (text === undefined && (asked.netrcFile !== undefined || user === undefined)) {
    throw notLoggedIn(`${file} was not found`);
  }
  const entry = netrcEntryFor(text ?? '', means.host, user);
  const name = user ?? entry?.login;
  if (name === undefined) {
    const half = loginWithoutPassword(text ?? '', means.host);
    throw notLoggedIn(
      half === undefined ? `${file} has no login for ${means.host}` : `${file} has no password for ${half}`,
    );
  }
  if (entry?.password !== undefined) return { name, password: entry.password };
  const terminal = means.terminal();
  if (terminal === undefined) {
    if (unread !== undefined) throw unread;
    throw notLoggedIn(`there is no password for ${name}: use --password-file, or .netrc`);
  }
  try {
    if (unread !== undefined) terminal.say(`ftclient: ${sentence(unread.message)}\n`);
    const prompt = `Password of ${sentence(name)} at ${sentence(means.host)}: `;
    const password = await askSecret(prompt, terminal, signal);
    if (password === undefined) throw notLoggedIn('no password was given');
    return { name, password };
  } finally {
    terminal.close();
  }
}

/** More is no file of passwords. */
const MOST = 1024 * 1024;

/** Undefined where there is no such file. Rejects an ExitError where others can read it: it is no secret then. */
async function secretsOf(file: string, options: SecretOptions): Promise<string | undefined> {
  const { readSecretFile } = require('../index') as typeof import('../index');
  try {
    const { bytes, othersRead, othersWrite } = await readSecretFile(file, MOST, options);
    if (othersRead || othersWrite)
      throw notLoggedIn(`${file} can be read by others than its owner: chmod 600 it first`);
    // Byte for byte: what is no UTF-8 would else be one password with everything else that is none.
    return decodeName(bytes);
  } catch (error) {
    if (isTwinportError(error, 'not-found')) return undefined;
    throw error;
  }
}

function notLoggedIn(why: string): ExitError {
  return new ExitError('denied', EXIT.login, why);
}
