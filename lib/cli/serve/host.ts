import { spawnSync } from 'node:child_process';
import { TwinportError } from '../../errors';

/** Where a server listens that is told no address; every machine has them. */
const ANY = ['0.0.0.0', '::'];

/**
 * Could this machine listen there, as far as that is known without opening a port? Throws `cannot-listen`, in the words of
 * the start. What is no address is a name, and asked for as the system asks.
 */
export function assertHost(host: string): void {
  const { heldPorts } = require('../../index') as typeof import('../../index');
  const own = (address: string): boolean => ANY.includes(address) || heldPorts().isOwnAddress(address);
  const found = isNumeric(host) ? [host] : resolved(host);
  if (found?.length === 0) throw new TwinportError('cannot-listen', `cannot find the host "${host}" to listen on`);
  // One of several is listened on; which, only the server's own question tells.
  if (found?.some(own) === false) {
    throw new TwinportError('cannot-listen', `this machine has no address ${host} to listen on`);
  }
}

function isNumeric(host: string): boolean {
  return host.includes(':') || /^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(host);
}

/** Servers of names that do not answer take the system half a minute. */
const LONGEST = 30_000;

/** Undefined where nobody can be asked: not every system has getent(1). */
function resolved(name: string): readonly string[] | undefined {
  const { stdout, status } = spawnSync('getent', ['ahosts', '--', name], {
    encoding: 'utf8',
    // As root, only the system's own program is run.
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: LONGEST,
  });
  // Its word for: not found.
  if (status === 2) return [];
  return status === 0 ? stdout.split('\n').flatMap((line) => /^\S+/.exec(line)?.[0] ?? []) : undefined;
}
