import { connect, type Client, type ConnectOptions } from '../../lib/client';
import type { Conn, SecureConn } from '../../lib/net/network';
import { clientTls } from '../../lib/net/tls';
import { CLIENT, SERVER, type Bench } from './ftBench';
import { settle } from './fakeClock';
import { Talker } from './talker';
import { authority } from './tls';

/** Clients of a bench under TLS: our own, and bare ones that prove themselves as the spec makes them. */

/** What a client needs to believe a bench's server. */
export const TRUST = { ca: authority(), servername: 'localhost' };

export function tlsClient(bench: Bench, more: Partial<ConnectOptions> = {}): Promise<Client> {
  const { port, clock } = bench;
  return connect({ host: SERVER, port, network: bench.machine(CLIENT), clock, tls: TRUST, ...more });
}

/** A farewell is waited for. */
export async function closing(bench: Bench, ...clients: readonly Client[]): Promise<void> {
  const closed = Promise.all(clients.map((client) => client.close()));
  await bench.clock.advance(1000);
  await closed;
}

/** What the server tells its owner from now on. */
export function notesOf(bench: Bench): string[] {
  const notes: string[] = [];
  bench.server.on('note', (note) => notes.push(note));
  return notes;
}

const tls = (more: object = {}) => clientTls({ host: 'localhost', ca: authority(), ...more });

export async function rawDial(bench: Bench, port = bench.port, from = CLIENT): Promise<Conn> {
  const network = from === SERVER ? bench.network : bench.machine(from);
  return network.dial({ host: SERVER, port }, new AbortController().signal);
}

/** A control connection, and its handshake. */
export async function secureDial(bench: Bench, more: object = {}): Promise<SecurePeer> {
  return securePeer(await rawDial(bench), more);
}

export interface SecurePeer {
  readonly p: Talker;
  readonly secure: SecureConn;
}

/** The handshake over a connection that nobody reads yet. */
export async function securePeer(conn: Conn, more: object = {}): Promise<SecurePeer> {
  const secure = await tls(more).secure(conn);
  // Tickets come behind the handshake; who leaves before they are read resets.
  await settle();
  return { p: new Talker(secure), secure };
}

/** What the data connection of the request with this number begins with. */
export const bindingOf = (secure: SecureConn, request: number): Buffer =>
  secure.exporter(32, 'EXPORTER-twinport-data', Buffer.from(String(request)));

/** The port in a 150. */
export const portIn = (reply: string): number => Number(/port=(\d+);/.exec(reply)?.[1] ?? 0);
