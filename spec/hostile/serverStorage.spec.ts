import { expect } from 'chai';
import * as fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { LIMITS } from '../../lib/options';
import { Quotas } from '../../lib/storage/quotas';
import { RIGHTS } from '../../lib/wire/rights';
import { answers, attack, attackOnDisk, CONTENT, HONEST, type Attack } from '../support/attack';
import { deepen, flatten, LEVELS } from '../support/deepTree';
import { atRest, DAY, dead, leavePart } from '../support/leftParts';
import type { LocalHarness } from '../support/localHarness';
import type { Talker } from '../support/talker';

const open = { allow: RIGHTS, quotaBytes: 1e6 };

const VICTIM = 'somebody else began this';
const TOKEN = `--token=${'ab'.repeat(16)}`;
const ELSEWHERE = '10.0.0.88';

const NAMING: readonly ((name: string) => string)[] = [
  (name) => `-g ${name} 0`,
  (name) => `-l ${name} 0`,
  (name) => `-p --size=1 --if-exists=overwrite --confirm ${TOKEN} ${name} 0`,
  (name) => `-p --offset=2 --size=9 --modify=20200102030405 --confirm ${TOKEN} ${name} 0`,
  (name) => `-s ${name}`,
  (name) => `-h ${name}`,
  (name) => `-m ${name}`,
  (name) => `-d ${name}`,
  (name) => `-r ${name}\tmine`,
  (name) => `-r ${HONEST}\t${name}`,
];

/** What a server that starts now counts. */
async function counted(house: LocalHarness): Promise<number | undefined> {
  const limits = { quotaBytes: 1e6 };
  const quotas = new Quotas(
    () => limits,
    () => 0,
  );
  await quotas.ready(await house.open(), quotas.all([]));
  return quotas.known('')?.files;
}

