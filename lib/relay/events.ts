import type { Endpoint } from '../net/network';

/** Which connection of a session: the control connection (or the only one), or a data connection. */
export type Which = 'control' | 'data';

/** What a relay tells its owner. `connection` numbers the clients from 1. */
export type RelayEvent =
  | { readonly kind: 'connection'; readonly connection: number; readonly from: Endpoint }
  /** `connection` is 0 on a fixed pair of ports, which belongs to no client that the relay knows. */
  | { readonly kind: 'data'; readonly connection: number; readonly from: Endpoint; readonly to: Endpoint }
  | Fault
  | {
      readonly kind: 'unreachable';
      readonly connection: number;
      readonly which: Which;
      readonly to: Endpoint;
      readonly error: unknown;
    }
  /** A sentence: what the relay cannot do here. */
  | { readonly kind: 'note'; readonly connection: number; readonly text: string }
  | {
      readonly kind: 'closed';
      readonly connection: number;
      readonly which: Which;
      readonly how: 'ended' | 'lost' | 'cut' | 'reset';
      /** Bytes passed on to the server's side, and to the client's. */
      readonly there: number;
      readonly back: number;
    };

/** A fault that struck. */
export interface Fault {
  readonly kind: 'flip' | 'cut' | 'reset';
  readonly connection: number;
  readonly which: Which;
  /** Bytes of this direction before it, a token not counted. */
  readonly offset: number;
  /** Where this direction leads. */
  readonly to: Endpoint;
}
