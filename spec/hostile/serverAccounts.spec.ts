import { expect } from 'chai';
import * as fs from 'node:fs';
import type { Account } from '../../lib/auth/auth';
import { RIGHTS, type Right } from '../../lib/wire/rights';
import { attack, attackOnDisk } from '../support/attack';
import { People } from '../support/accounts';
import type { Talker } from '../support/talker';

const OPEN = { allow: RIGHTS, clearPasswords: true };
const honest = { clearPasswords: true, login: { name: 'alice', password: 'sesame' } };
const PASSWORDS = { alice: 'sesame', eve: 'hers' };

/** The words behind a verb, the rights it takes, and whether it opens a data connection. */
type Try = readonly [words: string, needs: readonly (readonly Right[])[], data?: 'data'];

const LOOKING: readonly (readonly Right[])[] = [['list'], ['read'], ['write']];
const TRIES: readonly Try[] = [
  ['-l 0', [['list']], 'data'],
  ['-l dir 0', [['list']], 'data'],
  ['-l --facts --recursive dir 0', [['list']], 'data'],
  ['-g file 0', [['read']], 'data'],
  ['-g --offset=1 --length=1 file 0', [['read']], 'data'],
  ['-h file', [['read']]],
  ['-h --length=1 file', [['read']]],
  ['-h --digest=sha256 file', [['read']]],
  ['-s file', LOOKING],
  ['-s dir', LOOKING],
  ['-p --confirm --size=1 new 0', [['write']], 'data'],
  ['-p new 0', [['write']], 'data'],
  ['-p --confirm --size=1 --if-exists=overwrite file 0', [['write', 'overwrite']], 'data'],
  ['-m made', [['write']]],
  ['-r file\tother', [['write', 'delete']]],
  ['-r other\tfile', [['write', 'delete']]],
  ['-d gone', [['delete']]],
  // In the way, whoever asks.
  ['-p file 0', []],
  ['-p --confirm --size=1 file 0', []],
  ['-r file\tdir/a', []],
];

/** Each set of rights that means something. */
const SETS = Array.from({ length: 32 }, (_, bits) => RIGHTS.filter((__, at) => (bits & (1 << at)) !== 0)).filter(
  (rights) => rights.includes('write') || !rights.includes('overwrite'),
);

async function enter(p: Talker): Promise<void> {
  await p.send('-u eve\thers\n');
  expect(await p.line()).to.equal('230 Logged in.');
}

