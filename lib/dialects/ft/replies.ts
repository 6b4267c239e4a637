import type { ErrorCode, TwinportError } from '../../errors';
import { formatReply } from '../../wire/replies';

/** The one table from what went wrong to what the client is told (RFC 959 §4.2, DESIGN §3.2). */
const ERROR_REPLIES: Readonly<Record<ErrorCode, number>> = {
  'invalid-argument': 501,
  'invalid-name': 501,
  'invalid-port': 501,
  'not-found': 550,
  denied: 550,
  exists: 553,
  'not-a-file': 550,
  'not-a-directory': 550,
  'not-empty': 550,
  'no-space': 452,
  quota: 552,
  'too-large': 552,
  changed: 451,
  'in-use': 450,
  'cannot-resume': 554,
  unsupported: 502,
  'io-error': 451,
  'cannot-resolve': 425,
  'cannot-connect': 425,
  'no-data-connection': 425,
  'cannot-listen': 425,
  'connection-lost': 426,
  'data-timeout': 426,
  timeout: 426,
  syntax: 501,
  refused: 550,
  'not-understood': 501,
  protocol: 426,
  incomplete: 426,
  corrupt: 451,
  unverified: 426,
  tls: 426,
  certificate: 426,
  aborted: 426,
};

/** What clients look for is said in the words they look for. */
const FIXED_TEXTS: Partial<Record<ErrorCode, string>> = { 'not-found': 'FILE NOT FOUND' };

export function errorReply(error: TwinportError): Buffer {
  const text = error.reply === undefined ? (FIXED_TEXTS[error.code] ?? error.message) : error.message;
  return formatReply(error.reply ?? ERROR_REPLIES[error.code], capitalised(text));
}

export function capitalised(text: string): string {
  // Facts come first and are no sentence.
  if (/^[a-z0-9]+=/.test(text)) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
