import { expect } from 'chai';
import { pattern } from '../support/bytes';
import { CLIENT, portIn, RELAY, SERVER, withRelay, type RelayBench } from '../support/relayBench';
import { passTime } from '../support/bothNetworks';
import { withWorld } from '../support/relayWorld';
import type { Conn } from '../../lib/net/network';
import type { RelayOptions } from '../../lib/relaying';

/** The pieces in which a stream arrives, until its end or its loss. */
async function piecesOf(conn: Conn): Promise<{ lengths: number[]; bytes: Buffer }> {
  const lengths: number[] = [];
  const all: Buffer[] = [];
  try {
    for (let chunks; (chunks = await conn.read()) !== null;) {
      for (const chunk of chunks) {
        lengths.push(chunk.length);
        all.push(Buffer.from(chunk));
      }
    }
  } catch {
    // A reset ends it too.
  }
  return { lengths, bytes: Buffer.concat(all) };
}

const DATA = pattern(20_000);

/** What a server sees of a client's lines, and a client of a file, through faults. `chunk`: how the file is sent. */
async function seen(options: Partial<RelayOptions>, chunk = DATA.length) {
  let result: { p: number[]; q: number[]; flips: unknown[]; bytes: Buffer } | undefined;
  await withRelay(options, async (bench: RelayBench) => {
    const { client, server } = await bench.session();
    const q: Promise<{ lengths: number[]; bytes: Buffer }>[] = [];
    const door = await bench
      .machine(CLIENT)
      .listen({ port: 0 }, (conn) => q.push(piecesOf(conn).finally(() => conn.destroy())));
    await client.end(`-g file ${door.local.port}\n`);
    await passTime(bench.clock, 5, server.over());
    const far = await bench.dial(SERVER, RELAY, portIn(server.received.toString().trim()));
    const sent = (async () => {
      for (let at = 0; at < DATA.length; at += chunk) await far.send(DATA.subarray(at, at + chunk));
      await far.end();
    })();
    await passTime(bench.clock, 5, far.whole());
    await sent;
    await server.end();
    await passTime(bench.clock, 5, client.over());
    const { lengths, bytes } = (await q[0]) ?? { lengths: [], bytes: Buffer.alloc(0) };
    const flips = bench.told.flatMap((event) => (event.kind === 'flip' ? [[event.which, event.offset]] : []));
    result = { p: [server.received.length], q: lengths, flips, bytes };
    await door.close();
  })();
  if (result === undefined) throw new Error('nothing was seen');
  return result;
}

describe('the same seed', () => {
  it('cuts the same pieces, another seed others', async () => {
    const first = await seen({ stammer: true, seed: 5 });
    expect(first.q.length).to.be.above(50);
    expect(first.bytes.equals(DATA)).to.equal(true);
    expect((await seen({ stammer: true, seed: 5 })).q).to.deep.equal(first.q);
    expect((await seen({ stammer: true, seed: 6 })).q).not.to.deep.equal(first.q);
  });

  it('cuts at the same offsets however the bytes arrive, and whatever else it does', async () => {
    const edges = ({ q }: { q: number[] }): Set<number> => {
      let offset = 0;
      return new Set(q.map((length) => (offset += length)));
    };
    const whole = [...edges(await seen({ stammer: true, seed: 5 }))];
    expect([...edges(await seen({ stammer: true, seed: 5 }, 777))]).to.include.members(whole);
    expect([...edges(await seen({ stammer: true, seed: 5, latency: 3, corrupt: 4 }))]).to.include.members(whole);
  });

  it('flips the same bits, another seed others, in as many bytes as it was told', async () => {
    const first = await seen({ corrupt: 5, seed: 5 });
    const differ = [...first.bytes.entries()].flatMap(([at, byte]) => (byte === DATA[at] ? [] : [at]));
    expect(differ).to.have.length(5);
    expect(first.flips).to.deep.equal(differ.map((at) => ['data', at]));
    for (const other of [
      await seen({ corrupt: 5, seed: 5 }, 777),
      await seen({ corrupt: 5, seed: 5, stammer: true }),
    ]) {
      expect(other.bytes.equals(first.bytes)).to.equal(true);
    }
    expect((await seen({ corrupt: 5, seed: 6 })).flips).not.to.deep.equal(first.flips);
  });
});

describe('sessions through a relay that stammers', () => {
  const FILES = { 'a file': pattern(6000), empty: '', 'dir/x': 'x' };

  for (const passive of [false, true]) {
    it(
      `list, get and put, verified, ${passive ? 'passive' : 'active'}, with 24 seeds`,
      withWorld(FILES, async (world) => {
        for (let seed = 1; seed <= 24; seed += 1) {
          const bytes = pattern(1500, seed);
          const local = world.place.write(`up${seed}`, bytes);
          const { value, error } = await world.through(
            { stammer: true, seed, ...(seed % 3 === 0 && { latency: 7, rate: 400_000 }) },
            async (client) => {
              const { entries } = await client.list('');
              expect(entries.map(({ name }) => name)).to.include.members(['a file', 'dir', 'empty']);
              await client.get('empty', world.place.path(`empty${seed}`));
              const got = await client.get('a file', world.place.path(`got${seed}`));
              const put = await client.put(local, `up${seed}`);
              return [got.verified, put.verified];
            },
            { passive },
          );
          if (error !== undefined) throw error;
          expect(value, `seed ${seed}`).to.deep.equal([true, true]);
          expect(world.place.read(`got${seed}`).equals(FILES['a file']), `seed ${seed}`).to.equal(true);
          expect(world.place.read(`empty${seed}`).length).to.equal(0);
          expect(world.storage.bytes(`up${seed}`)?.equals(bytes), `seed ${seed}`).to.equal(true);
        }
      }),
    );
  }
});