describe('hostile: accounts', () => {
  it('S56 each verb without the right to it, for every set of rights', async () => {
    const accounts: Record<string, Omit<Account, 'name'>> = {};
    const people = new People(PASSWORDS, accounts);
    const files = { file: 'text', 'dir/a': 'a', 'dir/b/c': 'c' };
    await attack({ ...OPEN, authenticator: people, honest, files }, async ({ bench, dial }) => {
      for (const rights of SETS) {
        accounts['eve'] = { rights };
        bench.storage.put('gone', Buffer.from('x'));
        const p = await dial();
        await enter(p);
        const may = (needs: Try[1]): boolean => needs.some((all) => all.every((right) => rights.includes(right)));
        for (const [words, needs, data] of TRIES) {
          await p.send(`${words}\n`);
          const reply = await p.line();
          const what = `${words} with ${rights.join() || 'nothing'}`;
          expect(reply.slice(0, 3), what).to.equal(
            may(needs) ? (data ? '150' : reply.startsWith('213') ? '213' : '226') : '553',
          );
          if (!may(needs) || data === undefined) continue;
          await p.send('-x\n');
          expect(
            (await p.lines(2)).map((line) => line.slice(0, 3)),
            what,
          ).to.deep.equal(['426', '226']);
        }
        if (may([['write']])) await bench.storage.remove('made');
        // Who was let do nothing has changed nothing.
        const gone = bench.storage.bytes('gone') === undefined;
        expect(gone).to.equal(rights.includes('delete'));
        expect(bench.storage.bytes('file')?.toString()).to.equal('text');
        expect(bench.storage.bytes('new')).to.equal(undefined);
        await p.end();
        await p.over();
      }
    })();
  });

  it('S57 a directory of an account that leads out, is a file, or is not there', async () => {
    const accounts: Record<string, Omit<Account, 'name'>> = {};
    const people = new People(PASSWORDS, accounts);
    const notes: string[] = [];
    await attackOnDisk(
      { ...OPEN, authenticator: people, honest },
      (house) => {
        fs.mkdirSync(`${house.root}-evil`);
        fs.writeFileSync(`${house.root}-evil/file`, 'SECRET');
        fs.writeFileSync(house.at('plain'), 'text');
        fs.mkdirSync(house.at('home'));
        fs.symlinkSync('../root-evil', house.at('out'));
        fs.symlinkSync(`${house.root}-evil`, house.at('home/absolute'));
        fs.symlinkSync('nowhere', house.at('home/dangling'));
        fs.symlinkSync('loop', house.at('home/loop'));
        fs.symlinkSync('../../root-evil/file', house.at('home/up'));
      },
      async ({ bench, dial }, house) => {
        bench.server.on('note', (note) => notes.push(note));
        const roots = ['out', 'home/absolute', 'home/dangling', 'home/loop', 'home/up', 'plain', 'missing', 'plain/x'];
        for (const root of roots) {
          accounts['eve'] = { root };
          const p = await dial();
          await enter(p);
          for (const words of [
            '-l 0',
            '-s .',
            '-g file 0',
            '-h file',
            '-p new 0',
            '-m made',
            '-d file',
            '-r file\tx',
          ]) {
            await p.send(`${words}\n`);
            expect(await p.line(), `${words} in ${root}`).to.match(/^55[03] /);
          }
          await p.end();
          await p.over();
        }
        // A plug-in that says such a thing is not believed at all.
        for (const root of ['../root-evil', 'home/../../root-evil', 'a\0b']) {
          accounts['eve'] = { root };
          const p = await dial();
          await p.send('-u eve\thers\n-s .\n');
          expect(await p.lines(2)).to.deep.equal(['530 Login refused.', '530 Log in first (-u).']);
          await p.end();
          await p.over();
        }
        expect(notes).to.have.length(2);
        expect(fs.readdirSync(`${house.root}-evil`)).to.deep.equal(['file']);
        expect(fs.readFileSync(`${house.root}-evil/file`, 'latin1')).to.equal('SECRET');
        expect(fs.existsSync(house.at('missing'))).to.equal(false);
      },
    )();
  });

  it('S58 the session of an account that has ended, in mid-transfer and with requests waiting', async () => {
    const people = new People(PASSWORDS);
    const gone = new Set<string>();
    people.current = (account) => (gone.has(account.name) ? undefined : account);
    people.anonymous = { name: 'anonymous', rights: ['list', 'read'] };
    const files = { large: 'x'.repeat(4_000_000), file: 'text' };
    await attack({ ...OPEN, authenticator: people, honest, files }, async ({ bench, dial, dialData }) => {
      const p = await dial();
      await enter(p);
      await p.send('-g large 0\n-s file\n-d file\n-p new 0\n-l 0\n');
      const q = await dialData(Number(/port=(\d+);/.exec(await p.line())?.[1]));
      gone.add('eve');
      // What was begun ends as it would have.
      await q.bytes(4_000_000);
      await q.end();
      expect(await p.line()).to.match(/^226 /);
      // Nothing behind it is begun, not even what visitors may: these names would mean other files.
      for (let i = 0; i < 4; i += 1) expect(await p.line()).to.equal('530 Log in first (-u).');
      expect(bench.storage.bytes('file')?.toString()).to.equal('text');
      expect(bench.storage.bytes('new')).to.equal(undefined);
      await p.send('-u alice\tsesame\n-s file\n');
      expect(await p.line()).to.equal('230 Logged in.');
      expect(await p.line()).to.match(/^213 /);
    })();
  });
});
