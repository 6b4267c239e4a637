import type { Conn } from '../net/network';

/**
 * A plan for one data connection, made before the request is answered and carried out at most once. It can
 * be cancelled at any time: a plan that was made and not used must not leave a listener, nor a dial on its
 * way that could land on the next transfer.
 */
export interface Channel {
  /** Opens the connection. Rejects `no-data-connection`, `data-timeout`, or the signal's reason. */
  open(signal: AbortSignal): Promise<Conn>;
  /** Gives the plan up; what `open` has returned is its caller's. Resolves when nothing of it is left. */
  cancel(): Promise<void>;
}
