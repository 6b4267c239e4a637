import { createServer, type Server, type Socket } from 'node:net';
import { TwinportError } from '../errors';
import { logFor } from '../log';
import { LIMITS } from '../options';
import { plainAddress } from '../wire/addresses';
import { adopt } from './adopt';
import { BulkInlet } from './bulkInlet';
import { inheritedFailure, listenFailure } from './failures';
import type { Conn, Listener, ListenOptions } from './network';
import { learnDescriptorLimit } from './scarcity';
import { TcpConn } from './tcpConn';

const log = logFor('net');

export async function listenTcp(options: ListenOptions, onConn: (conn: Conn) => void): Promise<Listener> {
  const { host, port, fd } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new TwinportError('invalid-port', `a port is a whole number from 0 to 65535, not ${port}`);
  }
  if (options.crowd === true) learnDescriptorLimit();
  const server = createServer({
    // The peer's FIN ends reading alone.
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: LIMITS.keepAlive,
  });
  server.on('connection', (socket) => accepted(socket, options.bulk === true, onConn));
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void =>
      reject(fd === undefined ? listenFailure(host, port, error) : inheritedFailure(fd, error));
    server.once('error', failed);
    // Without a host Node tries every IPv6 and IPv4 address at once, and IPv4 alone where there is no IPv6.
    const where = fd === undefined ? { port, ...(host !== undefined && { host }) } : { fd };
    server.listen({ ...where, exclusive: true }, () => {
      // A Unix socket has no address that could be told to a client of ours.
      if (fd !== undefined && typeof (server.address() ?? '') === 'string') {
        server.close();
        failed(new Error('it is no TCP socket'));
        return;
      }
      server.off('error', failed);
      // From here on an error is a connection that could not be accepted: the listener itself is sound, and one
      // caller too many must not end a server. Of EMFILE nothing is heard (`scarcity`).
      server.on('error', (error) => log.trace('cannot accept: %s', error.message));
      resolve(listener(server));
    });
  });
}

function accepted(socket: Socket, wantsBulk: boolean, onConn: (conn: Conn) => void): void {
  // Reset before we could accept it: the socket no longer knows its peer.
  if (socket.remoteAddress === undefined) {
    socket.on('error', (error) => log.trace('accepted, already gone: %s', error.message));
    socket.destroy();
    return;
  }
  const bulk = wantsBulk ? new BulkInlet() : undefined;
  const adopted = bulk && adopt(socket, bulk.onread());
  if (adopted === undefined) bulk?.abort(new TwinportError('aborted', 'it is read otherwise'));
  onConn(adopted === undefined ? new TcpConn(socket) : new TcpConn(adopted, bulk));
}

function listener(server: Server): Listener {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP listener without an address');
  let open = true;
  return {
    local: { address: plainAddress(bound.address), port: bound.port },
    close: () => {
      // Node's own callback waits for every connection to end; the port is free at once.
      if (open) server.close();
      open = false;
      return Promise.resolve();
    },
  };
}
