import { sentenceOf } from '../errors';
import type { PortDialect, ServerOptions } from '../index';
import { isRight, RIGHTS, rightsOf, type Right } from '../wire/rights';
import { languages } from './dialects';
import { COMMON, type Flag } from './flags';
import { bookFiles, type BookFiles } from './serve/bookFiles';
import { portCommands, portDialects, type Inherited, type PortCommand } from './ports';
import { didYouMean } from './nearest';
import { OF_CLIENTS, TLS_MODES, tlsFiles, type TlsFiles } from './serve/certificates';
import { ACCOUNT_FLAGS, accountsOf, type AccountsFile } from './serve/accounts';
import type { Settings } from './serve/settings';
import { byteCount, numberBetween, seconds, UsageError } from './usage';

const READING: readonly Right[] = ['list', 'read'];
const LOG_FORMATS = ['text', 'json'] as const;

/** What ftserver can be told besides its port. */
export const SERVER_FLAGS: readonly Flag[] = [
  { name: 'config', value: 'FILE', text: 'read settings from FILE (YAML: these names without dashes, and port)' },
  { name: 'root', value: 'DIR', text: 'serve DIR instead of the current directory' },
  { name: 'writable', text: 'take puts, which may replace files; without it nothing can be changed (but see --allow)' },
  { name: 'read-only', text: 'take no puts in privateshare, framed and colon either, which do by themselves' },
  {
    name: 'allow',
    value: 'RIGHTS',
    kind: 'list',
    choices: RIGHTS,
    text: `what clients may do, of ${RIGHTS.join(', ')}, between commas; says it all, without --writable`,
  },
  {
    name: 'dialect',
    value: 'NAME',
    choices: portDialects,
    text: 'what PORT speaks: default (ft, and stepwise by its rule), auto, or ft, stepwise, privateshare, framed, colon, numbered',
  },
  {
    name: 'listen',
    value: 'NAME:PORT',
    kind: 'prefix',
    choices: () => portDialects().map((name) => `${name}:`),
    text: 'speak dialect NAME on PORT too; may be repeated',
  },
  { name: 'max-size', value: 'SIZE', text: 'bytes one upload may have, as 500M or 2G (numbered; 100M)' },
  { name: 'accio', text: 'greet the uploader and wait for two confirmations (numbered)' },
  { name: 'host', value: 'ADDR', text: 'listen on this address alone (every address)' },
  { name: 'max-sessions', value: 'N', text: 'sessions at once (480)' },
  { name: 'idle-timeout', value: 'SECONDS', text: 'close a session that asks for nothing (300)' },
  { name: 'limit-rate', value: 'RATE', text: 'bytes a second of all transfers together, each way, as 500K or 10M' },
  { name: 'limit-session-rate', value: 'RATE', text: 'the same of each session' },
  { name: 'quota', value: 'SIZE', text: 'bytes that may lie in the directory, as 500M or 2G' },
  { name: 'quota-files', value: 'N', text: 'files and directories that may lie in it' },
  { name: 'data-ports', value: 'LO-HI', text: 'ports for passive data connections (any)' },
  { name: 'no-active', text: 'never dial a client: for a server behind a proxy or tunnel' },
  { name: 'strict-put', text: 'refuse puts that nothing vouches for, as from netcat' },
  { name: 'fsync', text: 'answer a put only when its bytes and its name are on disk: it outlives a power loss' },
  { name: 'plain-replies', text: 'send error replies only, for homemade clients' },
  {
    name: 'tls',
    value: 'WHAT',
    choices: TLS_MODES,
    text: 'off; offer (where there is a certificate): who asks for TLS has it; require: nobody goes without',
  },
  { name: 'tls-cert', value: 'FILE', text: 'the certificate, in PEM, and those between it and its authority' },
  { name: 'tls-key', value: 'FILE', text: 'its private key' },
  { name: 'tls-client-ca', value: 'FILE', text: 'authorities of clients, which may then show a certificate' },
  {
    name: 'tls-verify-client',
    value: 'WHAT',
    choices: OF_CLIENTS,
    text: 'optional (with --tls-client-ca): who shows a wrong certificate is refused; require: and who shows none',
  },
  ...ACCOUNT_FLAGS,
  { name: 'grace', value: 'SECONDS', text: 'what transfers get to finish when stopped (10)' },
  {
    name: 'log-format',
    value: 'FORMAT',
    choices: LOG_FORMATS,
    text: 'print what happens as text, or as json, one object a line (text)',
  },
  { name: 'xferlog', value: 'FILE', text: 'append a line for each transfer to FILE, as wu-ftpd and vsftpd write them' },
  { name: 'audit', value: 'FILE', text: 'append who did what, and what came of it, to FILE, one JSON object a line' },
  { name: 'user', value: 'NAME[:GROUP]', kind: 'text', text: 'become this user once the ports are open' },
  ...COMMON,
];

