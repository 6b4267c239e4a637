import { expect } from 'chai';
import type { Account } from '../lib/auth/auth';
import { connect } from '../lib/client';
import { dialects } from '../lib/dialectInfo';
import { isTwinportError } from '../lib/errors';
import { Users } from '../lib/auth/users';
import { parseUsers } from '../lib/auth/userLines';
import { formatSecret, makeSecret, type Derive } from '../lib/auth/passwords';
import { RIGHTS } from '../lib/wire/rights';
import { People } from './support/accounts';
import { settle } from './support/fakeClock';
import { CLIENT, SERVER, withBench, type Bench, type BenchOptions } from './support/ftBench';
import type { Talker } from './support/talker';

const FILES = { 'a/file': 'mine', 'a/sub/deep': 'deep', 'ab/file': 'theirs', top: 'root' };

async function entered(bench: Bench, name = 'alice', password = 'sesame'): Promise<Talker> {
  const p = await bench.dial();
  await p.send(`-u ${name}\t${password}\n`);
  expect(await p.line()).to.equal('230 Logged in.');
  return p;
}

async function leave(p: Talker): Promise<void> {
  await p.end();
  await p.whole();
}

async function asked(p: Talker, ...lines: string[]): Promise<string[]> {
  await p.send(lines.map((line) => `${line}\n`).join(''));
  const replies: string[] = [];
  for (let i = 0; i < lines.length; i += 1) replies.push((await p.line()).slice(0, 40));
  return replies;
}

function as(
  account: Omit<Account, 'name'>,
  options: Partial<BenchOptions>,
  run: (bench: Bench, people: People) => Promise<void>,
) {
  const people = new People({ alice: 'sesame' }, { alice: account });
  const all = { files: FILES, allow: RIGHTS, clearPasswords: true, ...options, authenticator: people };
  return withBench(all, (bench) => run(bench, people));
}

describe('server: what an account sees', () => {
  it(
    'is its directory alone, by every verb and every path',
    as({ root: 'a' }, {}, async (bench) => {
      const p = await entered(bench);
      const found = await asked(
        p,
        '-s file',
        '-s sub/deep',
        '-s .',
        '-s /file',
        '-s ../file',
        '-h file',
        '-s ../../a/file',
      );
      expect(found.map((line) => line.slice(0, 3))).to.deep.equal(['213', '213', '213', '213', '213', '213', '550']);
      const none = [
        '-s ab/file',
        '-s ../ab/file',
        '-s top',
        '-s a/file',
        '-h ../ab/file',
        '-g ../ab/file 0',
        '-l ../ab 0',
        '-d ../ab/file',
      ];
      for (const reply of await asked(p, ...none)) expect(reply).to.equal('550 FILE NOT FOUND');
      expect(await asked(p, '-r file\t../ab/taken', '-m ../ab/new', '-d .', '-r .\tx')).to.deep.equal([
        '550 FILE NOT FOUND',
        '550 FILE NOT FOUND',
        '553 The served directory itself cannot b',
        '553 The served directory itself cannot b',
      ]);
      expect(await asked(p, '-m new', '-r file\tnew/moved', '-d sub/deep')).to.satisfy((replies: string[]) =>
        replies.every((reply) => reply.startsWith('226')),
      );
      await leave(p);
      expect((await bench.storage.stat('a/new/moved')).size).to.equal(4);
      expect((await bench.storage.stat('ab/file')).size).to.equal(6);
    }),
  );

  it(
    'is what it may do, and never more than the port allows',
    as({ rights: ['list', 'delete', 'write'] }, { allow: ['list', 'read', 'write'] }, async (bench) => {
      const p = await entered(bench);
      expect(await asked(p, '-s top', '-h top', '-d top', '-g top 0')).to.satisfy(([stat, ...rest]: string[]) => {
        return stat?.startsWith('213') === true && rest.every((reply) => reply.startsWith('553'));
      });
      expect((await asked(p, '-m new'))[0]).to.match(/^226/);
      await p.send('-f\n');
      const features = [];
      for (let line = ''; !line.startsWith('211 '); features.push(line)) line = await p.line();
      expect(features.join('\n'))
        .to.match(/ LIST /)
        .and.not.to.match(/ (GET|DELETE|RENAME) /);
      await leave(p);
    }),
  );

  it(
    'a visitor reads, where that is allowed, and is somebody else after a login',
    as({ root: 'a', rights: RIGHTS }, {}, async (bench, people) => {
      people.anonymous = { name: 'anonymous', rights: ['list', 'read'] };
      const p = await bench.dial();
      expect(await asked(p, '-s top', '-d top', '-m x')).to.deep.equal([
        (await asked(p, '-s top'))[0],
        '553 Deleting is not allowed here',
        '553 Writing is not allowed here',
      ]);
      await p.send('-u alice\tsesame\n');
      expect(await p.line()).to.equal('230 Logged in.');
      expect(await asked(p, '-s top', '-m x')).to.deep.equal(['550 FILE NOT FOUND', '226 Directory made.']);
      await leave(p);
    }),
  );

  it(
    'does not continue the part of another user',
    as({}, {}, async (bench, people) => {
      people.anonymous = { name: 'anonymous' };
      const p = await entered(bench);
      await p.send('-p --confirm --size=9 --modify=20200102030405 big 0\n');
      const port = /port=(\d+);/.exec(await p.line())?.[1];
      const q = await bench.dialData(Number(port));
      await q.send('half');
      await q.end();
      expect(await p.line()).to.match(/^426/);
      const part = '-s --part --size=9 --modify=20200102030405 big';
      const mine = await asked(p, part);
      const other = await bench.dial();
      const theirs = await asked(other, part);
      expect([mine[0], theirs[0]]).to.deep.equal(['213 part=4; big', '213 part=0; big']);
      await leave(p);
      await leave(other);
    }),
  );

  it(
    'ends with its account, at the next request, and the session may log in again',
    as({}, {}, async (bench, people) => {
      people.anonymous = { name: 'anonymous', rights: ['list', 'read'] };
      let account: Account | undefined = { name: 'alice', root: 'a' };
      people.current = () => account;
      const p = await entered(bench);
      expect((await asked(p, '-s file'))[0]).to.match(/^213/);
      account = { name: 'alice', root: 'ab', rights: ['list'] };
      expect(await asked(p, '-s sub', '-h file')).to.deep.equal([
        '550 FILE NOT FOUND',
        '553 Reading is not allowed here',
      ]);
      account = undefined;
      // No visitor either: the same name could be another file.
      expect(await asked(p, '-s file', '-s top', '-s file')).to.deep.equal(
        Array.from({ length: 3 }, () => '530 Log in first (-u).'),
      );
      account = { name: 'alice' };
      await p.send('-u alice\tsesame\n-s top\n');
      expect(await p.line()).to.equal('230 Logged in.');
      expect(await p.line()).to.match(/^213/);
      await leave(p);
    }),
  );

  it('is that of the users file as it is after a reload', async () => {
    const cheap: Derive = (password, { salt }, length) =>
      Promise.resolve(Buffer.alloc(length, Buffer.concat([Buffer.from(password), salt])));
    const line = `alice ${formatSecret(await makeSecret('sesame', cheap))}`;
    const users = (text: string): Users => new Users(parseUsers(text, 'users'), { derive: cheap });
    const options = { clearPasswords: true, allow: RIGHTS };
    await withBench({ files: FILES, ...options, authenticator: users(line) }, async (bench) => {
      const p = await entered(bench);
      await bench.server.reload({ ...options, authenticator: users(`${line} root=a`) });
      expect((await asked(p, '-s file'))[0]).to.match(/^213/);
      await bench.server.reload({ ...options, authenticator: users(`${line} disabled`) });
      expect(await asked(p, '-s file')).to.deep.equal(['530 Log in first (-u).']);
      // A server without accounts serves everybody again.
      await bench.server.reload(options);
      expect((await asked(p, '-s top'))[0]).to.match(/^213/);
      await bench.server.reload({ ...options, authenticator: new People() });
      expect(await asked(p, '-s top')).to.deep.equal(['530 Log in first (-u).']);
      await leave(p);
    })();
  });
});

