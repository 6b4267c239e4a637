import { systemClock } from './net/clock';
import type { Clock, Network } from './net/network';
import { tcpNetwork } from './net/tcp';
import { relay, type Relay, type RelayOptions as Given } from './relay/relay';

export type { Fault, FaultOptions, Relay, RelayEvent, RelayEvents, Which } from './relay/relay';

/** As the relay's own; without a network it is TCP. */
export interface RelayOptions extends Omit<Given, 'network' | 'clock'> {
  readonly network?: Network;
  readonly clock?: Clock;
}

/** A relay. Throws `invalid-argument` on options that make no sense. */
export function createRelay(options: RelayOptions): Relay {
  return relay({ ...options, network: options.network ?? tcpNetwork(), clock: options.clock ?? systemClock() });
}
