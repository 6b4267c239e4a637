import type { RelayOptions } from '../index';
import { COMMON, type Flag, type FlagValues } from './flags';
import { byteCount, numberBetween, UsageError } from './usage';

const NAMES = ['auto', 'ft', 'stepwise', 'raw', 'privateshare', 'framed', 'colon', 'numbered'] as const;

/** What ftrelay can be told besides where it listens and where it leads. */
export const RELAY_FLAGS: readonly Flag[] = [
  { name: 'stammer', text: 'random short writes and pauses, on every connection, both ways' },
  { name: 'seed', value: 'N', text: 'draw the faults from N; without it N is random, and printed' },
  { name: 'latency', value: 'MS', text: 'everything arrives MS milliseconds later, each way' },
  { name: 'rate', value: 'BYTES', text: 'at most BYTES a second (500, 64K, 2M), each connection and way by itself' },
  { name: 'cut-after', value: 'BYTES', text: 'end both sides politely after BYTES of a data connection' },
  { name: 'reset-after', value: 'BYTES', text: 'reset both sides after BYTES of a data connection' },
  { name: 'corrupt', value: 'N', text: 'flip N bits of each data connection, the first among its first 36 bytes' },
  { name: 'corrupt-control', text: 'spoil one byte each way of the control connection, or of the only one' },
  { name: 'dialect', value: 'NAME', choices: NAMES, text: 'what is spoken: auto, ft, stepwise, or raw (auto)' },
  {
    name: 'data',
    value: 'LISTEN:PORT',
    text: 'relay a data port that cannot be learned (TLS): LISTEN here to PORT of the server; may be repeated',
  },
  { name: 'host', value: 'ADDR', text: 'listen on this address alone (every address)' },
  ...COMMON,
];

export interface RelayCommand {
  readonly port: number;
  readonly host?: string;
  readonly relay: RelayOptions;
  /** A seed must be printed: there are faults to repeat, and it was not given. */
  readonly announceSeed: boolean;
}

/** The command line's meaning. Throws a UsageError. */
export function relayCommand(words: readonly string[], flags: FlagValues): RelayCommand {
  const [listen, toHost, toPort, extra] = words;
  if (listen === undefined) throw new UsageError('which port? 50000, for instance; 0 for any free one');
  if (toHost === undefined || toPort === undefined) throw new UsageError('which server? HOST and PORT, please');
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many: ftrelay takes LISTEN HOST PORT`);
  if (toHost === '') throw new UsageError('the host has no name');
  const host = flags.value('host');
  const seed = flags.value('seed');
  const draws = flags.has('stammer') || flags.has('corrupt-control') || flags.value('corrupt') !== undefined;
  return {
    port: numberBetween('the port to listen on', listen, 0, 65535),
    ...(host === undefined ? {} : { host }),
    announceSeed: draws && seed === undefined,
    relay: {
      to: { host: toHost, port: numberBetween("the server's port", toPort, 1, 65535) },
      stammer: flags.has('stammer'),
      corruptControl: flags.has('corrupt-control'),
      ...(seed === undefined ? {} : { seed: numberBetween('--seed', seed, 0, Number.MAX_SAFE_INTEGER) }),
      ...number(flags, 'latency', 'latency', (word) => numberBetween('--latency', word, 0, LONGEST_LATENCY)),
      ...number(flags, 'rate', 'rate', (word) => byteCount('--rate', word, 1)),
      ...number(flags, 'cut-after', 'cutAfter', (word) => byteCount('--cut-after', word, 0)),
      ...number(flags, 'reset-after', 'resetAfter', (word) => byteCount('--reset-after', word, 0)),
      ...number(flags, 'corrupt', 'corrupt', (word) => numberBetween('--corrupt', word, 0, MOST_FLIPS)),
      ...dialect(flags),
      data: flags.all('data').flatMap((list) => list.split(',').map(portPair)),
    },
  };
}

/** As in the library, whose sentences name no option. */
const LONGEST_LATENCY = 60_000;
const MOST_FLIPS = 40;

type NumberName = 'latency' | 'rate' | 'cutAfter' | 'resetAfter' | 'corrupt';

function number(
  flags: FlagValues,
  flag: string,
  name: NumberName,
  read: (word: string) => number,
): Partial<Record<NumberName, number>> {
  const word = flags.value(flag);
  return word === undefined ? {} : { [name]: read(word) };
}

function dialect(flags: FlagValues): { dialect?: string } {
  const name = flags.choice('dialect', NAMES);
  return name === undefined ? {} : { dialect: name };
}

function portPair(text: string): readonly [listen: number, port: number] {
  const [, listen = '', port = ''] = /^([0-9]+):([0-9]+)$/.exec(text) ?? [];
  if (listen === '') throw new UsageError(`--data takes two ports, like 8000:8000, not "${text}"`);
  return [numberBetween('--data', listen, 0, 65535), numberBetween('--data', port, 1, 65535)];
}
