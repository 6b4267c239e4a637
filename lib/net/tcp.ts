import { networkInterfaces } from 'node:os';
import { isLoopback, sameAddress } from '../wire/addresses';
import { dialTcp } from './dial';
import { listenTcp } from './listen';
import type { Network } from './network';

export { systemClock } from './clock';

/** TCP as this machine has it. */
export function tcpNetwork(): Network {
  return { listen: listenTcp, dial: dialTcp, isOwnAddress };
}

function isOwnAddress(address: string): boolean {
  if (isLoopback(address)) return true;
  for (const entries of Object.values(networkInterfaces())) {
    for (const entry of entries ?? []) {
      // A link-local address is reported without the zone that a socket shows.
      const zoned = address.includes('%') ? `${entry.address}${address.slice(address.indexOf('%'))}` : entry.address;
      if (sameAddress(zoned, address)) return true;
    }
  }
  return false;
}
