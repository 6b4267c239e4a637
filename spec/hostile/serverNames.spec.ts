import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { Output } from '../../lib/cli/output';
import { Auditor } from '../../lib/cli/serve/audit';
import { jsonLog } from '../../lib/cli/serve/jsonLog';
import { textLog, type ServerLog } from '../../lib/cli/serve/log';
import { pooledIo, type Io } from '../../lib/storage/io';
import { RIGHTS } from '../../lib/wire/rights';
import { answers, attack, attackOnDisk, HONEST, type Attack } from '../support/attack';
import { hookedIo } from '../support/hookedIo';
import type { LocalHarness } from '../support/localHarness';
import { Captured } from '../support/stdio';

const SECRET = 'SECRET';
const TOKEN = `--token=${'ab'.repeat(16)}`;
const open = { allow: RIGHTS };

/** What lies beside the root: a file, and a directory whose name begins with the root's. */
function besides({ root }: LocalHarness): void {
  fs.mkdirSync(`${root}-evil`);
  fs.writeFileSync(`${root}-evil/file`, SECRET);
  fs.writeFileSync(`${root}/../secret`, SECRET);
}

function untouched({ root }: LocalHarness): void {
  expect(fs.readdirSync(`${root}/..`).sort()).to.deep.equal(['root', 'root-evil', 'secret']);
  expect(fs.readdirSync(`${root}-evil`)).to.deep.equal(['file']);
  for (const file of [`${root}-evil/file`, `${root}/../secret`])
    expect(fs.readFileSync(file, 'latin1')).to.equal(SECRET);
}

/** Every verb on a path; of what is opened nothing is fetched: a 150 is the attacker's success. */
async function tryAll(attacking: Attack, path: string, verbs = VERBS): Promise<string[]> {
  const said: string[] = [];
  for (const verb of verbs) said.push(await answers(attacking, `${verb(path)}\n`));
  return said;
}

const VERBS: readonly ((path: string) => string)[] = [
  (path) => `-g ${path} 0`,
  (path) => `-l ${path} 0`,
  (path) => `-p --size=1 --if-exists=overwrite --confirm ${TOKEN} ${path} 0`,
  (path) => `-s ${path}`,
  (path) => `-h ${path}`,
  (path) => `-m ${path}`,
  (path) => `-d ${path}`,
  (path) => `-r ${path}\tstolen`,
  (path) => `-r ${HONEST}\t${path}`,
];

const REFUSED = /^5\d\d [^\r\n]*\r\n$/;

