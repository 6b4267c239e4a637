import { expect } from 'chai';
import type { Account, Attempt, Authenticator } from '../../lib/auth/auth';
import { TwinportError } from '../../lib/errors';
import { LIMITS } from '../../lib/options';
import { stage } from '../support/accounts';
import { settle } from '../support/fakeClock';

const signal = (): AbortSignal => new AbortController().signal;

/** An authenticator as somebody wrote it, in plain JavaScript. */
function plugin(authenticate: (attempt: Attempt, signal: AbortSignal) => unknown, more: object = {}): Authenticator {
  return { authenticate, ...more } as unknown as Authenticator;
}

describe('an authenticator of somebody else', () => {
  it('is as much as a Map', async () => {
    const users = new Map([['alice', 'sesame']]);
    const { login, notes } = stage({
      authenticator: {
        authenticate: ({ name, password }) => Promise.resolve(users.get(name) === password ? { name } : undefined),
      },
    });
    const mine = login('::1');
    expect((await mine.enter('alice', 'sesame', signal())).outcome).to.equal('in');
    expect(mine.account).to.deep.equal({ name: 'alice' });
    expect((await login('::1').enter('alice', 'x', signal())).outcome).to.equal('refused');
    expect(notes).to.deep.equal([]);
  });

  for (const nobody of [undefined, null, false]) {
    it(`refuses with ${String(nobody)}, and that counts`, async () => {
      const { login, door, notes } = stage({ authenticator: plugin(() => nobody), banAfter: 1 });
      expect((await login('::1').enter('alice', 'x', signal())).outcome).to.equal('refused');
      expect(door.turnsAway('::1')).not.to.equal(undefined);
      expect(notes).to.deep.equal([
        'Too many logins from ::1 failed: it is turned away for 600 s.',
        '::1 came back and was turned away, as whatever comes from there until the ban is over.',
      ]);
    });
  }

  const nonsense: [what: string, answer: unknown, why: RegExp][] = [
    ['true', true, /an account is an object/],
    ['a name', 'alice', /an account is an object/],
    ['no name', {}, /has a name/],
    ['an empty name', { name: '' }, /has a name/],
    ['rights that are a word', { name: 'a', rights: 'read' }, /rights are a list/],
    ['a right that is none', { name: 'a', rights: ['read', 'admin'] }, /not "admin"/],
    ['overwriting without writing', { name: 'a', rights: ['overwrite'] }, /without the right to write/],
    ['null for rights', { name: 'a', rights: null }, /rights are a list/],
    ['a root that climbs', { name: 'a', root: '../other' }, /without "\.\."/],
    ['a root with a NUL', { name: 'a', root: 'a\0b' }, /a root is a path/],
    ['a rate that is none', { name: 'a', limits: { rate: NaN } }, /rate must be/],
    ['a quota below nothing', { name: 'a', limits: { quotaBytes: -1 } }, /quotaBytes must be/],
  ];
  for (const [what, answer, why] of nonsense) {
    it(`lets nobody in with ${what}, as an answer and as what an account is now, and the owner hears why`, async () => {
      const { login, door, notes } = stage({ authenticator: plugin(() => answer), banAfter: 1 });
      expect((await login('::1').enter('alice', 'x', signal())).outcome).to.equal('refused');
      expect(notes).to.have.length(1);
      expect(notes[0])
        .to.match(/^A login could not be decided: /)
        .and.match(why);
      // Nor is it the fault of who tried.
      expect(door.turnsAway('::1')).to.equal(undefined);

      const later = stage({ authenticator: plugin(() => ({ name: 'alice' }), { current: () => answer }) });
      const mine = later.login('::1');
      expect((await mine.enter('alice', 'x', signal())).outcome).to.equal('in');
      for (let i = 0; i < 3; i += 1) expect(mine.unserved).to.equal(true);
      expect(later.notes).to.have.length(1);
      expect(later.notes[0])
        .to.match(/^An account could not be decided: /)
        .and.match(why);
    });
  }

  it('that throws, at once or later, lets nobody in and takes nothing with it; the password is told to nobody', async () => {
    const fail = (password: string): never => {
      throw new Error(`no database for ${password}`);
    };
    for (const authenticate of [
      ({ password }: Attempt) => fail(password),
      async ({ password }: Attempt) => Promise.resolve().then(() => fail(password)),
    ]) {
      const { login, notes } = stage({ authenticator: plugin(authenticate) });
      expect((await login('::1').enter('alice', 'sesame', signal())).outcome).to.equal('refused');
      expect(notes).to.deep.equal(['A login could not be decided: no database for …']);
    }
  });

  it('that fails at whatever it is asked serves nobody, and is told of once a minute', async () => {
    const never = (): never => {
      throw new TwinportError('io-error', 'gone');
    };
    const authenticator = Object.defineProperty(
      plugin(() => ({ name: 'alice' }), { current: never }),
      'anonymous',
      {
        get: never,
      },
    );
    const { login, notes, clock } = stage({ authenticator });
    const mine = login('::1');
    expect(mine.unserved).to.equal(true);
    expect(mine.unserved).to.equal(true);
    expect(notes).to.deep.equal(['The visitor could not be decided: gone']);
    await clock.advance(60_000);
    expect(mine.account?.rights).to.deep.equal([]);
    expect(notes).to.have.length(2);
  });

  it('that never answers keeps nobody longer than its time, and is told to stop', async () => {
    const stopped: unknown[] = [];
    const authenticate = (_: Attempt, asked: AbortSignal): Promise<never> => {
      asked.addEventListener('abort', () => stopped.push(asked.reason));
      return new Promise(() => undefined);
    };
    const { login, notes, clock } = stage({ authenticator: plugin(authenticate) });
    const leaving = new AbortController();
    const left = login('::1')
      .enter('alice', 'x', leaving.signal)
      .catch((error: unknown) => error);
    await settle();
    leaving.abort(new TwinportError('connection-lost', 'the client left'));
    expect(await left).to.equal(leaving.signal.reason);
    const next = login('::1').enter('alice', 'x', signal());
    await clock.advance(LIMITS.loginAnswer);
    // Its turn has come.
    await clock.advance(LIMITS.loginAnswer);
    expect((await next).outcome).to.equal('refused');
    expect(notes).to.deep.equal(['A login could not be decided: there was no answer in 30 s']);
    expect(stopped).to.have.length(2);
    expect(clock.pending).to.equal(0);
  });

  it('that answers when nobody waits any more has let nobody in', async () => {
    let answer: (account: Account) => void = () => undefined;
    const authenticate = (): Promise<Account> => new Promise((resolve) => (answer = resolve));
    const { login, clock, events } = stage({ authenticator: plugin(authenticate) });
    const mine = login('::1');
    const tried = mine.enter('alice', 'x', signal());
    await clock.advance(LIMITS.loginAnswer);
    expect((await tried).outcome).to.equal('refused');
    answer({ name: 'alice' });
    answer({ name: 'alice' });
    await settle();
    expect(mine.unserved).to.equal(true);
    expect(events.map(({ ok }) => ok)).to.deep.equal([false]);
  });

  it('counts the guess of who leaves before he hears of it', async () => {
    let answer: (account: undefined) => void = () => undefined;
    const authenticate = (): Promise<undefined> => new Promise((resolve) => (answer = resolve));
    const { login, door } = stage({ authenticator: plugin(authenticate), banAfter: 1 });
    const leaving = new AbortController();
    const left = login('::1')
      .enter('alice', 'x', leaving.signal)
      .catch(() => 'left');
    await settle();
    leaving.abort(new TwinportError('connection-lost', 'the client left'));
    expect(await left).to.equal('left');
    answer(undefined);
    await settle();
    expect(door.turnsAway('::1')).not.to.equal(undefined);
  });
});