describe('server: languages without a login', () => {
  for (const { name, verbs } of dialects().filter((one) => one.name !== 'ft')) {
    for (const anonymous of [false, true]) {
      it(`${name} serves ${anonymous ? 'what visitors may read' : 'nobody, and the owner hears why'}`, async () => {
        const people = new People();
        if (anonymous) people.anonymous = { name: 'anonymous', rights: ['list', 'read'] };
        await withBench({ files: FILES, authenticator: people }, async (bench) => {
          const { port } = await bench.server.listen(0, { dialect: name });
          for (const verb of verbs) {
            const client = await connect({
              host: SERVER,
              port,
              dialect: name,
              network: bench.machine(CLIENT),
              clock: bench.clock,
            });
            let outcome: unknown;
            const { Readable, Writable } = await import('node:stream');
            const got: Buffer[] = [];
            const into = new Writable({ write: (chunk: Buffer, _encoding, done) => (got.push(chunk), done()) });
            into.on('error', () => undefined);
            const work =
              verb === 'list'
                ? client.list()
                : verb === 'get'
                  ? client.get('top', into)
                  : client.put(Readable.from([Buffer.from('x')]), 'new');
            work.then(
              () => (outcome = 'done'),
              (error: unknown) => (outcome = error),
            );
            for (let i = 0; i < 60 && outcome === undefined; i += 1) await bench.clock.advance(500);
            const may = anonymous && verb !== 'put';
            expect(outcome === 'done', `${verb}: ${String(outcome)}`).to.equal(may);
            if (!may) expect(isTwinportError(outcome)).to.equal(true);
            if (verb === 'get') expect(Buffer.concat(got).toString()).to.equal(may ? 'root' : '');
            const failed = bench.events.filter(({ phase, kind }) => phase === 'failed' && kind === verb);
            expect(failed.length, verb).to.equal(may ? 0 : 1);
            if (!anonymous) expect(failed[0]?.error?.message).to.equal('nobody is served here before a login');
            const closed = client.close();
            await bench.clock.advance(2000);
            await closed;
            await settle();
          }
          expect(
            bench.events.map(({ user }) => user).filter((user) => user !== undefined && user !== 'anonymous'),
          ).to.deep.equal([]);
        })();
      });
    }
  }
});
