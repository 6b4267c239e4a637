import { isTwinportError } from '../../errors';
import { LIMITS } from '../../options';
import type { Flag } from '../flags';
import { harmless } from './harmless';
import type { PortCommand } from '../ports';
import { rightsOn, type ServerCommand } from '../serverOptions';
import { readAccounts, type AccountsFile } from './accounts';
import { readTls } from './certificates';
import { bookNotes, rootNotes } from './checkNotes';
import { assertElsewhere, writableNotes } from './ownFiles';
import { settingsOf } from './configuration';
import { sourceOf, traced, type Settings } from './settings';

/** What a setting is that nobody gave. */
const DEFAULTS: Readonly<Record<string, string>> = {
  port: 'none',
  dialect: 'default',
  // What that comes to depends on the language, and is told of each port.
  allow: 'not set',
  'max-size': '100M',
  host: 'every address',
  'max-sessions': `${LIMITS.sessions}`,
  'idle-timeout': `${LIMITS.idle / 1000}`,
  'data-ports': 'any',
  tls: 'off, or offer where there is a certificate',
  'tls-verify-client': 'optional where there is tls-client-ca',
  grace: `${LIMITS.grace / 1000}`,
  'log-format': 'text',
  user: 'whoever starts it',
  'anonymous-root': 'all that is served, where visitors are',
  'login-tries': `${LIMITS.loginTries}`,
  'ban-after': `${LIMITS.loginFailures}`,
  'ban-time': `${LIMITS.loginBan / 1000}`,
};

/** In the other languages everybody is a visitor. */
const WITH_LOGINS: readonly string[] = ['ft', 'default', 'auto'];

/**
 * What a server with these settings would do, for `ftserver check`. Nothing is opened but the directory, to see that
 * there is one, and that as the user whom the server would become: the process stays that user. Rejects as the server would: `cannot-listen`, `not-found`, `not-a-directory`, `denied`.
 */
export async function checked(
  config: string | undefined,
  settings: Settings,
  command: ServerCommand,
  flags: readonly Flag[],
): Promise<string> {
  const { root = process.cwd() } = command.server;
  const host = settings.get('host');
  if (host !== undefined) {
    const { assertHost } = require('./host') as typeof import('./host');
    try {
      assertHost(host.text);
    } catch (error) {
      throw traced(error, host);
    }
  }
  await assertElsewhere(command, settings, root);
  const { user } = command;
  // Anybody may check; only root can become somebody, and would be told so at the start.
  const becomes = user !== undefined && process.geteuid?.() === 0;
  const { become, identify } = require('./user') as typeof import('./user');
  const identity = becomes ? settings.read('user', () => identify(user)) : undefined;
  // By whoever starts it, as at the start: a key may be root's alone.
  const { warnings, roots = [] } = await readAccounts(command.accounts, settings);
  const { about, warnings: aboutTls } = await readTls(command.tls, settings);
  // Whether that user can read the directory is known to nobody else. Nothing here needs root from now on.
  if (identity !== undefined) become(identity);
  const there = await isThere(root, settings, command);
  // None of these keeps a server from starting, and each is to be seen before anything else.
  const amiss = [
    ...warnings,
    ...aboutTls,
    ...(there ? await rootNotes(root, roots) : []),
    ...(await bookNotes(command.books)),
    ...(await writableNotes(settings)),
  ];
  const rows = settingsOf(flags).flatMap(({ name, value }): (readonly string[])[] => {
    const given = settings.all(name);
    if (given.length > 0) return given.map(({ text, origin }) => [name, text, sourceOf(origin)]);
    const usual = name === 'root' ? root : (DEFAULTS[name] ?? (value === undefined ? 'false' : 'none'));
    return [[name, usual, overruled(name, settings) ?? 'default']];
  });
  const files = `"${root}" would be ${there ? '' : 'made, and '}served.`;
  const lines = [
    `${config ?? 'What is given'} is in order${amiss.length === 0 ? '.' : ', but:'}`,
    ...amiss.map((sentence) => `- ${sentence}`),
    ...command.ports.map((one) => spoken(one, command)),
    files,
    ...(command.accounts === undefined ? [] : [whoEnters(command.accounts)]),
    ...(about === undefined ? [] : [about]),
    ...(user === undefined || becomes
      ? []
      : [`Whether ${user.name} exists and can read it was not looked at: only root can.`]),
    '',
    ...table(rows),
  ];
  return lines.map((line) => `${harmless(line)}\n`).join('');
}

/** `writable` in the environment, and --read-only: whoever set the one shall see why it is off. */
function overruled(name: string, settings: Settings): string | undefined {
  const found = settings.overruled(name);
  if (found === undefined) return undefined;
  const { value, by } = found;
  return `default, for ${sourceOf(by.origin)} overrules ${sourceOf(value.origin)} (${value.text})`;
}

/** With the rights there: some languages take files where others on the next port do not. */
function spoken({ port, on: { dialect } }: PortCommand, command: ServerCommand): string {
  const rights = rightsOn(dialect, command);
  const { accounts } = command;
  const may =
    accounts?.anonymous === false && !WITH_LOGINS.includes(dialect)
      ? 'which has no word for a login: it would serve nobody'
      : rights.length === 0
        ? 'which allows nothing here'
        : `which allows: ${rights.join(', ')}`;
  return `${port === 0 ? 'Any free port' : `Port ${port}`} would speak ${dialect}, ${may}.`;
}

function whoEnters({ file, anonymous, anonymousRoot = '' }: AccountsFile): string {
  const where = anonymousRoot === '' ? '' : ` in "${anonymousRoot}", and see nothing else`;
  const others = anonymous ? `others may list and read${where}` : 'nobody else is served';
  return `Those in "${file}" may log in, ${others}.`;
}

/** False where it is not there, and a port of it makes it. */
async function isThere(root: string, settings: Settings, { ports }: ServerCommand): Promise<boolean> {
  const { localStorage } = require('../../index') as typeof import('../../index');
  try {
    await (await localStorage({ root })).close();
    return true;
  } catch (error) {
    if (isTwinportError(error, 'not-found') && ports.some(({ on }) => on.create === true)) return false;
    throw traced(error, settings.get('root'));
  }
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number): number => Math.max(...rows.map((cells) => cells[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  return rows.map(
    ([name = '', value = '', source = '']) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${source}`,
  );
}
