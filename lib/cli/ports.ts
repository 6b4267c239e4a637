import { isTwinportError, TwinportError } from '../errors';
import type { PortDialect, PortOptions } from '../index';
import { languages } from './dialects';
import { alsoNamed, meant, refusal, SettingError, traced, type Settings, type Value } from './serve/settings';
import { byteCount, numberBetween, UsageError } from './usage';

/** What a port can be told to speak besides one language. */
const SEVERAL = ['default', 'auto'] as const;
/** Collects numbered uploads: named here for the options that are its own. */
const COLLECTOR: string = 'numbered';

/** Everything that a port can be told to speak. */
export function portDialects(): readonly PortDialect[] {
  return [...SEVERAL, ...languages().map(({ name }) => name)];
}

/** A socket that was open before us: a supervisor's. */
export interface Inherited {
  readonly port: number;
  /** What its name says that is spoken there. */
  readonly dialect?: PortDialect;
}

/** One port to listen on. */
export interface PortCommand {
  readonly port: number;
  readonly on: PortOptions & { readonly dialect: PortDialect };
  /** Open already: a supervisor's. */
  readonly inherited?: true;
}

interface Wanted {
  readonly dialect: PortDialect;
  readonly port: number;
  /** Who asked for it; undefined: the supervisor. */
  readonly by?: Value;
  readonly inherited?: true;
}

/**
 * The ports of a server: PORT in the language of --dialect, each --listen, and the sockets handed over. Throws a
 * UsageError or a SettingError. Without any port: an error too, unless sockets are still `expected`.
 */
export function portCommands(
  settings: Settings,
  sockets: readonly Inherited[] = [],
  expected = false,
): readonly PortCommand[] {
  const listens = settings.all('listen').map((value) => meant(value, (name, text) => listenAt(name, text, value)));
  const main = mainPort(settings, listens.length > 0, sockets.length > 0 || expected);
  const asked = main === undefined ? listens : [main, ...listens];
  for (const [at, { port: one, by }] of asked.entries()) {
    const twice = one !== 0 && asked.findIndex((other) => other.port === one) < at;
    if (twice) throw refusal(`port ${one} is given twice`, ...(by === undefined ? [] : [by]));
  }
  const wanted = [
    ...asked.filter(({ port }) => !sockets.some((socket) => socket.port === port)),
    ...sockets.map((socket) => handed(socket, asked, settings)),
  ];
  return commands(wanted, settings);
}

function commands(wanted: readonly Wanted[], settings: Settings): readonly PortCommand[] {
  const collects = wanted.some(({ dialect }) => dialect === COLLECTOR);
  for (const key of ['max-size', 'accio'] as const) {
    const value = settings.get(key);
    if (!collects && value !== undefined && value.text !== 'false') {
      throw refusal(`${value.origin.name} belongs to ${COLLECTOR}, which no port speaks here`, value);
    }
  }
  const [readOnly, writable, allow] = [settings.get('read-only'), settings.get('writable'), settings.get('allow')];
  for (const other of [writable, allow]) {
    if (readOnly?.text === 'true' && other !== undefined && other.text !== 'false') {
      throw refusal(`${readOnly.origin.name} and ${alsoNamed(other)} exclude each other`, readOnly, other);
    }
  }
  if (allow !== undefined && writable?.text === 'true') {
    throw refusal(`${allow.origin.name} says it all: ${alsoNamed(writable)} adds nothing to it`, allow, writable);
  }
  if (readOnly?.text === 'true' && collects) {
    throw refusal(`${readOnly.origin.name} leaves ${COLLECTOR} nothing to do: it only takes uploads`, readOnly);
  }
  const host = settings.get('host')?.text;
  const maxSize = settings.read('max-size', (name, text) => byteCount(name, text, 1));
  const shared = {
    ...(host === undefined ? {} : { host }),
    // One directory for all ports: whichever is opened first has to make it.
    ...(collects ? { create: true } : {}),
  };
  const collector = {
    ...(maxSize === undefined ? {} : { maxSize }),
    ...(settings.has('accio') ? { accio: true } : {}),
  };
  return wanted.map(({ dialect, port, inherited }) => ({
    port,
    on: { dialect, ...shared, ...(dialect === COLLECTOR ? collector : {}) },
    ...(inherited === undefined ? {} : { inherited }),
  }));
}