/** More sessions than descriptors can be had for: Linux allows a process a million or so. */
const MOST_SESSIONS = 1_000_000;

/** More are not counted (`LIMITS.quotaEntries`). */
const MOST_FILES = 10_000_000;

export interface ServerCommand {
  /** At least one, in the order they were given, those of a supervisor last. */
  readonly ports: readonly PortCommand[];
  /** Milliseconds; absent, the library's own. */
  readonly grace?: number;
  readonly server: ServerOptions;
  /** Where certificate and key are, for `server.tls`. */
  readonly tls?: TlsFiles;
  /** Where the users are, for `server.authenticator`. */
  readonly accounts?: AccountsFile;
  /** Absent: text. */
  readonly logFormat?: LogFormat;
  readonly books?: BookFiles;
  readonly user?: UserName;
}

/** Languages whose ports take new files without being told to, as the originals do. */
const TAKE_PUTS: readonly PortDialect[] = ['framed', 'privateshare', 'colon', 'numbered'];
const RIGHT_FOR = { list: 'list', get: 'read', put: 'write' } as const;

/** What clients may do on a port of this language: what the server lets them, of what there are words for. */
export function rightsOn(dialect: PortDialect, { server }: Pick<ServerCommand, 'server'>): readonly Right[] {
  const puts = server.writable === true || TAKE_PUTS.includes(dialect);
  const rights = server.allow ?? (puts ? [...READING, 'write', 'overwrite'] : READING);
  const verbs = languages().find(({ name }) => name === dialect && name !== 'ft')?.verbs;
  // Besides ft none has a word for a delete, and none replaces a file.
  return verbs === undefined ? rights : rights.filter((right) => verbs.some((verb) => RIGHT_FOR[verb] === right));
}

export type LogFormat = (typeof LOG_FORMATS)[number];

/** Whom to become; a group that is not named is the user's own. */
export interface UserName {
  readonly name: string;
  readonly group?: string;
}

/**
 * What the settings mean. `sockets` are a supervisor's, or still `expected`. Throws a UsageError about the command
 * line, a SettingError about a file or the environment.
 */
