import { TwinportError } from '../errors';
import type { Conn } from '../net/network';

/**
 * For where an end is all that says that something is whole. Anybody between can send a FIN, and a killed peer's kernel does:
 * under TLS the peer's own end is known by its close_notify. In clear text there is nothing to ask for. Throws `incomplete`.
 */
export function assertFarewell(conn: Conn): void {
  if (conn.secured?.farewell !== false) return;
  throw new TwinportError('incomplete', 'the connection was cut: it ended without the close_notify of TLS');
}
