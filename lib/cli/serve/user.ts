import { execFileSync } from 'node:child_process';
import { TwinportError } from '../../errors';
import type { UserName } from '../serverOptions';
import { UsageError } from '../usage';

/** Whom to become. */
export interface Identity {
  readonly name: string;
  readonly uid: number;
  /** Its groups can be asked for by its name; a number alone may belong to nobody. */
  readonly known: boolean;
  readonly gid: number;
}

/** What of the process is needed; the rest of it is nobody's business here. */
export type Self = Pick<
  typeof process,
  'getuid' | 'geteuid' | 'getgid' | 'getegid' | 'setuid' | 'seteuid' | 'setgid' | 'setegid' | 'setgroups'
> & {
  /** Documented, and unknown to the types. */
  initgroups?(user: string | number, group: number): void;
};

/**
 * Looks the user and the group up, wherever this machine has them (`id` knows; Node does not). Throws `denied` unless
 * this is root, a UsageError where there is no such user or group.
 */
export function identify({ name, group }: UserName, self: Self = process): Identity {
  if (self.geteuid === undefined) throw new UsageError('this system has no users to become');
  // Asked for by somebody who relies on it: to go on as we are would be worse than to stop.
  if (self.geteuid() !== 0) throw new TwinportError('denied', `only root can become ${name}`);
  const found = asked('-u', name);
  const uid = found ?? numberIn(name);
  if (uid === undefined) throw new UsageError(`there is no user "${name}"`);
  if (uid === 0) throw new UsageError(`"${name}" is root, who would give nothing up`);
  const gid = group === undefined ? asked('-g', name) : (groupOf(group) ?? numberIn(group));
  if (gid === undefined) {
    throw new UsageError(
      group === undefined ? `nobody knows the group of "${name}": name it` : `there is no group "${group}"`,
    );
  }
  // Its files are root's: what the group may write, and much of what it may read, is the system.
  if (gid === 0) throw new UsageError(`the group of "${name}" would be root's: name another`);
  return { name, uid, known: found !== undefined, gid };
}

/** Root is given up for good: throws when it is not. The order matters, as each step takes the right to the one before. */
export function become({ name, uid, known, gid }: Identity, self: Self = process): void {
  self.setgid?.(gid);
  // By a number the system finds the name itself.
  if (known) self.initgroups?.(numberIn(name) ?? name, gid);
  else self.setgroups?.([gid]);
  self.setuid?.(uid);
  const is = [self.getuid?.(), self.geteuid?.(), self.getgid?.(), self.getegid?.()];
  const back = [() => self.setuid?.(0), () => self.seteuid?.(0), () => self.setegid?.(0)];
  if (String(is) !== String([uid, uid, gid, gid]) || back.some(succeeds)) {
    throw new TwinportError('denied', `root could not be given up for ${name}`);
  }
}

/** A saved identity, or a capability, would bring it back. */
function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function numberIn(text: string): number | undefined {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

function asked(what: '-u' | '-g', name: string): number | undefined {
  return output('id', [what, '--', name], /^([0-9]+)\n$/);
}

function groupOf(name: string): number | undefined {
  return output('getent', ['group', '--', name], /^[^:\n]*:[^:\n]*:([0-9]+):.*\n$/);
}

/** As root, only the system's own programs are run. */
const SYSTEM_PATH = '/usr/bin:/bin:/usr/sbin:/sbin';

function output(program: string, words: readonly string[], pattern: RegExp): number | undefined {
  try {
    const text = execFileSync(program, words, {
      encoding: 'utf8',
      env: { PATH: SYSTEM_PATH },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return numberIn(pattern.exec(text)?.[1] ?? '');
  } catch {
    return undefined;
  }
}
