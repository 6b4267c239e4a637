import { expect } from 'chai';
import { TwinportError } from '../../../lib/errors';
import type { LoginEvent } from '../../../lib/server';
import { People } from '../../support/accounts';
import { settle } from '../../support/fakeClock';
import { CLIENT, withBench, type Bench, type BenchOptions } from '../../support/ftBench';

const FILES = { 'hello.txt': 'hello, world\n', 'alice/mine': 'hers', 'alicia/other': 'not hers' };
const OPEN = { clearPasswords: true, files: FILES };
const REFUSED = '530 Login refused.';

function heard(bench: Bench): LoginEvent[] {
  const events: LoginEvent[] = [];
  bench.server.on('login', (event) => events.push(event));
  return events;
}

function spec(
  options: Partial<BenchOptions>,
  run: (bench: Bench, people: People) => Promise<void>,
  people = new People(),
) {
  return withBench({ ...OPEN, ...options, authenticator: people }, (bench) => run(bench, people));
}

/** Everything said on a session of these lines, once the clock has gone on for long enough for all delays. */
async function said(bench: Bench, bytes: string | Buffer, from = CLIENT, ms = 120_000): Promise<string> {
  const p = await bench.dial(from);
  await p.send(bytes);
  await p.end();
  await bench.clock.advance(ms);
  return (await p.whole()).toString();
}

