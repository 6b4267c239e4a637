import type { OwnPorts } from '../data/ownPorts';
import type { Clock } from '../net/network';
import type { Storage } from '../storage/storage';
import type { TransferEvent } from './events';

/** What a server gives every session, whatever its language. */
export interface Service {
  readonly storage: Storage;
  readonly network: OwnPorts;
  readonly clock: Clock;
  readonly writable: boolean;
  /** Dial clients that ask for it. */
  readonly active: boolean;
  /** Milliseconds without a byte before a transfer is aborted. */
  readonly stall: number;
  readonly emit: (event: TransferEvent) => void;
  /** One sentence for the server's owner, about no transfer. */
  readonly note: (sentence: string) => void;
}
