import { expect } from 'chai';
import { derive, formatSecret, makeSecret, type Derive } from '../../lib/auth/passwords';
import { parseUsers } from '../../lib/auth/userLines';
import { Users } from '../../lib/auth/users';

const signal = new AbortController().signal;
const at = { address: '192.0.2.7' };

/** A work that costs nothing, and is counted: what it was asked with. */
function counted(): { derive: Derive; asked: { password: string; cost: string; salt: number; length: number }[] } {
  const asked: { password: string; cost: string; salt: number; length: number }[] = [];
  const cheap: Derive = (password, { cost, salt }, length) => {
    asked.push({ password, cost: JSON.stringify(cost), salt: salt.length, length });
    return Promise.resolve(Buffer.alloc(length, Buffer.concat([Buffer.from(password), salt])));
  };
  return { derive: cheap, asked };
}

async function file(using: Derive, rest: Record<string, string> = {}): Promise<string> {
  const lines = ['alice', 'bob'].map(async (name) => {
    return `${name} ${formatSecret(await makeSecret(`${name}'s`, using))} ${rest[name] ?? ''}`;
  });
  return (await Promise.all(lines)).join('\n');
}

describe('auth/users', () => {
  it('lets in who knows the password, with scrypt itself', async () => {
    const users = new Users(parseUsers(`alice ${formatSecret(await makeSecret('päss\udcffword'))}`, 'users'));
    expect(await users.authenticate({ name: 'alice', password: 'päss\udcffword', ...at }, signal)).to.deep.equal({
      name: 'alice',
    });
    expect(await users.authenticate({ name: 'alice', password: 'password', ...at }, signal)).to.equal(undefined);
    // 32 MiB and more, as promised, or Node would have refused.
    expect((await derive('x', { cost: { N: 2 ** 15, r: 8, p: 1 }, salt: Buffer.alloc(16) }, 32)).length).to.equal(32);
  });

  it('works as much for a name that is there, one that is not, and one that is disabled', async () => {
    const work = counted();
    const users = new Users(parseUsers(await file(work.derive, { bob: 'disabled' }), 'users'), work);
    work.asked.splice(0);
    const tried = [
      { name: 'alice', password: "alice's" },
      { name: 'alice', password: 'wrong' },
      { name: 'nobody', password: 'wrong' },
      { name: 'bob', password: "bob's" },
      { name: '', password: '' },
      { name: '__proto__', password: 'x' },
    ];
    const outcomes = [];
    for (const one of tried) outcomes.push((await users.authenticate({ ...one, ...at }, signal))?.name);
    expect(outcomes).to.deep.equal(['alice', undefined, undefined, undefined, undefined, undefined]);
    expect(work.asked.map(({ password }) => password)).to.deep.equal(tried.map(({ password }) => password));
    const [first] = work.asked;
    for (const { cost, salt, length } of work.asked) {
      expect({ cost, salt, length }).to.deep.equal({ cost: first?.cost, salt: first?.salt, length: first?.length });
    }
  });

  it('costs a name that is not there what those that are there cost', async () => {
    const work = counted();
    const text = (await file(work.derive)).replaceAll('ln=15', 'ln=16');
    const users = new Users(parseUsers(text, 'users'), work);
    work.asked.splice(0);
    for (const name of ['alice', 'nobody']) await users.authenticate({ name, password: 'x', ...at }, signal);
    expect(work.asked[0]?.cost).to.equal(JSON.stringify({ N: 2 ** 16, r: 8, p: 1 }));
    expect(work.asked[1]?.cost).to.equal(work.asked[0]?.cost);
  });

  it('an empty file lets nobody in, at the usual cost', async () => {
    const work = counted();
    const users = new Users([], work);
    expect(await users.authenticate({ name: 'a', password: 'b', ...at }, signal)).to.equal(undefined);
    expect(work.asked.map(({ cost }) => cost)).to.deep.equal([JSON.stringify({ N: 2 ** 15, r: 8, p: 1 })]);
  });

  it('knows what an account is after the file has changed', async () => {
    const work = counted();
    const text = await file(work.derive);
    const account = await new Users(parseUsers(text, 'users'), work).authenticate(
      { name: 'alice', password: "alice's", ...at },
      signal,
    );
    if (account === undefined) throw new Error('alice is not let in');
    const after = (changed: string): unknown => new Users(parseUsers(changed, 'users'), work).current(account);
    expect(after(text)).to.deep.equal({ name: 'alice' });
    expect(after(text.replace(/^(alice .*)$/m, '$1 root=a'))).to.deep.equal({ name: 'alice', root: 'a' });
    expect(after(text.replace(/^(alice .*)$/m, '$1 disabled'))).to.equal(undefined);
    expect(after(text.replace(/^alice .*$/m, ''))).to.equal(undefined);
    const other = formatSecret(await makeSecret('another', work.derive));
    expect(after(text.replace(/^(alice) \S+/m, `$1 ${other}`))).to.equal(undefined);
    expect(new Users(parseUsers(text, 'users')).current({ name: 'alice' })).to.equal(undefined);
  });

  it('serves those who did not log in only where that is said, and then reading alone', () => {
    expect(new Users([]).anonymous).to.equal(undefined);
    expect(new Users([], { anonymous: true }).anonymous).to.deep.equal({ name: 'anonymous', rights: ['list', 'read'] });
    expect(new Users([], { anonymous: true, anonymousRoot: 'pub' }).anonymous).to.deep.equal({
      name: 'anonymous',
      rights: ['list', 'read'],
      root: 'pub',
    });
    expect(new Users([], { anonymousRoot: 'pub' }).anonymous).to.equal(undefined);
  });
});
