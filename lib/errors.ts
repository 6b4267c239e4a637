/**
 * Every error this library raises on purpose: a stable `code` to branch on, a `kind` that says whose
 * fault it is, and one sentence for a person. Anything else that escapes is a defect of ours.
 */

export type ErrorKind = 'misuse' | 'peer' | 'storage' | 'network' | 'aborted';

/** Each code and whose fault it is. The command line maps codes to exit codes, dialects map them to replies. */
const KINDS = {
  // The caller asked for something that can never work.
  'invalid-argument': 'misuse',
  'invalid-name': 'misuse',
  'invalid-port': 'misuse',

  // Where files live.
  'not-found': 'storage',
  denied: 'storage',
  exists: 'storage',
  'not-a-file': 'storage',
  'not-a-directory': 'storage',
  'not-empty': 'storage',
  'no-space': 'storage',
  quota: 'storage',
  'too-large': 'storage',
  changed: 'storage',
  'in-use': 'storage',
  'cannot-resume': 'storage',
  unsupported: 'storage',
  'io-error': 'storage',

  // Between the machines.
  'cannot-resolve': 'network',
  'cannot-connect': 'network',
  'connection-lost': 'network',
  'cannot-listen': 'network',
  'no-data-connection': 'network',
  'data-timeout': 'network',
  timeout: 'network',

  // The other side.
  syntax: 'peer',
  refused: 'peer',
  'not-understood': 'peer',
  protocol: 'peer',
  incomplete: 'peer',
  corrupt: 'peer',
  unverified: 'peer',
  /** The handshake failed, or one side wants TLS and the other does not have it. */
  tls: 'peer',
  /** Whoever answers could not prove to be whom the certificate should say. */
  certificate: 'peer',

  aborted: 'aborted',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof KINDS;

export interface ErrorDetails {
  readonly cause?: unknown;
  /** The three-digit reply code (RFC 959 §4.2) that the peer gave, or that this error should be told as. */
  readonly reply?: number;
}

export class TwinportError extends Error {
  readonly code: ErrorCode;
  /** The reply code behind this error, when one was received or is asked for. */
  readonly reply: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TwinportError';
    this.code = code;
    this.reply = details.reply;
  }

  get kind(): ErrorKind {
    return KINDS[this.code];
  }
}

/** True for our own errors; where codes are given, for those of one of them. */
export function isTwinportError(error: unknown, ...codes: readonly ErrorCode[]): error is TwinportError {
  return error instanceof TwinportError && (codes.length === 0 || codes.includes(error.code));
}

/** One sentence for a person, whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
