import { expect } from 'chai';
import { tcpNetwork } from '../../lib/net/tcp';
import type { Conn } from '../../lib/net/network';
import { failureOf } from '../support/bytes';
import { Connections } from '../support/connections';
import { noLeaks } from '../support/leaks';
import { listenRaw } from '../support/peer';

const ROUNDS = 12;

/** Reads to the end, whichever it is. */
async function readOut(conn: Conn): Promise<string> {
  for (;;) if ((await conn.read()) === null) return 'ended';
}

describe('the end of a connection behind our own FIN', () => {
  const net = new Connections(tcpNetwork());
  afterEach(() => net.release());
  noLeaks();

  for (const bulk of [false, true]) {
    for (const size of [1, 1000, 500_000]) {
      const how = `behind ${size} bytes${bulk ? ', read in bulk' : ''}`;

      it(`is no end when it is a reset: ${how}`, async () => {
        const listener = await listenRaw();
        for (let round = 0; round < ROUNDS; round += 1) {
          const conn = await net.network.dial(
            { host: '127.0.0.1', port: listener.port, bulk },
            new AbortController().signal,
          );
          const peer = await listener.next();
          await conn.end();
          // Heard by the peer, so that nothing but its reset is on the way.
          await peer.untilEnd();
          const read = failureOf(readOut(conn));
          void peer.send(Buffer.alloc(size)).catch(() => undefined);
          peer.reset();
          expect((await read).code, `round ${round}`).to.equal('connection-lost');
          await conn.closed;
        }
        await listener.close();
      });

      it(`is one when it is FIN: ${how}`, async () => {
        const listener = await listenRaw();
        for (let round = 0; round < ROUNDS; round += 1) {
          const conn = await net.network.dial(
            { host: '127.0.0.1', port: listener.port, bulk },
            new AbortController().signal,
          );
          const peer = await listener.next();
          await conn.end();
          await peer.untilEnd();
          const read = readOut(conn);
          await peer.end(Buffer.alloc(size));
          expect(await read, `round ${round}`).to.equal('ended');
          expect(conn.bytesRead).to.equal(size);
          await conn.closed;
        }
        await listener.close();
      });
    }
  }
});