describe('hostile: storage', () => {
  it('S70 a tree deeper than any path, made by renames', async function () {
    this.timeout(120_000);
    if (process.platform !== 'linux') this.skip();
    await attackOnDisk(
      open,
      (house) => {
        // What a client makes with patience, a directory at a time.
        deepen(house.root, 10, (directory) => {
          leavePart(house, atRest, { directory: directory.slice(house.root.length + 1), at: Date.now() - 2 * DAY });
        });
        for (const other of ['b', 'c', 'e']) {
          fs.mkdirSync(`${house.root}/${other}${'/d'.repeat(LEVELS - 1)}`, { recursive: true });
        }
      },
      async (attacking, house) => {
        for (const other of ['b', 'c', 'e']) {
          const told = await answers(attacking, `-r a\t${other}${'/d'.repeat(LEVELS)}\n-r ${other}\ta\n`);
          expect(told).to.match(/^2\d\d [^\r\n]*\r\n2\d\d [^\r\n]*\r\n$/);
        }
        expect(13 * LEVELS).to.be.above(LIMITS.requestLine);
        expect(await counted(house)).to.equal(13 * LEVELS + 11);
        await house.storage.sweep();
        expect(await counted(house), 'without its parts').to.equal(13 * LEVELS + 1);
        flatten(house.root);
      },
    )();
  });

  it(
    'S71 hidden parts named by a client, on every verb',
    attackOnDisk(
      open,
      (house) => {
        fs.mkdirSync(`${house.root}/dir`);
        for (const directory of ['', 'dir']) {
          leavePart(house, atRest, { directory, at: Date.now(), text: VICTIM });
          leavePart(house, { pid: dead, what: 'c'.repeat(32) }, { directory, at: Date.now(), text: VICTIM });
        }
      },
      async (attacking, house) => {
        const parts = fs
          .readdirSync(house.root, { recursive: true, encoding: 'utf8' })
          .filter((each) => /part$/.test(each));
        expect(parts).to.have.length(4);
        for (const part of parts.flatMap((each) => [
          each,
          each.replace('twinport', 'TwinPort').replace(/part$/, 'PART'),
        ])) {
          for (const line of NAMING.flatMap((naming) => [naming(part), naming(`${part}/below`)])) {
            expect(await answers(attacking, `${line}\n`), line).to.match(/^5\d\d [^\r\n]*\r\n$/);
          }
          const hex = Buffer.from(part).toString('hex');
          expect(await answers(attacking, `-g --hex ${hex} 0\n-s --hex ${hex}\n`)).to.match(/^550 .*\r\n550 .*\r\n$/);
        }
        // Nor can anybody tell how long one is who does not know what it is of, or go on with it.
        for (const offset of [1, VICTIM.length]) {
          const line = `-p --offset=${offset} --size=99 --modify=20200102030405 --confirm ${TOKEN} file 0`;
          expect(await answers(attacking, `${line}\n`), line).to.match(/^55[14] /);
        }
        expect(await answers(attacking, '-s --part --size=99 --modify=20200102030405 file\n')).to.not.match(
          /^213.*=[1-9]/,
        );
        expect(await answers(attacking, '-d dir\n'), 'with somebody in it').to.match(/^5\d\d /);
        for (const options of ['', '--facts ', '--facts --recursive ']) {
          expect(await listed(attacking, options), options)
            .to.include('dir')
            .and.not.match(/twinport/i);
        }
        for (const part of parts) {
          expect(fs.readFileSync(`${house.root}/${part}`, 'latin1')).to.equal(VICTIM);
          fs.unlinkSync(`${house.root}/${part}`);
        }
      },
    ),
  );

  it('S72 a quota raced by fifty sessions', async () => {
    const limit = CONTENT.length + 1000;
    let most = 0;
    await attackOnDisk(
      { allow: RIGHTS, quotaBytes: limit },
      () => undefined,
      async (attacking, house) => {
        const { dial, door } = attacking;
        // The pool goes on meanwhile: a part that is given its name has two for a moment, or is gone.
        const stored = (): number => {
          const stats = fs
            .readdirSync(house.root)
            .map((name) => fs.statSync(house.at(name), { throwIfNoEntry: false }));
          return sum([...new Map(stats.map((each) => [each?.ino, each?.size ?? 0])).values()]);
        };
        /** Some all at once, some in two halves, some gone in the middle, some over a file that another writes too. */
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, async (_, at) => {
            const [p, opened] = [await dial(), await door()];
            const size = at % 3 === 0 ? '--size=100 ' : '';
            await p.send(`-p ${size}--if-exists=overwrite --confirm n${at % 20} ${opened.port}\n`);
            const first = await p.line();
            if (!first.startsWith('150')) return first;
            const q = await opened.next();
            await q.send(Buffer.alloc(50, at)).catch(() => undefined);
            most = Math.max(most, stored());
            if (at % 5 === 1) {
              q.conn.reset();
              return p.line();
            }
            await q.end(Buffer.alloc(50, at)).catch(() => undefined);
            await p.send(`-c 100 ${crc32(Buffer.alloc(100, at)).toString(16).padStart(8, '0')}\n`);
            const last = await p.line();
            most = Math.max(most, stored());
            return last;
          }),
        );
        for (const told of outcomes) expect(told).to.match(/^(226|552|426|450|553) /);
        expect(outcomes.filter((told) => told.startsWith('226'))).to.have.length.within(1, 50);
        expect(outcomes.filter((told) => told.startsWith('552'))).to.not.be.empty;
        expect(most).to.be.within(CONTENT.length + 100, limit);
        for (const name of fs.readdirSync(house.root))
          expect(fs.statSync(house.at(name)).size, name).to.be.oneOf([19, 100]);
        // Its books are right: what is left of it can be had, to the last byte, and no more.
        const rest = limit - stored();
        const [p, opened] = [await dial(), await door()];
        await p.send(`-p --size=${rest + 1} --confirm last ${opened.port}\n`);
        expect(await p.line()).to.match(/^552 /);
        await p.send(`-p --size=${rest} last ${opened.port}\n`);
        expect(await p.line()).to.match(/^150 /);
        await (await opened.next()).end(Buffer.alloc(rest));
        expect(await p.line()).to.match(/^226 /);
        expect(stored()).to.equal(limit);
      },
    )();
  });

  it(
    'S73 a hundred transfers that take all of a rate',
    attack({ allow: RIGHTS, limitRate: 1000, files: { large: Buffer.alloc(1e6) } }, async ({ bench, dial, door }) => {
      const takers: Talker[] = [];
      for (let at = 0; at < 100; at += 1) {
        const [p, opened] = [await dial(), await door()];
        await p.send(`-g large ${opened.port}\n`);
        takers.push(p, await opened.next());
      }
      await bench.clock.advance(5000);
      // What is said on a control connection waits for no rate, and a newcomer for its turn alone.
      const [p, opened] = [await dial(ELSEWHERE), await door({ at: ELSEWHERE })];
      await p.send(`-s ${HONEST}\n-g ${HONEST} ${opened.port}\n`);
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['213', '150']);
      const q = await opened.next();
      for (let ms = 0; ms < 10_000 && q.received.length < CONTENT.length; ms += 100) await bench.clock.advance(100);
      expect(q.received.toString()).to.equal(CONTENT);
      for (const { conn } of [...takers, p, q]) conn.destroy();
      await bench.clock.advance(1000);
    }),
  );
});

/** All that a listing shows. */
async function listed({ dial, door }: Attack, options: string): Promise<string> {
  const [p, opened] = [await dial(), await door()];
  await p.send(`-l ${options}${opened.port}\n`);
  expect(await p.line()).to.match(/^150 /);
  const q = await opened.next();
  await q.over();
  await q.end();
  expect(await p.line()).to.match(/^226 /);
  return q.received.toString();
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
