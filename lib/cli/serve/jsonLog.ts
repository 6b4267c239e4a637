import type { TwinportError } from '../../errors';
import { isTwinportError, sentenceOf } from '../../errors';
import type { SessionInfo } from '../../index';
import { hostPort } from '../../wire/addresses';
import type { Output } from '../output';
import { shortened } from '../voice';
import { lettersEscaped } from './harmless';
import type { ServerLog } from './log';

/**
 * One JSON object a line, for machines: docs/OPERATING.md has the names, which stay. Absent is what does not apply.
 * Everything goes to standard output, and nothing but this does.
 */
export function jsonLog(stdout: Output, now: () => Date = () => new Date()): ServerLog {
  const write = (event: string, facts: object): void =>
    stdout.say(`${jsonLine({ time: now().toISOString(), event, ...facts })}\n`);
  return {
    opened: (ports) => {
      for (const { port, address, dialect, reach, command } of ports)
        write('open', { port, address, dialect, reach, command });
    },
    session: (session, ago = 0) =>
      write('session', { time: new Date(now().getTime() - ago).toISOString(), ...about(session) }),
    transfer: ({ phase, kind, dialect, session, path, user, port, data, length, unverified, error }) =>
      write(phase, {
        ...about(session),
        dialect,
        verb: kind,
        path,
        user,
        port,
        data: data && hostPort(data.address, data.port),
        bytes: length,
        unverified,
        error: error && told(error),
      }),
    change: ({ phase, kind, dialect, session, path, user, to, error }) =>
      write(phase, { ...about(session), dialect, verb: kind, path, user, to, error: error && told(error) }),
    login: ({ session, name, ok, why }) =>
      write('login', { ...about(session), user: shortened(name), outcome: ok ? 'ok' : 'refused', why }),
    note: (message) => write('note', { message }),
    error: (error) =>
      write('error', { message: sentenceOf(error), code: isTwinportError(error) ? error.code : undefined }),
    tell: (occasion, message) => write(occasion, { message }),
  };
}

function about({ id, remote, local }: SessionInfo): object {
  return {
    session: id,
    remote: hostPort(remote.address, remote.port),
    local: hostPort(local.address, local.port),
  };
}

function told({ code, message, reply }: TwinportError): object {
  return { code, message, reply };
}

/** JSON escapes C0 itself, and bytes that are no UTF-8 (lone surrogates here). The rest are letters to it. */
function jsonLine(value: object): string {
  return lettersEscaped(JSON.stringify(value));
}
