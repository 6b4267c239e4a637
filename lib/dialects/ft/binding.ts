import { demands, shows, type Proof } from '../../data/proof';
import { unlessLater } from '../../data/scope';
import { TwinportError } from '../../errors';
import type { Clock, SecureConn } from '../../net/network';
import { LIMITS } from '../../options';

/**
 * Under TLS a data connection has a handshake of its own, and belongs to its control connection by what only the two
 * ends of that can know (RFC 5705): the client sends it first. A token could be read by whoever has the wrong end of a
 * handshake; this cannot be had from one connection for another, nor for another request of the same one.
 */
const LABEL = 'EXPORTER-twinport-data';
const LENGTH = 32;

function keyOf(p: SecureConn, request: number): Buffer {
  return p.exporter(LENGTH, LABEL, Buffer.from(String(request)));
}

/** Of whoever comes to the port of a passive request: a stranger is sent away, and the port stays open. */
export function serverProof(p: SecureConn, request: number): Proof {
  const demand = demands(keyOf(p, request));
  return async (conn) => demand(await p.another(conn));
}

/** Of whoever is dialled: somebody else's server on that port has as long as a stranger has, and the words say nothing. */
export function dialledProof(p: SecureConn, request: number, clock: Clock): Proof {
  const proof = serverProof(p, request);
  return async (conn) => {
    const failed = (cause?: unknown): TwinportError =>
      new TwinportError('no-data-connection', 'cannot open the data connection', { reply: 425, cause });
    const proven = proof(conn).catch((error: unknown) => Promise.reject(failed(error)));
    return unlessLater(proven, clock, LIMITS.candidate, failed);
  };
}

export function clientProof(p: SecureConn, request: number): Proof {
  const show = shows(keyOf(p, request));
  return async (conn) => show(await p.another(conn));
}
