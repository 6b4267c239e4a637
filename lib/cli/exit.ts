import { isTwinportError, type ErrorCode, type TwinportError } from '../errors';
import type { Verb } from './command';

/**
 * The exit codes, all of them: curl's where curl has one (a script that knows curl knows us), sysexits(3)
 * where it has none.
 */
export const EXIT = {
  ok: 0,
  cannotResolve: 6,
  cannotConnect: 7,
  notUnderstood: 8,
  denied: 9,
  noDataConnection: 10,
  dataTimeout: 12,
  partial: 18,
  localWrite: 23,
  upload: 25,
  localRead: 26,
  timeout: 28,
  tls: 35,
  cannotResume: 36,
  aborted: 42,
  connectionLost: 56,
  certificate: 60,
  tooLarge: 63,
  usage: 64,
  noInput: 66,
  login: 67,
  unavailable: 69,
  defect: 70,
  exists: 73,
  notPermitted: 77,
  notFound: 78,
} as const;

/** The documented list: `--help` prints it, README repeats it. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'done, or skipped as asked'],
  [EXIT.cannotResolve, 'no such host'],
  [EXIT.cannotConnect, 'cannot connect to the server'],
  [EXIT.notUnderstood, 'not a server we understand'],
  [EXIT.denied, 'the server refuses'],
  [EXIT.noDataConnection, 'cannot listen, or no data connection'],
  [EXIT.dataTimeout, 'the data connection did not come in time'],
  [EXIT.partial, 'partial; or unverified, with --require-verified'],
  [EXIT.localWrite, 'cannot write here'],
  [EXIT.upload, 'the server refuses a put, or the put failed'],
  [EXIT.localRead, 'cannot read the local file'],
  [EXIT.timeout, 'nothing moved for too long'],
  [EXIT.tls, 'no TLS to be had: the handshake failed, or the other side has none'],
  [EXIT.cannotResume, 'cannot resume'],
  [EXIT.aborted, 'aborted'],
  [EXIT.connectionLost, 'connection lost'],
  [EXIT.certificate, 'the certificate of the server proves nothing'],
  [EXIT.tooLarge, 'too large, or beyond a quota'],
  [EXIT.usage, 'usage'],
  [EXIT.login, 'login refused'],
  [EXIT.defect, 'a defect of ours: please report it'],
  [EXIT.exists, 'the local name is taken'],
  [EXIT.notFound, 'no such remote file'],
];

/** What an error means whatever was being done; storage codes are about this machine (see `storageExit`). */
export const EXIT_OF: Readonly<Record<ErrorCode, number>> = {
  'invalid-argument': EXIT.usage,
  'invalid-name': EXIT.usage,
  'invalid-port': EXIT.usage,

  'not-found': EXIT.localWrite,
  denied: EXIT.localWrite,
  exists: EXIT.exists,
  'not-a-file': EXIT.localWrite,
  'not-a-directory': EXIT.localWrite,
  'not-empty': EXIT.localWrite,
  'no-space': EXIT.localWrite,
  quota: EXIT.tooLarge,
  'too-large': EXIT.tooLarge,
  changed: EXIT.partial,
  'in-use': EXIT.localWrite,
  'cannot-resume': EXIT.cannotResume,
  unsupported: EXIT.usage,
  'io-error': EXIT.localWrite,

  'cannot-resolve': EXIT.cannotResolve,
  'cannot-connect': EXIT.cannotConnect,
  'connection-lost': EXIT.connectionLost,
  'cannot-listen': EXIT.noDataConnection,
  'no-data-connection': EXIT.noDataConnection,
  'data-timeout': EXIT.dataTimeout,
  timeout: EXIT.timeout,

  syntax: EXIT.notUnderstood,
  refused: EXIT.denied,
  'not-understood': EXIT.notUnderstood,
  protocol: EXIT.notUnderstood,
  incomplete: EXIT.partial,
  corrupt: EXIT.partial,
  unverified: EXIT.partial,
  tls: EXIT.tls,
  certificate: EXIT.certificate,

  aborted: EXIT.aborted,
};

/** Replies that mean the same for every command (RFC 959 §4.2). */
const EXIT_OF_REPLY: Readonly<Record<number, number>> = {
  421: EXIT.cannotConnect,
  425: EXIT.noDataConnection,
  426: EXIT.partial,
  451: EXIT.partial,
  331: EXIT.login,
  332: EXIT.login,
  530: EXIT.login,
  552: EXIT.tooLarge,
  554: EXIT.cannotResume,
};

/** What was being done when it failed. */
export interface Circumstance {
  readonly verb?: Verb;
  /** A data connection had been made: what is lost from here on is lost half-way. */
  readonly moving: boolean;
}

/** The exit code for whatever was thrown. */
export function exitCodeOf(error: unknown, { verb, moving }: Circumstance): number {
  if (!isTwinportError(error)) return EXIT.defect;
  if (error.code === 'refused') return refusalExit(error, verb);
  if (error.code === 'connection-lost' && moving) return EXIT.partial;
  if (verb === 'put' && error.kind === 'storage') return putExit(error.code);
  return EXIT_OF[error.code];
}

function refusalExit(error: TwinportError, verb: Verb | undefined): number {
  const known = error.reply === undefined ? undefined : EXIT_OF_REPLY[error.reply];
  // A put that the server could not store is a failed upload, not a partial file here.
  if (verb === 'put' && (known === undefined || known === EXIT.partial)) return EXIT.upload;
  if (known !== undefined) return known;
  if (error.reply !== undefined && error.reply >= 500 && error.reply <= 504) return EXIT.notUnderstood;
  // The text decides where the code does not: 550 has many reasons, and homemade servers send text alone.
  return /not found|no such/i.test(error.message) ? EXIT.notFound : EXIT.denied;
}

/** A put reads here and writes there: `exists` is the remote name, the rest is about the local file. */
function putExit(code: ErrorCode): number {
  switch (code) {
    case 'exists':
    case 'changed':
      return EXIT.upload;
    case 'not-found':
    case 'denied':
    case 'not-a-file':
    case 'not-a-directory':
    case 'in-use':
    case 'io-error':
      return EXIT.localRead;
    default:
      return EXIT_OF[code];
  }
}

/** How a server program ends that could not open its port. `cause` keeps Node's error. */
export function listenExit(error: unknown): number {
  if (!isTwinportError(error)) return EXIT.defect;
  if (error.kind === 'misuse') return EXIT.usage;
  const cause = error.cause;
  const system = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (error.code === 'denied' || system === 'EACCES' || system === 'EPERM') return EXIT.notPermitted;
  return error.kind === 'storage' ? EXIT.noInput : EXIT.unavailable;
}

/** True when a transfer failed only because its name is taken: here for a get, there for a put (553). */
export function isTaken(error: unknown, verb: Verb): boolean {
  if (isTwinportError(error, 'exists')) return true;
  return verb === 'put' && isTwinportError(error, 'refused') && error.reply === 553;
}
