import { expect } from 'chai';
import { Login } from '../../lib/control/login';
import type { Conn } from '../../lib/net/network';
import { stage } from '../support/accounts';
import { settle } from '../support/fakeClock';

const signal = (): AbortSignal => new AbortController().signal;

describe('control/login', () => {
  it('takes a password under TLS from anywhere, with the name of the certificate that was shown', async () => {
    const { people, login } = stage();
    expect((await login('192.0.2.7', {}).enter('alice', 'sesame', signal())).outcome).to.equal('in');
    expect((await login('192.0.2.7', { peerName: 'her laptop' }).enter('alice', 'sesame', signal())).outcome).to.equal(
      'in',
    );
    expect(people.attempts.map(({ certificate }) => certificate)).to.deep.equal([undefined, 'her laptop']);
  });

  it('takes one in clear text from this machine, however that is called, and from no other', async () => {
    const { people, login } = stage();
    for (const own of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
      expect((await login(own).enter('alice', 'sesame', signal())).outcome, own).to.equal('in');
    }
    for (const other of ['192.0.2.7', '::2', '::ffff:192.0.2.7', 'fe80::1%lo']) {
      expect((await login(other).enter('alice', 'sesame', signal())).outcome, other).to.equal('clear');
    }
    expect(people.attempts).to.have.length(4);
  });

  it('counts a password in clear text as a try of that connection, but bans nobody for it', async () => {
    const { door, login, events } = stage();
    for (let i = 0; i < 5; i += 1) {
      const one = login('192.0.2.7');
      const outcomes = [];
      for (let at = 0; at < 3; at += 1) outcomes.push((await one.enter('alice', 'x', signal())).over);
      expect(outcomes).to.deep.equal([undefined, undefined, 'Too many failed logins']);
      expect(one.over).to.equal(true);
    }
    expect(door.turnsAway('192.0.2.7')).to.equal(undefined);
    expect(events).to.have.length(15);
  });

  it('takes none in clear text where never is said, from this machine neither', async () => {
    const { people, login } = stage({ clearPasswords: 'never' });
    for (const from of ['127.0.0.1', '::1', '192.0.2.7']) {
      expect((await login(from).enter('alice', 'sesame', signal())).outcome, from).to.equal('clear');
    }
    expect((await login('127.0.0.1', {}).enter('alice', 'sesame', signal())).outcome).to.equal('in');
    expect(people.attempts).to.have.length(1);
  });

  it('knows nobody before a login but the visitor, and tells of each change of an account once', async () => {
    const { people, door } = stage();
    const heard: string[] = [];
    const end = { address: '::1', port: 1 };
    const conn = { remote: end, local: end } as unknown as Conn;
    const login = new Login(door, { id: 1, conn }, ({ limits }) => heard.push(String(limits?.rate)));
    expect(login.unserved).to.equal(true);
    people.anonymous = { name: 'anonymous' };
    expect([login.unserved, login.account?.name]).to.deep.equal([false, 'anonymous']);
    let account = { name: 'alice', limits: { rate: 1 } };
    people.current = () => account;
    await login.enter('alice', 'sesame', signal());
    expect(login.account).to.equal(account);
    expect(login.account).to.equal(account);
    account = { name: 'alice', limits: { rate: 2 } };
    expect(login.account).to.equal(account);
    expect(heard).to.deep.equal(['undefined', '1', '2']);
  });

  it('lets nobody wait without end, nor at the cost of memory', async () => {
    const { clock, people, login } = stage({ clearPasswords: true });
    await login('192.0.2.7').enter('alice', 'wrong', signal());
    const waiting = Array.from({ length: 20 }, () => login('192.0.2.7').enter('alice', 'wrong', signal()));
    await settle();
    const early = await Promise.all(waiting.slice(16));
    expect(early.map(({ outcome, over }) => [outcome, over])).to.deep.equal(
      Array.from({ length: 4 }, () => ['away', 'Too many logins at once']),
    );
    await clock.advance(600_000);
    const outcomes = (await Promise.all(waiting.slice(0, 16))).map(({ outcome }) => outcome);
    expect(outcomes).to.deep.equal([
      ...Array.from({ length: 9 }, () => 'refused'),
      ...Array.from({ length: 7 }, () => 'away'),
    ]);
    expect(people.attempts).to.have.length(10);
    expect(clock.pending).to.equal(0);
  });
});