describe('dialects/ft: logging in', () => {
  it(
    'is done with a name and a password, once',
    spec({}, async (bench) => {
      const events = heard(bench);
      expect(await said(bench, '-u alice\tsesame\n-u alice\tsesame\n-s hello.txt\n-q\n')).to.match(
        /^230 Logged in\.\r\n503 Logged in already\.\r\n213 type=file;\S+ hello\.txt\r\n221 Goodbye\.\r\n$/,
      );
      expect(events).to.have.length(1);
      expect(events[0]).to.deep.include({ name: 'alice', ok: true });
      expect(events[0]?.session.remote.address).to.equal(CLIENT);
    }),
  );

  it(
    'may be done in hexadecimal, and with any byte',
    spec(
      {},
      async (bench) => {
        expect(await said(bench, '-u --hex c3a9\tff0a\n')).to.equal('230 Logged in.\r\n');
      },
      new People({ é: '\udcff\n' }),
    ),
  );

  it(
    'is asked for before anything but -f, -q and -x',
    spec({ writable: true }, async (bench, people) => {
      const lines = [
        '-l 0',
        '-g hello.txt 0',
        '-p a 0',
        '-c 1 00000000',
        '-s hello.txt',
        '-h hello.txt',
        '-m a',
        '-d a',
        '-r a\tb',
      ];
      const replies = await said(bench, `${lines.join('\n')}\n-f\n-q\n`);
      const first = replies.split('211-')[0] ?? '';
      expect(first).to.equal('530 Log in first (-u).\r\n'.repeat(lines.length));
      expect(replies).to.match(
        /\r\n211-Features:\r\n ft 1\r\n LOGIN hex\r\n ACTIVE\r\n PASSIVE\r\n211 End\r\n221 Goodbye\.\r\n$/,
      );
      expect(await said(bench, '-x\n')).to.match(/^226 /);
      expect(people.attempts).to.deep.equal([]);
      expect(bench.told).to.deep.equal([]);
    }),
  );

  it(
    'of a put that is refused before a login, the second half is swallowed as ever',
    spec({ writable: true }, async (bench) => {
      expect(await said(bench, '-p --confirm a 0\n-c 1 00000000\n-c 1 00000000\n')).to.equal(
        '530 Log in first (-u).\r\n530 Log in first (-u).\r\n',
      );
    }),
  );

  it(
    'is heard at every cut, and what is pipelined behind it is served as its user',
    spec({}, async (bench) => {
      const line = Buffer.from('-u alice\tsesame\n-s hello.txt\n');
      for (let cut = 0; cut <= line.length; cut += 1) {
        const p = await bench.dial();
        await p.send(line.subarray(0, cut));
        await settle(3);
        await p.send(line.subarray(cut));
        expect(await p.line(), `cut at ${cut}`).to.equal('230 Logged in.');
        expect(await p.line()).to.match(/^213 type=file;/);
        await p.end();
        await p.whole();
      }
      const p = await bench.dial();
      for (const byte of line) await p.send(Buffer.from([byte]));
      expect(await p.line()).to.equal('230 Logged in.');
      await p.end();
      await p.whole();
    }),
  );

  it(
    'a get behind it on its way is one of its user',
    spec({}, async (bench) => {
      const door = await bench.door();
      const p = await bench.dial();
      await p.send(`-u alice\tsesame\n-g hello.txt ${door.port}\n`);
      expect(await p.line()).to.equal('230 Logged in.');
      const q = await door.next();
      expect((await q.whole()).toString()).to.equal('hello, world\n');
      await q.end();
      expect((await p.lines(2))[1]).to.match(/^226 /);
      expect(new Set(bench.events.map(({ user }) => user))).to.deep.equal(new Set(['alice']));
      await p.end();
      await p.whole();
    }),
  );

  it('is refused in the same bytes, whatever the reason', async () => {
    const tries: [why: string, line: string][] = [
      ['a wrong password', '-u alice\topen\n'],
      ['no such name', '-u bob\tsesame\n'],
      ['an empty password', '-u alice\t\n'],
      ['a plug-in that fails', '-u broken\tsesame\n'],
      ['a name like a property', '-u __proto__\tx\n'],
      ['in hexadecimal', '-u --hex 616c\t61\n'],
    ];
    const replies = new Set<string>();
    for (const [, line] of tries) {
      await spec({}, async (bench, people) => {
        const { authenticate } = people;
        people.authenticate = (attempt) =>
          attempt.name === 'broken'
            ? Promise.reject(new Error(`no ${attempt.password}`))
            : authenticate.call(people, attempt);
        const notes: string[] = [];
        bench.server.on('note', (note) => notes.push(note));
        replies.add(await said(bench, `${line}-s a\n`));
        expect(notes).to.deep.equal(line.includes('broken') ? ['A login could not be decided: no …'] : []);
      })();
    }
    expect([...replies]).to.deep.equal([`${REFUSED}\r\n530 Log in first (-u).\r\n`]);
  });

  it(
    'is refused three times on a connection, which then ends',
    spec({}, async (bench, people) => {
      const wrong = '-u alice\twrong\n';
      expect(await said(bench, wrong.repeat(5))).to.equal(
        `${REFUSED}\r\n`.repeat(3) + '421 Too many failed logins, closing.\r\n',
      );
      expect(people.attempts).to.have.length(3);
    }),
  );

  it(
    'is tried as often as the server says',
    spec({ loginTries: 1 }, async (bench) => {
      expect(await said(bench, '-u alice\twrong\n-q\n')).to.equal(
        `${REFUSED}\r\n421 Too many failed logins, closing.\r\n`,
      );
    }),
  );

  it(
    'waits longer after each failure of that address, on any connection; others do not wait',
    spec({}, async (bench, people) => {
      const a = await bench.dial();
      const b = await bench.dial();
      const other = await bench.dial('10.0.0.3');
      await a.send('-u alice\twrong\n');
      expect(await a.line()).to.equal(REFUSED);
      await b.send('-u alice\twrong\n');
      await other.send('-u alice\tsesame\n');
      expect(await other.line()).to.equal('230 Logged in.');
      await bench.clock.advance(999);
      expect(people.attempts).to.have.length(2);
      await bench.clock.advance(1);
      expect(await b.line()).to.equal(REFUSED);
      await a.send('-u alice\tsesame\n');
      await bench.clock.advance(1999);
      expect(people.attempts).to.have.length(3);
      await bench.clock.advance(1);
      expect(await a.line()).to.equal('230 Logged in.');
      for (const p of [a, b, other]) {
        await p.end();
        await p.whole();
      }
    }),
  );

  it(
    'fails ten times, and the address is turned away, without any work, until time has passed',
    spec({ idleTimeout: 3_600_000 }, async (bench, people) => {
      const staying = await bench.dial();
      await staying.send('-u alice\tsesame\n');
      expect(await staying.line()).to.equal('230 Logged in.');
      const notes: unknown[] = [];
      bench.server.on('note', (...note) => notes.push(note));
      for (let i = 0; i < 4; i += 1) await said(bench, '-u alice\twrong\n'.repeat(3), CLIENT, 100_000);
      expect(people.attempts).to.have.length(11);
      const about = { outcome: 'refused', address: CLIENT };
      const ban = [`Too many logins from ${CLIENT} failed: it is turned away for 600 s.`, about];
      expect(notes).to.deep.equal([ban]);
      for (let i = 0; i < 3; i += 1) {
        expect(await said(bench, '-u alice\tsesame\n')).to.equal('421 Too many failed logins, closing.\r\n');
      }
      // The first of them, and no flood of lines.
      const away = `${CLIENT} came back and was turned away, as whatever comes from there until the ban is over.`;
      expect(notes).to.deep.equal([ban, [away, about]]);
      expect(people.attempts).to.have.length(11);
      // Nobody else, nor what had been let in before.
      expect(await said(bench, '-u alice\tsesame\n', '10.0.0.3')).to.equal('230 Logged in.\r\n');
      await staying.send('-s hello.txt\n');
      expect(await staying.line()).to.match(/^213 /);
      await staying.end();
      await staying.whole();
      await bench.clock.advance(600_000);
      expect(await said(bench, '-u alice\tsesame\n')).to.equal('230 Logged in.\r\n');
    }),
  );

  it(
    'is worked on ten times in all, however many sessions try at once',
    spec({}, async (bench, people) => {
      const sessions = await Promise.all(Array.from({ length: 50 }, () => bench.dial()));
      for (const p of sessions) await p.send('-u alice\twrong\n-u alice\twrong\n-u alice\tsesame\n');
      await bench.clock.advance(2000_000);
      const replies = await Promise.all(sessions.map(async (p) => (await p.whole()).toString()));
      expect(people.attempts.filter(({ password }) => password === 'wrong').length).to.be.at.most(10);
      expect(people.attempts.length).to.be.at.most(10);
      expect(replies.join('')).not.to.contain('230');
      for (const reply of replies)
        expect(reply).to.match(/421 Too many (failed logins|logins at once), closing\.\r\n$/);
    }),
  );

  it(
    'who waits for it keeps no place that somebody else needs',
    spec({ maxSessions: 4, maxSessionsPerAddress: 4 }, async (bench) => {
      const guessing = await Promise.all(Array.from({ length: 4 }, () => bench.dial()));
      for (const p of guessing) await p.send('-u alice\twrong\n');
      await bench.clock.advance(500);
      const served = await bench.dial('10.0.0.3');
      await served.send('-u alice\tsesame\n');
      await bench.clock.advance(1000);
      expect(await served.line()).to.equal('230 Logged in.');
      await served.end();
      await served.whole();
      for (const p of guessing) await p.end();
      await bench.clock.advance(20_000);
    }),
  );

  it(
    'a client that leaves in the middle of it is counted all the same',
    spec({}, async (bench, people) => {
      let decide = (): void => undefined;
      const { authenticate } = people;
      people.authenticate = async (attempt) => {
        await new Promise<void>((resolve) => (decide = resolve));
        return authenticate.call(people, attempt);
      };
      const p = await bench.dial();
      await p.send('-u alice\twrong\n');
      await settle();
      p.conn.reset();
      await settle();
      decide();
      await settle();
      const q = await bench.dial();
      await q.send('-u alice\tsesame\n');
      await bench.clock.advance(999);
      expect(people.attempts).to.have.length(1);
      await bench.clock.advance(1);
      decide();
      expect(await q.line()).to.equal('230 Logged in.');
      await q.end();
      await q.whole();
    }),
  );

  it(
    'a server with too many at once says so, and counts nothing',
    spec({}, async (bench, people) => {
      people.authenticate = () =>
        Promise.reject(new TwinportError('timeout', 'Too many logins at once', { reply: 421 }));
      const notes: string[] = [];
      bench.server.on('note', (note) => notes.push(note));
      for (let i = 0; i < 12; i += 1) {
        expect(await said(bench, '-u alice\tsesame\n')).to.equal('421 Too many logins at once, closing.\r\n');
      }
      expect(notes).to.deep.equal([]);
    }),
  );

  it('without accounts there is nothing to log in to, and -f does not say so', async () => {
    await withBench({ files: FILES }, async (bench) => {
      expect(await said(bench, '-u alice\tsesame\n-s hello.txt\n-f\n')).to.match(
        /^502 Nobody logs in here\.\r\n213 [^]*211-Features:(?![^]*LOGIN)/,
      );
    })();
  });

  it('in clear text from another machine it is refused before it is looked at', async () => {
    const people = new People();
    await withBench({ files: FILES, authenticator: people }, async (bench) => {
      const events = heard(bench);
      for (const password of ['sesame', 'wrong']) {
        expect(await said(bench, `-u alice\t${password}\n`)).to.equal(
          '530 No password is taken in clear text here: use TLS.\r\n',
        );
      }
      expect(people.attempts).to.deep.equal([]);
      expect(events.map(({ ok, why }) => [ok, why])).to.deep.equal([
        [false, 'in clear, without TLS'],
        [false, 'in clear, without TLS'],
      ]);
    })();
  });
});
