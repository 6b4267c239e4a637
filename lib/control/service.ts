import { TwinportError } from '../errors';
import type { OwnPorts } from '../data/ownPorts';
import type { Clock } from '../net/network';
import type { Right, Storage } from '../storage/storage';
import type { ChangeEvent, TransferEvent } from './events';

/** What a server gives every session, whatever its language. */
export interface Service {
  readonly storage: Storage;
  readonly network: OwnPorts;
  readonly clock: Clock;
  /** What clients may do. The storage sees to it; who asks here asks what to offer. */
  readonly rights: readonly Right[];
  /** `rights` has `write`. */
  readonly writable: boolean;
  /** Take no put that nothing vouches for. Default false. */
  readonly strictPut?: boolean;
  /** Dial clients that ask for it. */
  readonly active: boolean;
  /** Milliseconds without a byte before a transfer is aborted. */
  readonly stall: number;
  readonly emit: (event: TransferEvent) => void;
  readonly changed: (event: ChangeEvent) => void;
  /** One sentence for the server's owner, about no transfer. */
  readonly note: (sentence: string) => void;
}

/** Why a put that nothing vouches for is not taken here; undefined where it is. */
export function putRefusal({ writable, strictPut = false }: Service): TwinportError | undefined {
  if (writable && !strictPut) return undefined;
  return new TwinportError('denied', writable ? 'only verified puts are allowed here' : 'writing is not allowed here');
}
