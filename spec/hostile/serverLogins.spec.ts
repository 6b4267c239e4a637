import { expect } from 'chai';
import { formatSecret, makeSecret, type Derive } from '../../lib/auth/passwords';
import { parseUsers } from '../../lib/auth/userLines';
import { Users } from '../../lib/auth/users';
import { answers, attack, type Attack } from '../support/attack';
import { People } from '../support/accounts';
import type { Talker } from '../support/talker';

const CLEAR = { clearPasswords: true };
const honest = { ...CLEAR, login: { name: 'alice', password: 'sesame' } };
const REFUSED = '530 Login refused.\r\n';

/** What each of these connections is told, once the pauses between logins are over. */
async function allTold({ bench }: Attack, guessing: readonly Promise<Talker>[]): Promise<string[]> {
  const talkers = await Promise.all(guessing);
  for (const p of talkers) await p.end().catch(() => undefined);
  await bench.clock.advance(600_000);
  return talkers.map(({ received }) => received.toString());
}

async function guesser({ dial }: Attack, line: string, from?: string): Promise<Talker> {
  const p = await dial(from);
  await p.send(line);
  return p;
}

/** A server's users with a hash that costs nothing, and what was hashed. */
async function counted(...lines: readonly string[]): Promise<{ users: Users; hashed: string[] }> {
  const hashed: string[] = [];
  const cheap: Derive = (password, { cost, salt }, length) => {
    hashed.push(JSON.stringify([cost, salt.length, length]));
    return Promise.resolve(Buffer.alloc(length, Buffer.concat([Buffer.from(password), salt])));
  };
  const text: string[] = [];
  for (const line of lines) {
    const [name = '', password = '', ...rest] = line.split(' ');
    text.push([name, formatSecret(await makeSecret(password, cheap)), ...rest].join(' '));
  }
  hashed.length = 0;
  return { users: new Users(parseUsers(text.join('\n'), 'users'), { derive: cheap }), hashed };
}

