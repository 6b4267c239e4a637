import { isDeepStrictEqual, inspect } from 'node:util';
import { isTwinportError, type ErrorCode } from '../../lib/errors';

/**
 * Something that must hold whatever bytes come. One claim serves twice: mocha feeds it what fast-check makes, and the
 * fuzzer millions of spoilt messages. What is wanted otherwise than as bytes is drawn from them (`Draw`).
 */
export interface Claim {
  readonly name: string;
  /** A codec is pure and fast; a session plays both ends of a connection, or several. */
  readonly kind: 'codec' | 'session';
  /** Inputs that are valid, or nearly: what is mutated. */
  readonly corpus: readonly (string | Uint8Array)[];
  /** What the language is made of, put in anywhere. */
  readonly words: readonly string[];
  /** Throws where the claim is wrong. */
  readonly check: (bytes: Buffer) => void | Promise<void>;
}

/** A claim was wrong. Anything else that escapes a check is a finding too. */
export class Broken extends Error {
  constructor(what: string, ...values: unknown[]) {
    super(
      [what, ...values.map((value) => inspect(value, { depth: 6, breakLength: 120, maxStringLength: 400 }))].join(
        '\n  ',
      ),
    );
    this.name = 'Broken';
  }
}

export function holds(what: string, isSo: boolean, ...values: unknown[]): void {
  if (!isSo) throw new Broken(what, ...values);
}

export function same(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) throw new Broken(what, got, wanted);
}

/** The value, or the coded error; every other error escapes, as one that nobody foresaw. */
export function outcome<T>(
  run: () => T,
  ...codes: ErrorCode[]
): { readonly value: T } | { readonly code: ErrorCode; readonly reply: number | undefined } {
  try {
    return { value: run() };
  } catch (error) {
    if (!isTwinportError(error, ...codes)) throw error;
    return { code: error.code, reply: error.reply };
  }
}

export function corpusOf({ corpus }: Pick<Claim, 'corpus'>): Buffer[] {
  return corpus.map((each) => (typeof each === 'string' ? Buffer.from(each, 'utf8') : Buffer.from(each)));
}
