import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Conn, SecureConn } from './network';
import type { Secured } from './secured';
import { TcpConn } from './tcpConn';
import { TlsConn } from './tlsConn';
import { TlsOverTcp } from './tlsOverTcp';
import { Wire } from './tlsWire';

const NOTHING = Buffer.alloc(0);

/** What a handshake's failure is told from. */
export interface Said {
  /** How the connection beneath ended, where it did not with FIN. */
  readonly failure: unknown;
  /** The first bytes that came; empty where none did, undefined where they went by unseen. */
  readonly opening: Buffer | undefined;
  /** TLS has said something: of a server that is its certificate. */
  readonly answered: boolean;
  /** Nobody asks for the opening any more. */
  forget(): void;
}

/** What TLS is made on. */
export interface Below {
  readonly stream: Duplex;
  readonly said: Said;
  readonly secured: (socket: TLSSocket) => Secured;
}

export type Over = (conn: Conn) => Below;

/** The connection as a stream of ciphertext: whatever it is, and whatever it does with what goes over it. */
export const overWire: Over = (conn) => {
  const stream = new Wire(conn);
  return { stream, said: stream, secured: (socket) => new TlsConn(conn, stream, socket) };
};

/** The socket itself, where the connection is one of TCP of which nobody has read. For connections whose bytes are counted. */
export const overSocket: Over = (conn) => {
  const stream = conn instanceof TcpConn ? conn.lend() : undefined;
  if (!(conn instanceof TcpConn) || stream === undefined) return overWire(conn);
  // TLS reads and writes beneath it, and the socket counts all the same.
  const said = {
    get opening(): Buffer | undefined {
      return stream.bytesRead === 0 ? NOTHING : undefined;
    },
    get answered(): boolean {
      return stream.bytesWritten > 0;
    },
    forget: () => undefined,
    get failure(): unknown {
      return conn.failure;
    },
  };
  return { stream, said, secured: (socket) => new TlsOverTcp(conn, socket) };
};

/** As far down as it can be made. */
export function lower(conn: Conn, secure: (conn: Conn) => Promise<SecureConn>): Promise<SecureConn> {
  return conn.beneath?.(secure) ?? secure(conn);
}
