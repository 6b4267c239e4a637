import type { Conn, SecureConn } from '../../lib/net/network';
import { clientTls } from '../../lib/net/tls';
import { CLIENT, SERVER, type Bench } from './ftBench';
import { settle } from './fakeClock';
import { Talker } from './talker';
import { authority } from './tls';

/** Bare peers of a server under TLS, that prove themselves as the spec makes them. */

const tls = (more: object = {}) => clientTls({ host: 'localhost', ca: authority(), ...more });

export async function rawDial(bench: Bench, port = bench.port, from = CLIENT): Promise<Conn> {
  const network = from === SERVER ? bench.network : bench.machine(from);
  return network.dial({ host: SERVER, port }, new AbortController().signal);
}

/** A control connection, and its handshake. */
export async function secureDial(bench: Bench, more: object = {}): Promise<{ p: Talker; secure: SecureConn }> {
  const secure = await tls(more).secure(await rawDial(bench));
  // Tickets come behind the handshake; who leaves before they are read resets.
  await settle();
  return { p: new Talker(secure), secure };
}

/** What the data connection of the request with this number begins with. */
export const bindingOf = (secure: SecureConn, request: number): Buffer =>
  secure.exporter(32, 'EXPORTER-twinport-data', Buffer.from(String(request)));

/** The port in a 150. */
export const portIn = (reply: string): number => Number(/port=(\d+);/.exec(reply)?.[1] ?? 0);
