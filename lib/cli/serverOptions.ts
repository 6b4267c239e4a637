import type { PortDialect, PortOptions, ServerOptions } from '../index';
import { COMMON, type Flag, type FlagValues } from './flags';
import { portCommands, portDialects } from './ports';
import { numberBetween, seconds, UsageError } from './usage';

/** What ftserver can be told besides its port. */
export const SERVER_FLAGS: readonly Flag[] = [
  { name: 'root', value: 'DIR', text: 'serve DIR instead of the current directory' },
  { name: 'writable', text: 'take puts; without it nothing can be changed' },
  { name: 'read-only', text: 'take no puts in privateshare, framed and colon either, which do by themselves' },
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
  { name: 'data-ports', value: 'LO-HI', text: 'ports for passive data connections (any)' },
  { name: 'no-active', text: 'never dial a client: for a server behind a proxy or tunnel' },
  { name: 'strict-put', text: 'refuse puts that nothing vouches for, as from netcat' },
  { name: 'plain-replies', text: 'send error replies only, for homemade clients' },
  { name: 'grace', value: 'SECONDS', text: 'what transfers get to finish when stopped (10)' },
  ...COMMON,
];

/** More sessions than descriptors can be had for: Linux allows a process a million or so. */
const MOST_SESSIONS = 1_000_000;

/** One port to listen on. */
export interface PortCommand {
  readonly port: number;
  readonly on: PortOptions & { readonly dialect: PortDialect };
}

export interface ServerCommand {
  /** At least one, in the order they were given. */
  readonly ports: readonly PortCommand[];
  /** Milliseconds; absent, the library's own. */
  readonly grace?: number;
  readonly server: ServerOptions;
}

/** The command line's meaning. Throws a UsageError. */
export function serverCommand(words: readonly string[], flags: FlagValues): ServerCommand {
  const grace = flags.value('grace');
  const root = flags.value('root');
  const maxSessions = flags.value('max-sessions');
  const idleTimeout = flags.value('idle-timeout');
  const dataPorts = flags.value('data-ports');
  return {
    ports: portCommands(words, flags),
    ...(grace === undefined ? {} : { grace: seconds('--grace', grace, 0) }),
    server: {
      ...(root === undefined ? {} : { root }),
      writable: flags.has('writable'),
      ...(maxSessions === undefined
        ? {}
        : { maxSessions: numberBetween('--max-sessions', maxSessions, 1, MOST_SESSIONS) }),
      ...(idleTimeout === undefined ? {} : { idleTimeout: seconds('--idle-timeout', idleTimeout, 0.001) }),
      ...(dataPorts === undefined ? {} : { dataPorts: portRange(dataPorts) }),
      active: !flags.has('no-active'),
      strictPut: flags.has('strict-put'),
      plainReplies: flags.has('plain-replies'),
    },
  };
}

function portRange(text: string): readonly [low: number, high: number] {
  const [, from = '', to = ''] = /^([0-9]+)-([0-9]+)$/.exec(text) ?? [];
  if (from === '') throw new UsageError(`--data-ports takes two ports, like 8000-8099, not "${text}"`);
  const low = numberBetween('--data-ports', from, 1024, 65535);
  const high = numberBetween('--data-ports', to, 1024, 65535);
  if (low > high) throw new UsageError(`--data-ports begins with the lower port: ${high}-${low}`);
  return [low, high];
}
