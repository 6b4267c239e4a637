import { expect } from 'chai';
import * as fs from 'node:fs';
import type { Entry, Stat } from '../../lib/storage/storage';
import { answers, attack, attackOnDisk, HONEST, servesHonestly } from '../support/attack';
import { pattern } from '../support/bytes';
import { CLIENT, type Bench } from '../support/ftBench';
import { settle } from '../support/fakeClock';
import { withLimit } from '../support/limits';
import type { Talker } from '../support/talker';
import { watchingUnread } from '../support/unread';

const KIB = 1024;
const MIB = KIB * KIB;

const EIGHT = { maxSessions: 8, maxSessionsPerAddress: 8 };

/** A directory `many` of as many bytes as are said, in 68 a name. */
function many({ storage }: Bench, bytes: number): void {
  const list = storage.list.bind(storage);
  storage.list = (path, ...rest) => {
    if (path !== 'many') return list(path, ...rest);
    return Promise.resolve(
      (async function* (): AsyncGenerator<Entry> {
        for (let at = 0; at * 68 < bytes; at += 1) yield { name: `name ${String(at).padStart(55, '0')}`, type: 'file' };
      })(),
    );
  };
}

describe('hostile: work and memory for little', () => {
  it(
    'S90 blank lines and padding without end',
    attack({}, async ({ dial, bench }) => {
      const p = await dial();
      await watchingUnread(async (use) => {
        for (const padding of ['\n', '\r\n', '\0', '\0\r\n\n']) await p.send(padding.repeat(MIB / padding.length));
        expect(await p.quiet()).to.equal('');
        expect(use.kept).to.be.at.least(4 * MIB);
        // Some pieces of work for each piece that came, and not for each byte of it: that was the whole processor.
        expect(use.taken).to.be.at.most(1000);
      });
      await bench.clock.advance(60_000);
      await p.over();
      expect(p.received.toString()).to.match(/^421 /);
    }),
  );

  it(
    'S91 listings of a large directory, many at once',
    withLimit(
      'listings',
      MIB,
      attack({ files: { 'many/file': '', 'few/file': '' } }, async ({ dial, bench }) => {
        many(bench, 500 * KIB);
        const ask = async (from: string, path = 'many'): Promise<string> => {
          const p = await dial(from);
          await p.send(`-l ${path} 0\n`);
          return p.line();
        };
        // Each is held for somebody who does not fetch it: one for an address, two in all.
        expect(await ask('10.0.1.1')).to.match(/^150 /);
        expect(await ask('10.0.1.1')).to.match(/^450 /);
        expect(await ask('10.0.1.2')).to.match(/^150 /);
        expect(await ask('10.0.1.3')).to.match(/^450 /);
        // Small ones are served all the same.
        expect(await ask('10.0.1.3', 'few')).to.match(/^150 /);
        expect(await ask('10.0.1.1', '')).to.match(/^150 /);
        await bench.clock.advance(16_000);
        expect(await ask('10.0.1.3')).to.match(/^150 /);
        many(bench, 600 * KIB);
        expect(await ask('10.0.1.4')).to.match(/^451 /);
      }),
    ),
  );

  it(
    'S92 a tree that links make a maze',
    attackOnDisk(
      {},
      ({ root }) => {
        fs.mkdirSync(`${root}/maze/deeper`, { recursive: true });
        // Followed, ten links to where they are in make ten thousand million entries in ten steps.
        for (const place of ['maze', 'maze/deeper'])
          for (let i = 0; i < 10; i += 1) fs.symlinkSync(i % 2 === 0 ? '.' : '..', `${root}/${place}/link${i}`);
      },
      async ({ dial, door }) => {
        for (const facts of ['--facts ', '']) {
          const p = await dial();
          const { port, next } = await door().then((each) => ({ port: each.port, next: () => each.next() }));
          await p.send(`-l ${facts}--recursive ${port}\n`);
          expect(await p.line()).to.match(/^150 /);
          const q = await next();
          await q.over();
          await q.end();
          expect(await p.line()).to.match(/^226 /);
          // The maze, what is deeper in it, ten links in each, the honest file; and `.` and `..`.
          expect(q.received.toString().trim().split('\n')).to.have.lengthOf(2 + 22 + 1);
        }
      },
    ),
  );

  it(
    'S93 files that nobody reads, many at once',
    withLimit(
      'sendBuffers',
      4 * MIB,
      attack({ files: { large: pattern(8 * MIB) } }, async ({ dial, bench }) => {
        const { storage } = bench;
        const read = storage.read.bind(storage);
        let ahead = 0;
        storage.read = async (path) => {
          const source = await read(path);
          const plain = source.read.bind(source);
          return Object.assign(source, {
            read: async (into: Uint8Array, position: number) => {
              const got = await plain(into, position);
              ahead += got;
              return got;
            },
          });
        };
        const taken: Talker[] = [];
        for (let i = 0; i < 30; i += 1) {
          const p = await dial(`10.0.1.${i}`);
          await p.send('-g large 0\n');
          const port = Number(/port=(\d+);/.exec(await p.line())?.[1]);
          taken.push(await dial(`10.0.1.${i}`, { port, reads: false }));
        }
        await settle(50);
        for (const { conn } of taken) ahead -= conn.bytesRead;
        // What is on the wires, which hold 256 KiB each, is not ours; ours would be ninety megabytes.
        expect(ahead).to.be.within(5 * MIB, 30 * 256 * KIB + 4 * MIB + 30 * 192 * KIB);
      }),
    ),
  );

  it(
    'S94 places kept by transfers that hardly move',
    attack({ writable: true, ...EIGHT, files: { large: pattern(8 * MIB) } }, async (attacking) => {
      const { dial, bench } = attacking;
      const passive = async (request: string): Promise<{ p: Talker; port: number }> => {
        const p = await dial();
        await p.send(`${request}\n`);
        return { p, port: Number(/port=(\d+);/.exec(await p.line())?.[1]) };
      };
      // Nobody comes for the data. It would be over in a few seconds, and could be asked for again.
      for (let i = 0; i < 8; i += 1) await passive('-g large 0');
      await bench.clock.advance(5000);
      await servesHonestly(bench);
      // Somebody comes, and takes next to nothing of them. The first look sees that, the next that it is no more by then.
      await bench.clock.advance(16_000);
      for (let i = 0; i < 8; i += 1) {
        const { port } = await passive('-g large 0');
        await dial(CLIENT, { port, reads: false });
      }
      await bench.clock.advance(1000);
      await dial('10.0.1.1');
      await bench.clock.advance(21_000);
      await servesHonestly(bench);
      // All of a put has come, and not the second half of it: each would keep its place for a minute.
      for (let i = 0; i < 8; i += 1) {
        const { port } = await passive(`-p --size=1 --confirm unconfirmed${i} 0`);
        await (await dial(CLIENT, { port })).send('x');
      }
      await bench.clock.advance(1000);
      await servesHonestly(bench);
    }),
  );

  it(
    'S95 sizes and times that cannot be told',
    attack({ files: { far: 'x', vast: 'y' } }, async (attacking) => {
      const { storage } = attacking.bench;
      const odd = (name: string): Partial<Stat> =>
        name === 'far' ? { modified: 3e14 } : name === 'vast' ? { size: 2 ** 53 } : {};
      const list = storage.list.bind(storage);
      storage.list = async (...how) => {
        const entries = await list(...how);
        return (async function* () {
          for await (const entry of entries)
            yield entry.stat === undefined ? entry : { ...entry, stat: { ...entry.stat, ...odd(entry.name) } };
        })();
      };
      const stat = storage.stat.bind(storage);
      storage.stat = async (path, signal) => ({ ...(await stat(path, signal)), ...odd(path) });
      const read = storage.read.bind(storage);
      storage.read = async (path) => {
        const source = await read(path);
        return Object.defineProperty(source, 'stat', { value: { ...source.stat, ...odd(path) } });
      };
      // Whoever may write in a directory can make these; it is listed all the same, without what cannot be said.
      const { dial, door } = attacking;
      const p = await dial();
      const into = await door();
      await p.send(`-l --facts ${into.port}\n`);
      expect(await p.line()).to.match(/^150 /);
      const q = await into.next();
      await q.over();
      await q.end();
      expect(await p.line()).to.match(/^226 /);
      expect(q.received.toString())
        .to.match(/^type=file;size=1;(version=\w+;)? far$/m)
        .and.match(/^type=file;modify=[\d.]+;(version=\w+;)? vast$/m);
      expect(await answers(attacking, '-s far\n-s vast\n-h vast\n-g vast 0\n')).to.match(
        /^213 type=file;size=1;(version=\w+;)? far\r\n213 type=file;modify=[\d.]+;(version=\w+;)? vast\r\n451 .*\r\n451 .*\r\n$/,
      );
    }),
  );

  it(
    'S96 one address asks for every passive port',
    attack({ dataPorts: [50_000, 50_007] }, async ({ dial, dialData, bench }) => {
      const ask = async (from: string): Promise<string> => {
        const p = await dial(from);
        await p.send(`-g ${HONEST} 0\n`);
        return p.line();
      };
      const [first = ''] = await Promise.all([ask(CLIENT), ask(CLIENT), ask(CLIENT), ask(CLIENT)]);
      expect(first).to.match(/^150 /);
      for (let i = 0; i < 10; i += 1) expect(await ask(CLIENT)).to.match(/^425 /);
      // There are some left for others; and who fetches what he asked for may ask again.
      await servesHonestly(bench);
      await dialData(Number(/port=(\d+);/.exec(first)?.[1]));
      expect(await ask(CLIENT)).to.match(/^150 /);
      expect(await ask(CLIENT)).to.match(/^425 /);
      await bench.clock.advance(16_000);
      expect(await ask(CLIENT)).to.match(/^150 /);
    }),
  );
});
