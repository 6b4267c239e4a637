import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connect } from '../../lib/client';
import { tcpNetwork } from '../../lib/net/tcp';
import { createServer } from '../../lib/server';
import { memoryStorage, type MemoryStorage } from '../../lib/storage/memory';
import { CONTENT, HONEST } from '../support/attack';
import { pattern } from '../support/bytes';
import { Connections } from '../support/connections';
import { Basin } from '../support/ftPlay';
import { noLeaks } from '../support/leaks';
import { withLimit } from '../support/limits';
import { eventually, Talker } from '../support/talker';

const MIB = 1024 * 1024;
const HOST = '127.0.0.1';
const PUTS = 24;

/** Takes whatever is put, and keeps nothing of it: what is held then is held by the connections. */
function swallowing(storage: MemoryStorage): { readonly bytes: () => number; readonly restore: () => void } {
  const write = storage.write.bind(storage);
  let bytes = 0;
  storage.write = async (...how) =>
    Object.assign(await write(...how), {
      write: (chunks: readonly Uint8Array[]) => {
        for (const { length } of chunks) bytes += length;
      },
    });
  return { bytes: () => bytes, restore: () => (storage.write = write) };
}

describe('hostile: memory', () => {
  const attacker = new Connections(tcpNetwork());
  afterEach(() => attacker.release());
  noLeaks();

  it(
    'S97 puts that stop in the middle, many at once',
    withLimit('receiveBuffers', 9 * MIB, async () => {
      const storage = memoryStorage({ [HONEST]: CONTENT });
      const swallowed = swallowing(storage);
      const server = createServer({ storage, writable: true });
      const { port } = await server.listen(0, HOST);
      const before = process.memoryUsage().arrayBuffers;
      const bytes = pattern(3 * MIB);
      try {
        for (let i = 0; i < PUTS; i += 1) {
          const p = new Talker(await attacker.dial({ port }));
          await p.send(`-p --size=${4 * MIB} put${i} 0\n`);
          const data = Number(/port=(\d+);/.exec(await p.line())?.[1]);
          await (await attacker.dial({ port: data })).write(bytes);
          await eventually(
            'all that came is written',
            () => swallowed.bytes() === (i + 1) * bytes.length,
            swallowed.bytes,
          );
        }
        // Two of them have their four megabytes, the others a quarter of one; all would have been a hundred and more.
        expect(process.memoryUsage().arrayBuffers - before - bytes.length).to.be.below(
          9 * MIB + PUTS * (MIB / 4) + 2 * MIB,
        );
        swallowed.restore();
        const client = await connect({ host: HOST, port });
        const basin = new Basin();
        expect(await client.get(HONEST, basin)).to.include({ verified: true });
        expect(basin.bytes.toString()).to.equal(CONTENT);
        expect(await client.put(Readable.from([bytes]), 'honest put')).to.include({
          verified: true,
          length: bytes.length,
        });
        await client.close();
      } finally {
        await attacker.release();
        await server.close(0);
      }
    }),
  );
});
