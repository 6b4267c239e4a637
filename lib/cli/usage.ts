import { TwinportError } from '../errors';

/** A command line that cannot be meant: one sentence, then the usage, then exit 64 (EX_USAGE of sysexits). */
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
