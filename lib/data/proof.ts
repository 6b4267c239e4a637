import { TwinportError } from '../errors';
import type { Conn } from '../net/network';
import { withUnread } from './unread';

/**
 * What a connection goes through before it is a data connection: a secret is shown or demanded, a handshake made.
 * Resolves with what the transfer then goes over. Resetting what fails is the caller's, and so is the time it may take.
 */
export type Proof = (conn: Conn) => Promise<Conn>;

/** Goes through a proof, which no limit on the rate holds up. */
export function prove(conn: Conn, proof: Proof): Promise<Conn> {
  return conn.opening?.(() => proof(conn)) ?? proof(conn);
}

/** The first bytes must be these; whatever comes along behind them belongs to the transfer. */
export function demands(secret: Uint8Array): Proof {
  return async (conn) => {
    const got: Uint8Array[] = [];
    let length = 0;
    while (length < secret.length) {
      const chunks = await conn.read(secret.length - length);
      if (chunks === null) throw unproven();
      for (const chunk of chunks) {
        got.push(Uint8Array.prototype.slice.call(chunk));
        length += chunk.length;
      }
    }
    const bytes = Buffer.concat(got);
    // In constant time: a stranger must not learn the secret byte by byte.
    if (!crypto().timingSafeEqual(bytes.subarray(0, secret.length), secret)) throw unproven();
    return bytes.length === secret.length ? conn : withUnread(conn, bytes.subarray(secret.length));
  };
}

/** These bytes come first. */
export function shows(secret: Uint8Array): Proof {
  return async (conn) => {
    await conn.write(secret);
    return conn;
  };
}

function unproven(): TwinportError {
  return new TwinportError('no-data-connection', 'the data connection showed the wrong token', { reply: 425 });
}

/** Loaded when needed: it takes 2 ms, and a plain active request needs none of it. */
export function crypto(): typeof import('node:crypto') {
  return require('node:crypto') as typeof import('node:crypto');
}
