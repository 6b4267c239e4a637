import { expect } from 'chai';
import { become, identify, type Self } from '../../../lib/cli/serve/user';
import { rejects } from '../../support/storageHelpers';

const IDENTITY = { name: 'nobody', uid: 65534, known: true, gid: 65533 };

/** Root, until it gives itself up; `sticky` regains it. */
function somebody(sticky?: 'setuid' | 'seteuid' | 'setegid' | 'nothing'): { self: Self; did: string[] } {
  const did: string[] = [];
  let [uid, gid] = [0, 0];
  const allowed = (what: string): void => {
    if (uid !== 0 && sticky !== what) throw new Error('EPERM');
  };
  const self: Self = {
    getuid: () => uid,
    geteuid: () => uid,
    getgid: () => gid,
    getegid: () => gid,
    setuid: (id) => {
      allowed('setuid');
      did.push(`setuid ${id}`);
      if (sticky !== 'nothing') uid = Number(id);
    },
    seteuid: () => allowed('seteuid'),
    setgid: (id) => {
      allowed('setgid');
      did.push(`setgid ${id}`);
      gid = Number(id);
    },
    setegid: () => allowed('setegid'),
    initgroups: (user, group) => void did.push(`initgroups ${user} ${group}`),
    setgroups: (groups) => void did.push(`setgroups ${groups.join()}`),
  };
  return { self, did };
}

describe('becoming a user', () => {
  it('gives up groups first, and the right to do so last', () => {
    const { self, did } = somebody();
    become(IDENTITY, self);
    expect(did).to.deep.equal(['setgid 65533', 'initgroups nobody 65533', 'setuid 65534']);
  });

  it('has the one group where nobody knows the number', () => {
    const { self, did } = somebody();
    become({ name: '4242', uid: 4242, known: false, gid: 17 }, self);
    expect(did).to.deep.equal(['setgid 17', 'setgroups 17', 'setuid 4242']);
  });

  for (const sticky of ['setuid', 'seteuid', 'setegid', 'nothing'] as const) {
    it(`fails where root can be had back (${sticky})`, async () => {
      await rejects('denied', () => become(IDENTITY, somebody(sticky).self));
    });
  }

  it('is for root alone', () => {
    const { self } = somebody();
    self.setuid?.(1000);
    expect(() => identify({ name: 'nobody' }, self)).to.throw(/^only root can become nobody$/);
  });

  it('is refused where it gives nothing up, and where there is no such user or group', () => {
    const { self } = somebody();
    for (const [user, sentence] of [
      [{ name: 'root' }, /^"root" is root, who would give nothing up$/],
      [{ name: '0', group: '0' }, /^"0" is root/],
      [{ name: 'nobody', group: '0' }, /^the group of "nobody" would be root's: name another$/],
      [{ name: '4242', group: '00' }, /^the group of "4242" would be root's/],
      [{ name: 'no-such-user-here' }, /^there is no user "no-such-user-here"$/],
      [{ name: '-u' }, /^there is no user "-u"$/],
      [{ name: '424242' }, /^nobody knows the group of "424242": name it$/],
      [{ name: 'nobody', group: 'no-such-group-here' }, /^there is no group "no-such-group-here"$/],
    ] as const) {
      expect(() => identify(user, self), user.name).to.throw(sentence);
    }
  });

  it('finds whom this machine knows, and numbers that it does not', () => {
    const { self } = somebody();
    const { uid, gid, known } = identify({ name: 'nobody' }, self);
    expect([uid > 0, gid > 0, known]).to.deep.equal([true, true, true]);
    expect(identify({ name: 'nobody', group: `${gid}` }, self).gid).to.equal(gid);
    expect(identify({ name: '424242', group: '17' }, self)).to.deep.equal({
      name: '424242',
      uid: 424242,
      known: false,
      gid: 17,
    });
  });
});
