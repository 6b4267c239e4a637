import { expect } from 'chai';
import { listenTcp } from '../../lib/net/listen';
import type { Network } from '../../lib/net/network';
import { tcpNetwork } from '../../lib/net/tcp';
import { pattern } from '../support/bytes';
import { Connections } from '../support/connections';
import { settle } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { anotherTls, tlsNetwork } from '../support/tls';

const TOTAL = 64 * 1024 * 1024;
const WRITE = 4 * 1024 * 1024;

/** TCP whose accepted connections receive into large buffers, too. */
const bulkNetwork = (): Network => ({
  ...tcpNetwork(),
  listen: (options, onConn) => listenTcp({ ...options, bulk: true }, onConn),
});

const NETWORKS: Record<string, () => Promise<Network>> = {
  TCP: () => Promise.resolve(bulkNetwork()),
  'TLS on a socket': async () => {
    const { server, client } = await anotherTls();
    return tlsNetwork(bulkNetwork(), server, client);
  },
};

for (const [name, make] of Object.entries(NETWORKS)) {
  describe(`receiving in bulk over ${name}`, () => {
    let net: Connections;
    before(async () => {
      net = new Connections(await make());
    });
    afterEach(() => net.release());
    noLeaks();

    for (const receiver of ['dialled', 'accepted'] as const) {
      // The trap: told to stop, Node keeps the buffer it has, and fills it when it goes on. And that an accepted
      // connection was truly adopted shows in its buffers being few.
      it(`never overwrites a chunk still in use: 64 MiB through at most four buffers, ${receiver}`, async function () {
        this.timeout(60_000);
        const pair = await net.pair({ bulk: true });
        const reader = pair[receiver];
        const writer = receiver === 'dialled' ? pair.accepted : pair.dialled;
        const bytes = pattern(TOTAL);
        const sent = (async () => {
          for (let at = 0; at < TOTAL; at += WRITE) await writer.write(bytes.subarray(at, at + WRITE));
          await writer.end();
        })();
        const buffers = new Set<ArrayBufferLike>();
        let at = 0;
        let turn = 0;
        for (let chunks = await reader.read(960 * 1024); chunks !== null; chunks = await reader.read(960 * 1024)) {
          // A slow disk: meanwhile the connection fills what it may, pauses, and is told to go on.
          turn += 1;
          await settle(turn % 8);
          for (const chunk of chunks) {
            if (!bytes.subarray(at, at + chunk.length).equals(chunk)) throw new Error(`differs after ${at}`);
            at += chunk.length;
            buffers.add(chunk.buffer);
          }
        }
        await sent;
        expect(at).to.equal(TOTAL);
        expect(buffers.size).to.be.at.most(4);
      });
    }
  });
}
