import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connect, createRelay, createServer, memoryStorage, type DialectName } from '../lib';
import { noLeaks } from './support/leaks';
import { pattern } from './support/storageHelpers';

/** Those whose clients speak first and cannot be mistaken for one another. */
const SPOKEN: readonly DialectName[] = ['ft', 'stepwise', 'framed', 'privateshare'];
const EACH = 5;
const PUTS = new Set<DialectName>(['ft', 'framed', 'privateshare']);

/** Everything one client of a dialect can do with a server, its files its own; what it got is compared. */
async function useAll(dialect: DialectName, nth: number, port: number, body: Buffer, scratch: string): Promise<void> {
  const client = await connect({ host: '127.0.0.1', port, dialect });
  const name = `${dialect}-${nth}`;
  try {
    if (dialect !== 'framed') {
      const { entries } = await client.list();
      expect(entries.map((entry) => entry.name)).to.include(`for-${name}`);
    }
    const local = join(scratch, name);
    await client.get(`for-${name}`, local);
    expect((await readFile(local)).equals(body), name).to.equal(true);
    if (PUTS.has(dialect)) await client.put(Readable.from([body]), `from-${name}`);
  } finally {
    await client.close();
  }
}

describe('twenty clients of four languages at once on one port', () => {
  noLeaks();

  for (const through of ['', ' through a relay that stammers']) {
    it(`each get and put their own${through}`, async () => {
      const callers = SPOKEN.flatMap((dialect) => Array.from({ length: EACH }, (_, nth) => ({ dialect, nth })));
      // Of another length each, so that no mix-up could go unseen.
      const bodies = callers.map((_, at) => Buffer.from(pattern(20_000 + 3001 * at)));
      const files = Object.fromEntries(
        callers.map(({ dialect, nth }, at) => [`for-${dialect}-${nth}`, bodies[at] as Buffer]),
      );
      const storage = memoryStorage(files);
      const server = createServer({ storage });
      const { port } = await server.listen(0, { host: '127.0.0.1', dialect: 'auto', writable: true });
      const relay = createRelay({ to: { host: '127.0.0.1', port }, stammer: true, seed: 7 });
      const scratch = await mkdtemp(join(tmpdir(), 'twinport-mixed-'));
      try {
        const at = through === '' ? port : (await relay.listen(0, '127.0.0.1')).port;
        await Promise.all(callers.map(({ dialect, nth }, i) => useAll(dialect, nth, at, bodies[i] as Buffer, scratch)));
        for (const [i, { dialect, nth }] of callers.entries()) {
          if (!PUTS.has(dialect)) continue;
          expect(storage.bytes(`from-${dialect}-${nth}`)?.equals(bodies[i] as Buffer)).to.equal(true);
        }
      } finally {
        await relay.close();
        await server.close(0);
        await rm(scratch, { recursive: true, force: true });
      }
    });
  }
});
