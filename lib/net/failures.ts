import { TwinportError } from '../errors';
import { hostPort } from '../wire/addresses';

/** What the operating system's errors mean to a person: one distinct sentence each, the cause kept. */

interface Errno {
  readonly code: string;
  readonly message: string;
}

/** An error that carries a system code; anything else counts as one without. */
export function errnoOf(error: unknown): Errno {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

/** Trying IPv6 and IPv4 side by side fails with one error per address; a refusal says more than "no route". */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof AggregateError) || error.errors.length === 0) return error;
  const errors: readonly unknown[] = error.errors;
  return errors.find((each) => errnoOf(each).code === 'ECONNREFUSED') ?? errors[0];
}

export function dialFailure(
  host: string,
  port: number,
  localAddress: string | undefined,
  error: unknown,
): TwinportError {
  const cause = unwrapped(error);
  const { code, message } = errnoOf(cause);
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) {
    return new TwinportError('cannot-resolve', `cannot find the host "${host}"`, { cause });
  }
  return new TwinportError('cannot-connect', dialSentence(hostPort(host, port), localAddress, code, message), {
    cause,
  });
}

function dialSentence(to: string, localAddress: string | undefined, code: string, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `${to} refused the connection`;
    case 'EHOSTUNREACH':
      return `no route to ${to}`;
    case 'ENETUNREACH':
      return `the network of ${to} cannot be reached`;
    case 'ETIMEDOUT':
      return `${to} does not answer`;
    case 'ECONNRESET':
      return `${to} dropped the connection as it was made`;
    case 'EACCES':
    case 'EPERM':
      return `not permitted to connect to ${to}`;
    case 'EADDRNOTAVAIL':
      return localAddress === undefined
        ? `no free local port to connect to ${to}`
        : `this machine has no address ${localAddress} to connect to ${to} from`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files to connect to ${to}`;
    default:
      return `cannot connect to ${to}: ${message}`;
  }
}

export function listenFailure(host: string | undefined, port: number, cause: unknown): TwinportError {
  return new TwinportError('cannot-listen', listenSentence(host, port, cause), { cause });
}

/** What was handed over to listen on (socket activation) is no listening TCP socket. */
export function inheritedFailure(fd: number, cause: unknown): TwinportError {
  const { code, message } = errnoOf(cause);
  const why = code === 'ERR_INVALID_FD_TYPE' || code === 'EBADF' || code === 'EINVAL' ? 'it is no TCP socket' : message;
  return new TwinportError('cannot-listen', `cannot listen on descriptor ${fd}: ${why}`, { cause });
}

function listenSentence(host: string | undefined, port: number, cause: unknown): string {
  const { code, message } = errnoOf(cause);
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use`;
    case 'EACCES':
    case 'EPERM':
      return `not permitted to listen on port ${port}` + (port < 1024 ? ' (ports below 1024 need privileges)' : '');
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return `this machine has no address ${host ?? ''} to listen on`;
    case 'ENOTFOUND':
      return `cannot find the host "${host ?? ''}" to listen on`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files to listen on port ${port}`;
    default:
      return `cannot listen on port ${port}: ${message}`;
  }
}

/** An established connection ended otherwise than by the peer's FIN. */
export function lossFailure(remote: string, cause?: unknown): TwinportError {
  const { code } = errnoOf(cause);
  const what = code === 'ETIMEDOUT' ? 'timed out' : 'was lost';
  return new TwinportError(
    'connection-lost',
    `the connection to ${remote} ${what}`,
    cause === undefined ? {} : { cause },
  );
}

export function abortFailure(remote: string): TwinportError {
  return new TwinportError('aborted', `the connection to ${remote} was given up`);
}

/** Why an operation was called off: our own reason as it is, anything else behind one of ours. */
export function reasonOf(signal: AbortSignal): TwinportError {
  const reason: unknown = signal.reason;
  return reason instanceof TwinportError ? reason : new TwinportError('aborted', 'called off', { cause: reason });
}
