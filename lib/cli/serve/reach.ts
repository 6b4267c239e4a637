import { networkInterfaces } from 'node:os';
import type { PortDialect, Right } from '../../index';
import { isLoopback, plainAddress } from '../../wire/addresses';
import type { Opened } from './log';

/** Interfaces of containers, virtual machines and tunnels: real, and seldom what another machine can reach. */
const INSIDE =
  /^(docker|br-|veth|virbr|vnet|vboxnet|vmnet|cni|flannel|cali|lxc|lxd|podman|tun|tap|wg|utun|zt|tailscale)/;

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Addresses that others may reach a listener at: none where it listens to this machine alone. */
export function reachOf(address: string, interfaces: Interfaces = networkInterfaces()): readonly string[] {
  if (isLoopback(address)) return [];
  if (address !== '::' && address !== '0.0.0.0') return [plainAddress(address)];
  const found = Object.entries(interfaces).flatMap(([name, entries = []]) =>
    entries
      // A link-local address needs the zone of whoever uses it, which nobody here knows.
      .filter((one) => !one.internal && !/^(fe[89ab][0-9a-f]:|169\.254\.)/i.test(one.address))
      .filter((one) => one.family === 'IPv4' || address === '::')
      .map((one) => ({ address: one.address, order: (INSIDE.test(name) ? 2 : 0) + (one.family === 'IPv4' ? 0 : 1) })),
  );
  return found.sort((a, b) => a.order - b.order).map((one) => one.address);
}

/** What a client has to bring. */
export interface Wanted {
  /** Nobody is served without TLS. */
  readonly tls?: boolean;
  /** Nobody is served before a login. */
  readonly login?: boolean;
}

/** A line that can be pasted, where the server has this host; whom to believe, and who one is, nobody here knows. */
export function clientCommand(
  host: string,
  port: number,
  dialect: PortDialect,
  rights: readonly Right[],
  { tls = false, login = false }: Wanted = {},
): string {
  // No language is on a port with `tls: require` that knows no TLS.
  const secure = tls ? ['--tls'] : [];
  // ft alone has a word for it.
  const known = login ? ['--user', 'NAME'] : [];
  // No brackets around IPv6: to zsh they are a pattern.
  const words = ['ftclient', host, `${port}`];
  const verb = rights.includes('list') ? '-l' : rights.includes('read') ? '-g FILE' : '-p FILE';
  switch (dialect) {
    case 'default':
    case 'auto':
    case 'ft':
      return [...words, verb, ...known, ...secure].join(' ');
    case 'stepwise':
    case 'privateshare':
      return [...words, verb, '--dialect', dialect, ...secure].join(' ');
    case 'numbered':
      return [...words, 'FILE', '--dialect', dialect].join(' ');
    case 'framed':
    case 'colon':
      // They ask for everything else.
      return [...words, '--dialect', dialect, ...secure].join(' ');
  }
}

/** Beneath `Server open on PORT`, on a terminal: where that is, and what to type. What several ports share is said once. */
export function reachLines(ports: readonly Opened[]): readonly string[] {
  const commands = new Map<string, string[]>();
  for (const port of ports) {
    const where = whereOf(port);
    commands.set(where, [...(commands.get(where) ?? []), port.command]);
  }
  return [...commands].flatMap(([where, lines]) => {
    const [only] = lines;
    return lines.length === 1 ? [`${where}: ${only ?? ''}`] : [`${where}:`, ...lines];
  });
}

function whereOf({ address, reach }: Opened): string {
  if (reach.length > 0) return `At ${listed(reach.map(shown))}. On another machine`;
  return isLoopback(address) ? `For this machine alone (${shown(address)})` : 'No other machine can reach this one';
}

const shown = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
