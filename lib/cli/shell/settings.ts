import { POLICIES, type Policy } from '../options';
import type { Settings as RequestSettings } from '../request';
import { byteCount, numberBetween, UsageError } from '../usage';
import type { Settings } from './context';

/** What a request takes with it of all that is set. */
export function requestSettings({ passive, onExists }: Settings): RequestSettings {
  return { passive, ...(onExists === undefined ? {} : { onExists }) };
}

/** One of what `set` changes. */
export interface Setting {
  readonly name: string;
  /** What it is called in the help. */
  readonly value: string;
  /** The words that it may be, where they are few. */
  readonly choices: readonly string[];
  readonly show: (settings: Settings) => string;
  /** Throws a UsageError where the value makes no sense. */
  readonly change: (settings: Settings, value: string) => Settings;
}

/** As the library's. */
const MOST_RETRIES = 1000;

/** `--retry`, here and there. */
export const retries = (what: string, value: string): number => numberBetween(what, value, 0, MOST_RETRIES);

/** `--limit-rate`: bytes a second. */
export const rate = (what: string, value: string): number => byteCount(what, value.replace(/\/s$/, ''), 1);

export const SETTINGS: readonly Setting[] = [
  {
    name: 'passive',
    value: 'on|off',
    choices: ['on', 'off'],
    show: ({ passive }) => (passive ? 'on' : 'off'),
    change: (settings, value) => {
      if (value !== 'on' && value !== 'off') throw new UsageError(`passive is on or off, not "${value}"`);
      return { ...settings, passive: value === 'on' };
    },
  },
  {
    name: 'on-exists',
    value: 'WHAT|default',
    choices: ['default', ...POLICIES],
    show: ({ onExists }) => onExists ?? 'default',
    change: ({ onExists: _, ...rest }, value) => {
      if (value === 'default') return rest;
      const policy: Policy | undefined = POLICIES.find((one) => one === value);
      if (policy !== undefined) return { ...rest, onExists: policy };
      throw new UsageError(`on-exists is default, ${POLICIES.join(', ')}, not "${value}"`);
    },
  },
  {
    name: 'retry',
    value: 'N',
    choices: [],
    show: ({ retry = 0 }) => String(retry),
    change: (settings, value) => ({ ...settings, retry: retries('retry', value) }),
  },
  {
    name: 'limit-rate',
    value: 'RATE|off',
    choices: ['off'],
    show: ({ limitRate }) => (limitRate === undefined ? 'off' : String(limitRate)),
    change: ({ limitRate: _, ...rest }, value) =>
      value === 'off' ? rest : { ...rest, limitRate: rate('limit-rate', value) },
  },
];