export function serverCommand(settings: Settings, sockets: readonly Inherited[] = [], expected = false): ServerCommand {
  const grace = settings.read('grace', (name, text) => seconds(name, text, 0));
  const root = settings.get('root')?.text;
  const maxSessions = settings.read('max-sessions', (name, text) => numberBetween(name, text, 1, MOST_SESSIONS));
  const idleTimeout = settings.read('idle-timeout', (name, text) => seconds(name, text, 0.001));
  const limits = limitsOf(settings);
  const dataPorts = settings.read('data-ports', portRange);
  // Said of every language, also of those that would take files unasked.
  const allow = settings.has('read-only') ? READING : settings.read('allow', rights);
  const format = settings.read('log-format', logFormat);
  const user = settings.read('user', userName);
  const books = bookFiles(settings);
  const { accounts, rules } = accountsOf(settings);
  const tls = tlsFiles(settings);
  const ports = portCommands(settings, sockets, expected);
  settings.read('data-ports', (name, text) => someFree(name, portRange(name, text), ports));
  return {
    ports,
    ...(grace === undefined ? {} : { grace }),
    server: {
      ...(root === undefined ? {} : { root }),
      writable: settings.has('writable'),
      ...(allow === undefined ? {} : { allow }),
      ...(maxSessions === undefined ? {} : { maxSessions }),
      ...(idleTimeout === undefined ? {} : { idleTimeout }),
      ...(dataPorts === undefined ? {} : { dataPorts }),
      ...limits,
      active: !settings.has('no-active'),
      strictPut: settings.has('strict-put'),
      ...(settings.has('fsync') ? { fsync: true } : {}),
      plainReplies: settings.has('plain-replies'),
      ...rules,
    },
    ...(accounts === undefined ? {} : { accounts }),
    ...(tls === undefined ? {} : { tls }),
    ...(format === undefined ? {} : { logFormat: format }),
    ...(books === undefined ? {} : { books }),
    ...(user === undefined ? {} : { user }),
  };
}

/** Rates and quotas, of everybody together. */
function limitsOf(settings: Settings): ServerOptions {
  const rate = (name: string, text: string): number => byteCount(name, text.replace(/\/s$/, ''), 1);
  const limitRate = settings.read('limit-rate', rate);
  const limitSessionRate = settings.read('limit-session-rate', rate);
  const quotaBytes = settings.read('quota', (name, text) => byteCount(name, text, 1));
  const quotaFiles = settings.read('quota-files', (name, text) => numberBetween(name, text, 1, MOST_FILES));
  return {
    ...(limitRate === undefined ? {} : { limitRate }),
    ...(limitSessionRate === undefined ? {} : { limitSessionRate }),
    ...(quotaBytes === undefined ? {} : { quotaBytes }),
    ...(quotaFiles === undefined ? {} : { quotaFiles }),
  };
}

function portRange(name: string, text: string): readonly [low: number, high: number] {
  const [, from = '', to = ''] = /^([0-9]+)-([0-9]+)$/.exec(text) ?? [];
  if (from === '') throw new UsageError(`${name} takes two ports, like 8000-8099, not "${text}"`);
  // Said first: who has turned them round looks at both anyway.
  if (Number(from) > Number(to)) throw new UsageError(`${name} begins with the lower port: ${to}-${from}`);
  return [numberBetween(name, from, 1024, 65535), numberBetween(name, to, 1024, 65535)];
}

/** Two listeners cannot share a port: a passive transfer would never find one. */
function someFree(name: string, [low, high]: readonly [number, number], ports: readonly PortCommand[]): void {
  for (let port = low; port <= high; port++) if (!ports.some((own) => own.port === port)) return;
  const [range, own] = low === high ? [`${low}`, 'port'] : [`${low}-${high}`, 'ports'];
  throw new UsageError(`${name}: ${range} would be the server's own ${own}, and leaves none for data`);
}

function rights(name: string, text: string): readonly Right[] {
  const words = text.split(',').map((word) => word.trim());
  const wrong = words.find((word) => !isRight(word));
  if (wrong !== undefined) {
    throw new UsageError(`${name} takes ${RIGHTS.join(', ')}, not "${wrong}"${didYouMean(wrong, RIGHTS)}`);
  }
  try {
    return rightsOf(words);
  } catch (error) {
    throw new UsageError(`${name}: ${sentenceOf(error)}`);
  }
}

function logFormat(name: string, text: string): LogFormat {
  const found = LOG_FORMATS.find((format) => format === text);
  if (found === undefined) throw new UsageError(`${name} is text or json, not "${text}"`);
  return found;
}

function userName(option: string, text: string): UserName {
  const [, name, group] = /^([^:\s]+)(?::([^:\s]+))?$/.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`${option} takes NAME or NAME:GROUP, not "${text}"`);
  return group === undefined ? { name } : { name, group };
}
