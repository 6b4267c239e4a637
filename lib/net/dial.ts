import { connect, isIP, type TcpNetConnectOpts } from 'node:net';
import { TwinportError } from '../errors';
import { LIMITS } from '../options';
import { BulkInlet } from './bulkInlet';
import { dialFailure, reasonOf } from './failures';
import type { Conn, DialOptions } from './network';
import { TcpConn } from './tcpConn';

/** `localPort` serves the specs: it makes a connection to itself certain instead of rare. */
export interface TcpDialOptions extends DialOptions {
  readonly localPort?: number;
}

export async function dialTcp(options: TcpDialOptions, signal: AbortSignal): Promise<Conn> {
  const { host, port, localAddress } = options;
  if (signal.aborted) throw reasonOf(signal);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new TwinportError('invalid-port', `a port is a whole number from 1 to 65535, not ${port}`);
  }
  // Node takes the empty name for localhost.
  if (host === '') throw new TwinportError('cannot-resolve', 'cannot find the host ""');
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw new TwinportError('invalid-argument', `"${localAddress}" is no address to connect from`);
  }

  const bulk = options.bulk === true ? new BulkInlet() : undefined;
  const socket = connect(socketOptions(options, bulk));
  return new Promise((resolve, reject) => {
    let conn: TcpConn | undefined;
    const abort = (): void => {
      // Node's callbacks for this attempt end here: a late one must not become somebody's connection.
      socket.removeAllListeners('connect');
      socket.destroy();
      bulk?.abort(reasonOf(signal));
      reject(reasonOf(signal));
    };
    // Stays for good: an attempt that was called off may still fail.
    socket.on('error', (error) => {
      signal.removeEventListener('abort', abort);
      const failure = dialFailure(host, port, localAddress, error);
      // Of a connection that was made, what had come can still be read.
      if (conn === undefined) bulk?.abort(failure);
      reject(failure);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      conn = new TcpConn(socket, bulk);
      // An unheld port of the range that local ports are taken from can be connected to itself
      // (simultaneous open, RFC 9293 §3.5). Nobody listens there: that is a refusal.
      if (conn.local.port === conn.remote.port && conn.local.address === conn.remote.address) {
        conn.destroy();
        const cause = Object.assign(new Error('connected to itself'), { code: 'ECONNREFUSED' });
        reject(dialFailure(host, port, localAddress, cause));
      } else {
        resolve(conn);
      }
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}

function socketOptions(options: TcpDialOptions, bulk: BulkInlet | undefined): TcpNetConnectOpts {
  const { host, port, localAddress, localPort } = options;
  return {
    host,
    port,
    // The peer's FIN ends reading alone.
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: LIMITS.keepAlive,
    // IPv6 and IPv4 side by side (RFC 8305). Bound to an address, only its own family can work.
    autoSelectFamily: true,
    ...(localAddress !== undefined && { localAddress, family: isIP(localAddress) }),
    ...(localPort !== undefined && { localPort }),
    ...(bulk !== undefined && { onread: bulk.onread() }),
  };
}
