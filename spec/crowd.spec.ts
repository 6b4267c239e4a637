import { expect } from 'chai';
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from '../lib';
import { noLeaks } from './support/leaks';
import { pattern } from './support/bytes';
import { connectRaw, listenRaw, type RawListener, type RawPeer } from './support/peer';

/** Sizes where buffers, packets and chunks have their edges. */
const SIZES = [0, 1, 1460, 65535, 65536, 65537, 262_144, 1_000_003];

describe('many clients at once', function () {
  this.timeout(60_000);
  noLeaks();

  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'twinport-crowd-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('serves 64 of them right while others stall, dribble, flood and reset', async () => {
    const files = await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        const bytes = pattern((SIZES[i % SIZES.length] ?? 0) + (i % SIZES.length > 1 ? i : 0), i);
        await writeFile(join(directory, `file ${i}`), bytes);
        return bytes;
      }),
    );
    await writeFile(join(directory, 'large'), pattern(8 * 1024 * 1024));
    const server = createServer({ root: directory, writable: true });
    const { port } = await server.listen(0, '127.0.0.1');

    const rude = await misbehave(port);
    await Promise.all(
      files.map(async (bytes, i) => {
        const client = await connect({ host: '127.0.0.1', port, passive: i % 3 === 0 });
        const to = join(directory, `got ${i}`);
        const got = await client.get(`file ${i}`, to);
        expect(got).to.include({ verified: true, size: bytes.length });
        expect((await readFile(to)).equals(bytes), `file ${i}`).to.equal(true);
        const put = await client.put(to, `put ${i}`);
        expect(put).to.include({ verified: true, size: bytes.length });
        expect((await readFile(join(directory, `put ${i}`))).equals(bytes), `put ${i}`).to.equal(true);
        await client.close();
      }),
    );

    const client = await connect({ host: '127.0.0.1', port });
    const { entries } = await client.list();
    const names = entries.map(({ name }) => name);
    expect(names).to.include('put 63');
    expect(
      names.filter((name) => name.startsWith('rude')),
      'half a file was published',
    ).to.deep.equal([]);
    await client.close();

    await rude.leave();
    await server.close(0);
  });
});

/** Thirty peers, each wrong in its own way, and held so until `leave`. */
async function misbehave(port: number): Promise<{ leave(): Promise<void> }> {
  const peers: RawPeer[] = [];
  const doors: RawListener[] = [];
  const peer = async (): Promise<RawPeer> => {
    const made = await connectRaw(port);
    peers.push(made);
    return made;
  };
  for (let i = 0; i < 5; i++) {
    // Says nothing at all.
    await peer();
    // Half a request, for ever.
    await (await peer()).send('-g file');
    // Listens and never reads what it asked for.
    const door = await listenRaw();
    doors.push(door);
    await (await peer()).send(`-g large ${door.port}\n`);
    void door.next().then((q) => q.pause());
    // Announces a file and sends half of it.
    const half = await listenRaw();
    doors.push(half);
    await (await peer()).send(`-p --size=1000000 rude${i} ${half.port}\n`);
    void half.next().then((q) => q.send(Buffer.alloc(500_000)).catch(() => undefined));
    // Asks for what nobody listens to, floods with rubbish, and resets.
    const resetter = await peer();
    await resetter.send('-g large 1\n'.repeat(3));
    void resetter.send(Buffer.alloc(100_000, 0xff)).catch(() => undefined);
    resetter.reset();
    // Many requests at once, in one write, and then FIN.
    const piper = await peer();
    await piper.end('-s large\n'.repeat(40));
  }
  return {
    leave: async () => {
      for (const one of peers) one.reset();
      await Promise.all(doors.map((door) => door.close()));
    },
  };
}
