import { TwinportError } from '../errors';
import type { Endpoint, Network } from '../net/network';
import { isLoopback, sameAddress } from '../wire/addresses';

/**
 * Whose data connections a client takes (DESIGN §8): those of the server's own address; where the server is on this
 * very machine, those of any of its addresses (Debian calls itself 127.0.1.1); and those of `dataFrom`, an
 * address or `any`.
 */
export function mayDial(network: Network, server: Endpoint, from: Endpoint, dataFrom?: string): boolean {
  if (dataFrom === 'any' || sameAddress(from.address, server.address)) return true;
  if (dataFrom !== undefined && sameAddress(from.address, dataFrom)) return true;
  const isHere = ({ address }: Endpoint): boolean => isLoopback(address) || network.isOwnAddress(address);
  return isHere(server) && isHere(from);
}

/** Refuses to listen where the server itself does, on this very machine: it would dial its own control port. */
export function assertOtherPort(network: Network, server: Endpoint, dataPort: number): void {
  if (dataPort === 0 || dataPort !== server.port || !network.isOwnAddress(server.address)) return;
  throw new TwinportError(
    'cannot-listen',
    `port ${dataPort} is the server's own control port on this machine; choose another data port`,
  );
}