/** What a socket that was handed over speaks: what its name says, what is said of its port, or what PORT would. */
function handed({ port, dialect }: Inherited, asked: readonly Wanted[], settings: Settings): Wanted {
  const same = asked.find((one) => one.port === port);
  if (dialect !== undefined && same !== undefined && same.dialect !== dialect) {
    const by = same.by === undefined ? [] : [same.by];
    throw refusal(`port ${port} is to speak ${same.dialect}, but its socket is named ${dialect}`, ...by);
  }
  const spoken = dialect ?? same?.dialect ?? settings.read('dialect', dialectNamed) ?? 'default';
  return checked({ dialect: spoken, port, inherited: true });
}

/** PORT and --dialect; undefined where no port is given and the others, or sockets, say it all. */
function mainPort(settings: Settings, others: boolean, handed: boolean): Wanted | undefined {
  const dialect = settings.read('dialect', dialectNamed) ?? 'default';
  const by = settings.get('port');
  if (by !== undefined) {
    return meant(by, (name, text) => checked({ dialect, port: numberBetween(name, text, 0, 65535), by }));
  }
  // Then --dialect is about the sockets that are handed over.
  if (handed) return undefined;
  const named = settings.get('dialect');
  if (named === undefined) {
    if (others) return undefined;
    const which = 'which port? 3555, for instance; 0 for any free one';
    throw settings.file === undefined ? new UsageError(which) : new SettingError(`${settings.file}: ${which}`);
  }
  const language = languages().find(({ name }) => name === dialect);
  if (language?.usualPort === true) return { dialect, port: language.port, by: named };
  throw refusal(`which port shall ${dialect} be on? It has no usual one; 0 for any free one`, named);
}

/** `NAME:PORT`. */
function listenAt(option: string, text: string, by: Value): Wanted {
  const [, name = '', port = ''] = /^([^:]+):([0-9]+)$/.exec(text) ?? [];
  if (name === '') throw new UsageError(`${option} takes NAME:PORT, like framed:50001, not "${text}"`);
  return checked({
    dialect: dialectNamed(option, name),
    port: numberBetween(`the port of ${option}`, port, 0, 65535),
    by,
  });
}

function dialectNamed(option: string, name: string): PortDialect {
  const names = portDialects();
  const found = names.find((one) => one === name);
  if (found !== undefined) return found;
  throw new UsageError(`${option}: a dialect is one of ${names.join(', ')}, not "${name}"`);
}

function checked(wanted: Wanted): Wanted {
  if (wanted.dialect === COLLECTOR && wanted.port !== 0 && wanted.port < 1024) {
    throw new UsageError(`the port of ${COLLECTOR} must be above 1023, not ${wanted.port} (0: any free one)`);
  }
  return wanted;
}

/** Where the system has no such address, and the port is not to blame. */
const NO_ADDRESS = /^(EADDRNOTAVAIL|EAFNOSUPPORT|EINVAL|ENOTFOUND|EAI_.*)$/;

/** Why a port could not be opened, with where the port or the address was given. */
export function blamed(error: unknown, port: number, settings: Settings): unknown {
  if (!isTwinportError(error, 'cannot-listen')) return error;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const asked = [...settings.all('port'), ...settings.all('listen')];
  const by = asked.find(({ text }) => Number(text.slice(text.lastIndexOf(':') + 1)) === port);
  const value = NO_ADDRESS.test(code) ? settings.get('host') : (by ?? settings.get('dialect'));
  return traced(withAdvice(error, port), value);
}

/** Ports below 1024 are the system's: whoever is refused one is told what can be done. */
export function withAdvice(error: unknown, port: number): unknown {
  if (!isTwinportError(error, 'cannot-listen') || port === 0 || port >= 1024) return error;
  const { cause } = error;
  if (!(cause instanceof Error && 'code' in cause && (cause.code === 'EACCES' || cause.code === 'EPERM'))) return error;
  const ways = [
    'take a port above 1023',
    `let everybody have it (sysctl net.ipv4.ip_unprivileged_port_start=${port})`,
    'let node have it (setcap cap_net_bind_service=+ep "$(command -v node)")',
  ];
  return new TwinportError('cannot-listen', `${error.message}: ${ways.join(', or ')}`, { cause });
}
