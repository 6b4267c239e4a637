import { expect } from 'chai';
import { settle } from '../support/fakeClock';
import { RELAY, RelayBench, withRelay } from '../support/relayBench';

/** More than a chunk of lines each, none of which may be changed: there is no room for a data port, or no port. */
const FLOODS = {
  newlines: `-${'\n'.repeat(50_000)}`,
  'short words': '-f\n'.concat('a\n'.repeat(30_000)),
  'requests without a port': '-l\n'.repeat(20_000),
  'refused requests': '-g x\n-l 80\n-c 1\n-p a 8555 \n'.repeat(3000),
} as const;

describe('a relay with a client that sends lines without end', () => {
  for (const [what, flood] of Object.entries(FLOODS)) {
    for (const direction of ['there', 'back'] as const) {
      it(
        `serves another in between, and changes nothing: ${what}, ${direction}`,
        withRelay({}, async (bench) => {
          const { client, server } = await bench.session();
          await client.send('-f\n');
          await server.line();
          const [from, to] = direction === 'there' ? [client, server] : [server, client];
          const before = to.received.length;
          const sent = from.end(flood);
          await settle();
          const other = await bench.session();
          await other.client.send('-q\n');
          await other.server.line();
          await other.server.send('221 x\r\n');
          await other.client.line();
          // The clock stands: what is left of the flood waits for its next turn.
          expect(to.received.length - before).to.be.below(flood.length);
          for (let turns = 0; to.state === 'open'; turns += 1) {
            expect(turns).to.be.below(1000);
            await bench.clock.advance(1);
          }
          await sent;
          expect(to.received.toString('latin1', before)).to.equal(flood);
        }),
      );
    }
  }

  it('passes what it need not change in few pieces', async () => {
    const bench = new RelayBench();
    const machine = bench.machine(RELAY);
    let writes = 0;
    await bench.open({
      network: {
        listen: (...listening) => machine.listen(...listening),
        isOwnAddress: (address) => machine.isOwnAddress(address),
        dial: async (...dialling) => {
          const conn = await machine.dial(...dialling);
          const write = conn.write.bind(conn);
          conn.write = (bytes) => {
            writes += 1;
            return write(bytes);
          };
          return conn;
        },
      },
    });
    const { client, server } = await bench.session();
    await client.send(`-f\n${'\n'.repeat(4000)}`);
    await server.bytes(4003);
    expect(writes).to.be.within(1, 4);
    await bench.close();
  });
});