describe('hostile: logins', () => {
  it('S50 fifty guesses at once on fifty connections', async () => {
    const people = new People();
    await attack({ ...CLEAR, authenticator: people, honest }, async (attacking) => {
      const guessing = Array.from({ length: 50 }, (_, at) => guesser(attacking, `-u alice\tguess${at}\n`));
      const told = await allTold(attacking, guessing);
      expect(people.attempts).to.have.length(10);
      expect(told.filter((said) => said === REFUSED)).to.have.length(10);
      for (const said of told) expect(said).to.be.oneOf([REFUSED, `421 Too many failed logins, closing.\r\n`, SO_MANY]);
    })();
  });

  it('S51 a ban evaded by other addresses of a /64, by the same in other words, and by logins that succeed', async () => {
    const people = new People({ alice: 'sesame', eve: 'hers' });
    await attack({ ...CLEAR, authenticator: people, honest }, async (attacking) => {
      const { bench } = attacking;
      const addresses = (at: number): string => `2001:db8:0:0:${at.toString(16)}::${at}`;
      for (let at = 1; at <= 20; at += 1) {
        // Her own account opens between guesses at another, as often as she likes: it forgives nothing.
        const p = await guesser(attacking, `-u alice\tguess${at}\n`, addresses(at));
        await bench.clock.advance(31_000);
        await p.end().catch(() => undefined);
        const own = await guesser(attacking, '-u eve\thers\n', addresses(at + 100));
        await bench.clock.advance(100);
        await own.end().catch(() => undefined);
      }
      expect(people.attempts.filter(({ name }) => name === 'alice')).to.have.length(10);
      // The neighbour's network is nobody's fault.
      const p = await guesser(attacking, '-u eve\thers\n', '2001:db8:0:1::1');
      expect(await p.line()).to.equal('230 Logged in.');
    })();
  });

  it('S52 names and passwords that might be told apart by words or by work', async () => {
    const { users, hashed } = await counted('alice sesame', 'bob café disabled');
    await attack({ ...CLEAR, authenticator: users, honest }, async (attacking) => {
      const { bench } = attacking;
      const hex = (name: string, password: string | Buffer): string =>
        `-u --hex ${[name, password].map((part) => Buffer.from(part as string).toString('hex')).join('\t')}\n`;
      const guesses = [
        '-u alice\twrong\n',
        '-u nobody\twrong\n',
        '-u bob\tcafé\n',
        '-u alice\t\n',
        '-u nobody\t\n',
        '-u Alice\tsesame\n',
        '-u alice \tsesame\n',
        '-u alice\t sesame\n',
        '-u alice\tsesame\t\n',
        '-u __proto__\tx\n',
        '-u constructor\tx\n',
        hex('bob', 'cafe\u0301'),
        hex('alice', Buffer.from('caf\xe9', 'latin1')),
        hex('alice', 'x'.repeat(1900)),
        hex('nobody', 'x'.repeat(1900)),
        hex('\u{1f511}'.repeat(64), 'x'),
      ];
      for (const [at, guess] of guesses.entries()) {
        const p = await guesser(attacking, guess, `10.9.0.${at}`);
        await bench.clock.advance(0);
        expect(await p.quiet(), guess).to.equal(REFUSED);
      }
      expect(hashed).to.have.length(guesses.length);
      expect(new Set(hashed).size).to.equal(1);
      // What cannot be anybody's is refused as such, and nothing is worked out, for whatever name.
      for (const name of ['alice', 'nobody', 'bob']) {
        expect(await answers(attacking, `-u ${name}\tses\0ame\n`)).to.match(/^501 A request cannot hold a NUL/);
        expect(await answers(attacking, hex(name, 'a\0b'))).to.match(/^501 A name or a password cannot hold a NUL/);
        expect(await answers(attacking, `-u ${name}\n`)).to.match(/^501 -u needs a name and a password/);
        expect(await answers(attacking, `-u ${name}\t${'x'.repeat(5000)}\n`)).to.match(/^500 A request is longer/);
      }
      expect(hashed).to.have.length(guesses.length);
    })();
  });

  it('S53 requests pipelined around a login', async () => {
    const files = { secret: 'text' };
    await attack({ ...CLEAR, authenticator: new People(), honest, files }, async ({ bench, dial }) => {
      const p = await dial();
      await p.send('-s secret\n-u alice\twrong\n-s secret\n-u alice\tsesame\n-s secret\n-u eve\tx\n-u alice\tsesame\n');
      await bench.clock.advance(2000);
      expect((await p.quiet()).split('\r\n').map((line) => line.slice(0, 3))).to.deep.equal([
        '530',
        '530',
        '530',
        '230',
        '213',
        '503',
        '503',
        '',
      ]);
    })();
  });

  it('S54 another login while a transfer runs', async () => {
    const people = new People({ alice: 'sesame', eve: 'hers' });
    const files = { large: 'x'.repeat(4_000_000) };
    await attack({ ...CLEAR, authenticator: people, honest, files }, async ({ bench, dial, dialData }) => {
      const p = await dial();
      await p.send('-u alice\tsesame\n-g large 0\n-u eve\thers\n-s large\n');
      expect(await p.line()).to.equal('230 Logged in.');
      const q = await dialData(Number(/port=(\d+);/.exec(await p.line())?.[1]));
      await q.bytes(4_000_000);
      await q.end();
      expect(await p.line()).to.match(/^226 /);
      expect(await p.line()).to.match(/^503 /);
      expect(await p.line()).to.match(/^213 /);
      expect(people.attempts.map(({ name }) => name)).to.deep.equal(['alice']);
      expect(new Set(bench.events.map(({ user }) => user))).to.deep.equal(new Set(['alice']));
    })();
  });

  it('S55 passwords in clear text from another machine', async () => {
    const people = new People();
    people.anonymous = { name: 'anonymous', rights: ['list', 'read'] };
    const tried: string[] = [];
    await attack({ authenticator: people }, async (attacking) => {
      attacking.bench.server.on('login', ({ name }) => tried.push(name));
      people.anonymous = { name: 'anonymous', rights: ['list', 'read'] };
      const told = await answers(attacking, '-u alice\tsesame\n-u nobody\tx\n-s honest.txt\n');
      expect(told).to.match(/^(530 No password is taken in clear text here: use TLS\.\r\n){2}213 /);
      expect(people.attempts).to.deep.equal([]);
      expect(tried).to.deep.equal(['alice', 'nobody']);
    })();
  });
});

const SO_MANY = '421 Too many logins at once, closing.\r\n';
