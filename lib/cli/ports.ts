import { isTwinportError, TwinportError } from '../errors';
import type { PortDialect } from '../index';
import { languages } from './dialects';
import type { FlagValues } from './flags';
import type { PortCommand } from './serverOptions';
import { byteCount, numberBetween, UsageError } from './usage';

/** What a port can be told to speak besides one language. */
const SEVERAL = ['default', 'auto'] as const;
/** Collects numbered uploads: named here for the options that are its own. */
const COLLECTOR: string = 'numbered';

interface Wanted {
  readonly dialect: PortDialect;
  readonly port: number;
}

/** The ports of a server: PORT in the language of --dialect, and each --listen. Throws a UsageError. */
export function portCommands(words: readonly string[], flags: FlagValues): readonly PortCommand[] {
  const [port, extra] = words;
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many: ftserver takes a port`);
  const listens = flags.all('listen').map(listenAt);
  const main = mainPort(port, flags.value('dialect'), listens.length > 0);
  const wanted = main === undefined ? listens : [main, ...listens];
  for (const [at, { port: one }] of wanted.entries()) {
    const twice = one !== 0 && wanted.findIndex((other) => other.port === one) < at;
    if (twice) throw new UsageError(`port ${one} is given twice`);
  }
  const collects = wanted.some(({ dialect }) => dialect === COLLECTOR);
  for (const option of ['max-size', 'accio'] as const) {
    if (!collects && (flags.has(option) || flags.value(option) !== undefined)) {
      throw new UsageError(`--${option} belongs to ${COLLECTOR}, which no port speaks here`);
    }
  }
  const readOnly = flags.has('read-only');
  if (readOnly && flags.has('writable')) throw new UsageError('--read-only and --writable exclude each other');
  if (readOnly && collects)
    throw new UsageError(`--read-only leaves ${COLLECTOR} nothing to do: it only takes uploads`);
  const host = flags.value('host');
  const maxSize = flags.value('max-size');
  const shared = {
    ...(host === undefined ? {} : { host }),
    ...(readOnly ? { writable: false } : {}),
    // One directory for all ports: whichever is opened first has to make it.
    ...(collects ? { create: true } : {}),
  };
  const collector = {
    ...(maxSize === undefined ? {} : { maxSize: byteCount('--max-size', maxSize, 1) }),
    ...(flags.has('accio') ? { accio: true } : {}),
  };
  return wanted.map(({ dialect, port: one }) => ({
    port: one,
    on: { dialect, ...shared, ...(dialect === COLLECTOR ? collector : {}) },
  }));
}

/** PORT and --dialect; undefined where neither is given and --listen says it all. */
function mainPort(word: string | undefined, named: string | undefined, others: boolean): Wanted | undefined {
  const dialect = named === undefined ? 'default' : dialectNamed('--dialect', named);
  if (word !== undefined) return checked({ dialect, port: numberBetween('the port', word, 0, 65535) });
  if (named === undefined) {
    if (others) return undefined;
    throw new UsageError('which port? 3555, for instance; 0 for any free one');
  }
  const language = languages().find(({ name }) => name === dialect);
  if (language?.usualPort === true) return { dialect, port: language.port };
  throw new UsageError(`which port shall ${named} be on? It has no usual one; 0 for any free one`);
}

/** `NAME:PORT`. */
function listenAt(text: string): Wanted {
  const [, name = '', port = ''] = /^([^:]+):([0-9]+)$/.exec(text) ?? [];
  if (name === '') throw new UsageError(`--listen takes NAME:PORT, like framed:50001, not "${text}"`);
  return checked({
    dialect: dialectNamed('--listen', name),
    port: numberBetween('the port of --listen', port, 0, 65535),
  });
}

/** Everything that a port can be told to speak. */
export function portDialects(): readonly PortDialect[] {
  return [...SEVERAL, ...languages().map((language) => language.name)];
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
