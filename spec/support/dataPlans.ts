import type { DialPlan } from '../../lib/data/dial';
import type { Clock, Network } from '../../lib/net/network';

/** To a port of this machine, from 127.0.0.1. */
export function planTo(port: number, { network, clock }: { network: Network; clock: Clock }): DialPlan {
  return { network, clock, to: { address: '127.0.0.1', port }, from: '127.0.0.1', isOurs: () => false };
}
