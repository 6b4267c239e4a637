import { isTwinportError, TwinportError } from '../../errors';
import type { HeldNetwork } from '../../index';
import { portDialects, type Inherited } from '../ports';
import { SettingError } from './settings';

/**
 * Sockets that a supervisor opened and hands over (sd_listen_fds(3)): descriptors from 3 on, their number in LISTEN_FDS,
 * their names in LISTEN_FDNAMES.
 */
const FIRST = 3;
/** A supervisor of ours has a handful; more is a mistake, and each would be looked at. */
const MOST = 100;

export interface Handed {
  readonly fd: number;
  readonly name: string;
}

/** What was handed over to the process `pid`, and no longer to its children: the variables go. */
export function handedOver(env: NodeJS.ProcessEnv, pid: number): readonly Handed[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  // Left over from whoever started us: the descriptors are not ours to take.
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return [];
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  const count = /^[0-9]+$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : NaN;
  if (!(count >= 0 && count <= MOST)) {
    throw new SettingError(`LISTEN_FDS must be a whole number from 0 to ${MOST}, not "${LISTEN_FDS}"`);
  }
  const names = (LISTEN_FDNAMES ?? '').split(':');
  return Array.from({ length: count }, (_, at) => ({ fd: FIRST + at, name: names[at] ?? '' }));
}

/** Opens them. Rejects `cannot-listen` on what is no TCP socket. */
export async function inherit(handed: readonly Handed[], network: HeldNetwork): Promise<readonly Inherited[]> {
  const sockets: Inherited[] = [];
  for (const { fd, name } of handed) {
    const { port } = await network.hold({ port: 0, fd }).catch((error: unknown) => {
      throw ofConnection(error, fd);
    });
    // Any other name is the unit's, and says nothing.
    const dialect = portDialects().find((one) => one === name);
    sockets.push(dialect === undefined ? { port } : { port, dialect });
  }
  return sockets;
}

/** A TCP socket that cannot listen (listen(2): EINVAL) is connected: a supervisor that accepts hands over each client. */
function ofConnection(error: unknown, fd: number): unknown {
  if (!isTwinportError(error, 'cannot-listen')) return error;
  const { cause } = error;
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EINVAL')) return error;
  const sentence = `descriptor ${fd} is a connection, not a socket that listens: Accept=yes is not for this server`;
  return new TwinportError('cannot-listen', sentence, { cause });
}