describe('hostile: names', () => {
  it(
    'S20 paths with .., backslashes, NUL, overlong UTF-8 and drive letters',
    attackOnDisk(open, besides, async (attacking, house) => {
      const paths = [
        '../secret',
        '../../../../../../etc/passwd',
        '/etc/passwd',
        'x/../../root-evil/file',
        '..\\secret',
        '\\..\\secret',
        'C:\\secret',
        'C:/secret',
        'file:///etc/passwd',
        '%2e%2e/secret',
        '.../secret',
        '~root/.profile',
      ];
      for (const path of paths) {
        // Each of these names something below the root, which is not there.
        const replies = await tryAll(attacking, path, [VERBS[0], VERBS[1], VERBS[3], VERBS[4], VERBS[6]].map(only));
        for (const reply of replies) expect(reply, path).to.match(/^550 FILE NOT FOUND\r\n$/);
      }
      // `..` in two bytes that are no UTF-8, a NUL in the middle, and at the end.
      for (const bytes of ['c0aec0ae2f736563726574', '2e2e00', '686f6e6573742e74787400', '2e2e2f736563726574']) {
        const raw = Buffer.concat([Buffer.from('-s '), Buffer.from(bytes, 'hex'), Buffer.from('\n')]);
        expect(await answers(attacking, raw), bytes).to.match(REFUSED);
        expect(await answers(attacking, `-g --hex ${bytes} 0\n`), bytes).to.match(REFUSED);
      }
      untouched(house);
    }),
  );

  it(
    'S21 symbolic links that lead out, on every verb',
    attackOnDisk(
      open,
      (house) => {
        besides(house);
        fs.symlinkSync('../secret', house.at('out'));
        fs.symlinkSync(`${house.root}-evil`, house.at('dir'));
        fs.symlinkSync('/etc', house.at('etc'));
      },
      async (attacking, house) => {
        for (const path of ['dir/file', 'dir/new', 'etc/passwd', 'dir/../dir/file'])
          for (const reply of await tryAll(attacking, path)) expect(reply, path).to.match(REFUSED);
        for (const reply of await tryAll(attacking, 'out', VERBS.slice(0, 2))) expect(reply).to.match(REFUSED);
        // What a link is called may be replaced and deleted, as any name; what it leads to may not.
        for (const reply of await tryAll(attacking, 'out', [only(VERBS[3]), only(VERBS[4]), only(VERBS[6])]))
          expect(reply).to.not.include(`size=${SECRET.length};`);
        untouched(house);
      },
    ),
  );

  it('S22 a directory swapped for a link to the outside, on every verb', async function () {
    if (process.platform !== 'linux') this.skip();
    let swaps = 0;
    // At each call that the file system is asked for on the way, in turn, the directory becomes a link.
    const onto = (path: string): string => `-r mine\t${path}.new`;
    for (const verb of [...VERBS.slice(0, 8), onto]) {
      for (let at = 1; at <= 8; at += 1) {
        let calls = 0;
        let armed = false;
        let house: LocalHarness | undefined;
        const before = (call: keyof Io): void => {
          if (!armed || house === undefined || call === 'close') return;
          calls += 1;
          if (calls !== at) return;
          swaps += 1;
          fs.renameSync(house.at('dir'), house.at('was'));
          fs.symlinkSync(`${house.root}-evil`, house.at('dir'));
        };
        await attackOnDisk(
          open,
          async (made) => {
            besides(made);
            await made.mkdir('dir');
            await made.put('dir/file', Buffer.from('inside'));
            await made.put('mine', Buffer.from('inside'));
            house = made;
          },
          async ({ dial, dialData }, made) => {
            const p = await dial();
            armed = true;
            await p.send(`${verb('dir/file')}\n`);
            const reply = await p.line();
            const port = Number(/port=(\d+);/.exec(reply)?.[1] ?? 0);
            if (port > 0) {
              const q = await dialData(port);
              if (verb === VERBS[2]) {
                await q.end(Buffer.concat([Buffer.alloc(16, 0xab), Buffer.from('!')]));
                await p.send('-c 1 9e6bffd3\n');
              }
              await q.over();
              await q.end().catch(() => undefined);
              expect(q.received.toString()).to.be.oneOf(['', 'inside']);
            }
            await p.end();
            await p.over();
            armed = false;
            untouched(made);
          },
          (made) => made.open({}, hookedIo(pooledIo, { before })),
        )();
      }
    }
    expect(swaps).to.be.above(28);
  });

  it(
    'S23 a sibling whose name begins with that of the root',
    attackOnDisk(
      open,
      (house) => {
        besides(house);
        fs.symlinkSync(`${house.root}-evil/file`, house.at('prefix'));
        fs.symlinkSync('../root-evil', house.at('sibling'));
      },
      async (attacking, house) => {
        for (const path of ['../root-evil/file', '/../root-evil/file', '-evil/file', 'sibling/file']) {
          for (const reply of await tryAll(attacking, path, VERBS.slice(0, 2))) expect(reply, path).to.match(REFUSED);
        }
        for (const reply of await tryAll(attacking, 'prefix', VERBS.slice(0, 2))) expect(reply).to.match(REFUSED);
        untouched(house);
      },
    ),
  );

  it('S24 a FIFO, a socket and a device under the root', async function () {
    if (process.platform !== 'linux') this.skip();
    const socket = net.createServer();
    try {
      await attackOnDisk(
        open,
        async (house) => {
          execFileSync('mkfifo', [house.at('fifo').toString()]);
          fs.symlinkSync('/dev/zero', house.at('zero'));
          fs.symlinkSync('fifo', house.at('toFifo'));
          await new Promise<void>((resolve) => socket.listen(house.at('socket').toString(), resolve));
        },
        async (attacking, house) => {
          // More of them than the thread pool has threads: one that blocks would be seen by the honest client.
          for (let round = 0; round < 3; round += 1)
            for (const path of ['fifo', 'toFifo', 'socket', 'zero'])
              for (const verb of [VERBS[0], VERBS[1], VERBS[2], VERBS[4]].map(only))
                if (!(path.startsWith('to') || path === 'zero') || verb !== VERBS[2])
                  expect(await answers(attacking, `${verb(path)}\n`), verb(path)).to.match(REFUSED);
          expect(fs.lstatSync(house.at('fifo')).isFIFO()).to.equal(true);
        },
      )();
    } finally {
      await new Promise((resolve) => socket.close(resolve));
    }
  });

  it(
    'S25 control bytes in names, replies and logs',
    attack(open, async (attacking) => {
      const { bench } = attacking;
      const [plain, json, err, kept] = [new Captured(), new Captured(), new Captured(), [] as string[]];
      const text = textLog(new Output(() => plain), new Output(() => err), () => []);
      for (const log of [text, jsonLog(new Output(() => json))]) follow(attacking, log);
      const book = { say: (line: string) => void kept.push(line) };
      new Auditor({ audit: book, xferlog: book }).follow(bench.server);
      const evil = 'a\r\nServer open on 1\u001b[2J\u007f\u009b\u2028\u202e';
      const hex = Buffer.from(evil).toString('hex');
      expect(await answers(attacking, `-s \u001b[2J\n-s a\u0007b\n`)).to.match(/^501 [^\r\n]*\r\n501 [^\r\n]*\r\n$/);
      for (const line of [`-g --hex ${hex} 0`, `-m --hex ${hex}`, `-s --hex ${hex}`, `-d --hex ${hex}`]) {
        expect(await answers(attacking, `${line}\n`), line).to.match(/^[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f]*$/);
      }
      expect(await answers(attacking, `-u evil\u001b[2J\tx\n`)).to.match(REFUSED);
      const written = [plain.utf8, json.utf8, err.utf8, ...kept];
      expect(plain.utf8).to.include('Server open on 1');
      for (const one of written) {
        expect(one).to.match(/^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]*$/);
        expect(one).to.not.match(/^Server open on 1/m);
      }
      for (const line of json.utf8.trimEnd().split('\n')) JSON.parse(line);
    }),
  );
});

function only<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such verb');
  return value;
}

function follow({ bench: { server } }: Attack, log: ServerLog): void {
  server.on('session', (session) => log.session(session));
  server.on('transfer', (event) => log.transfer(event));
  server.on('change', (event) => log.change(event));
  server.on('login', (event) => log.login(event));
  server.on('note', (note) => log.note(note));
}
