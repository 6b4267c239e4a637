import { TwinportError } from '../errors';

/** A command line that cannot be meant: one sentence, where to read more, and exit 64 (EX_USAGE of sysexits). */
export class UsageError extends TwinportError {
  constructor(sentence: string) {
    super('invalid-argument', sentence);
    this.name = 'UsageError';
  }
}

const digits = /^[0-9]+$/;

/** ASCII digits and nothing else: what a port looks like. */
export function isNumber(word: string | undefined): boolean {
  return word !== undefined && digits.test(word);
}

/** A whole number between two bounds, or a sentence that names what was asked for. */
export function numberBetween(what: string, word: string, min: number, max: number): number {
  const value = isNumber(word) ? Number(word) : NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${what} must be a whole number from ${min} to ${max}, not "${word}"`);
}

/** A day, as in the library: longer times are mistyped numbers. */
const LONGEST_SECONDS = 86_400;

/** Seconds as people type them (`30`, `0.5`), given back as milliseconds. */
export function seconds(what: string, word: string, least: number): number {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(word) ? Number(word) : NaN;
  if (value >= least && value <= LONGEST_SECONDS) return Math.round(value * 1000);
  throw new UsageError(`${what} must be seconds, from ${least} to ${LONGEST_SECONDS}, not "${word}"`);
}

const POWERS = ['', 'K', 'M', 'G', 'T'];

/** Bytes as people type them: `500`, `64K`, `64KiB` (both of 1024, as curl counts), `64kB` (of 1000), `1.5M`. */
export function byteCount(what: string, word: string, least: number): number {
  const [, digits = '', power = '', ending = ''] = /^([0-9]+(?:\.[0-9]+)?)([KMGT]?)((?:iB|B)?)$/i.exec(word) ?? [];
  const base = power !== '' && ending.toUpperCase() === 'B' ? 1000 : 1024;
  const whole = power !== '' || !ending.toUpperCase().startsWith('I');
  const value =
    digits === '' || !whole ? NaN : Math.round(Number(digits) * base ** POWERS.indexOf(power.toUpperCase()));
  if (value >= least && value <= Number.MAX_SAFE_INTEGER) return value;
  throw new UsageError(
    `${what} takes bytes, like 500, 64K (of 1024) or 64kB (of 1000), at least ${least}, not "${word}"`,
  );
}
