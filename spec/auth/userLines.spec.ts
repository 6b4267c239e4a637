import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { formatSecret, parseSecret } from '../../lib/auth/passwords';
import { parseUsers, withoutUser, withUser } from '../../lib/auth/userLines';
import { isTwinportError } from '../../lib/errors';

const SALT = 'AAECAwQFBgcICQoLDA0ODw';
const HASH = `$scrypt$ln=15,r=8,p=1$${SALT}$${'A'.repeat(42)}E`;
const DEARER = HASH.replace('ln=15', 'ln=16');

describe('auth/passwords: as they are written', () => {
  it('come out as they went in', () => {
    for (let i = 0; i < 20; i += 1) {
      const secret = { cost: { N: 2 ** 15, r: 8, p: 1 + i }, salt: randomBytes(16), hash: randomBytes(32) };
      if (i < 16) expect(parseSecret(formatSecret(secret))).to.deep.equal(secret);
      else expect(parseSecret(formatSecret(secret))).to.be.a('string');
    }
  });

  const wrong: [what: string, text: string, sentence?: RegExp][] = [
    ['nothing', ''],
    ['a password', 'hunter2'],
    ['another scheme', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aGFzaA'],
    ['one cheaper to try', HASH.replace('ln=15', 'ln=14'), /costs less/],
    ['one cheaper in r', HASH.replace('r=8', 'r=7'), /costs less/],
    ['one without p', HASH.replace('p=1', 'p=0'), /costs less/],
    ['one that would take all memory', HASH.replace('ln=15', 'ln=20').replace('r=8', 'r=32'), /128 MiB/],
    ['one with an absurd exponent', HASH.replace('ln=15', 'ln=99'), /128 MiB/],
    ['a salt that is too short', HASH.replace(SALT, 'AAEC'), /cut short/],
    ['a hash cut short', HASH.slice(0, -3), /cut short/],
    ['padding', `${HASH}=`],
    ['a blank behind it', `${HASH} `],
    ['bits beyond the last byte', HASH.replace(/E$/, 'F')],
  ];
  for (const [what, text, sentence] of wrong) {
    it(`are not ${what}`, () => {
      const parsed = parseSecret(text);
      if (sentence === undefined) expect(parsed).to.equal(undefined);
      else expect(parsed).to.match(sentence);
    });
  }
});

describe('auth/userLines', () => {
  it('reads names, rights, roots and limits, and leaves out what is not said', () => {
    const text = [
      '# people',
      '',
      `alice ${HASH} rights=read,list root=/home/alice/ rate=10M quota-bytes=2G quota-files=1000`,
      `\t"bob b" \t ${HASH}  disabled  root="my files"\r`,
      `  # indented`,
      `"#c" ${HASH} rights=list,read,write,overwrite,delete`,
    ].join('\n');
    const users = parseUsers(text, 'users');
    expect(users.map(({ account }) => account)).to.deep.equal([
      {
        name: 'alice',
        rights: ['list', 'read'],
        root: 'home/alice',
        limits: { rate: 10 * 1024 * 1024, quotaBytes: 2 * 1024 ** 3, quotaFiles: 1000 },
      },
      { name: 'bob b', root: 'my files' },
      { name: '#c', rights: ['list', 'read', 'write', 'overwrite', 'delete'] },
    ]);
    expect(users.map(({ disabled }) => disabled)).to.deep.equal([false, true, false]);
    expect(users.map(({ line }) => line)).to.deep.equal([3, 4, 6]);
  });

  const wrong: [what: string, text: string, sentence: RegExp][] = [
    ['no hash', 'alice', /^users:1: a hash is missing/],
    ['a password for a hash', 'alice hunter2', /^users:1: the second word is no hash/],
    ['a cheap hash', `alice ${HASH.replace('ln=15', 'ln=12')}`, /^users:1: the hash costs less/],
    ['a name twice', `alice ${HASH}\nalice ${HASH}`, /^users:2: "alice" has an entry already, in line 1/],
    ['a word that is none of ours', `\nalice ${HASH} admin`, /^users:2: behind the hash stand rights, root/],
    [
      'a right that is none',
      `alice ${HASH} rights=list,fly`,
      /^users:1: a right is one of list, read, write, overwrite, delete, not "fly"$/,
    ],
    ['no right', `alice ${HASH} rights=`, /^users:1: a right is one of list, read, write, overwrite, delete, not ""$/],
    ['overwrite alone', `alice ${HASH} rights=overwrite`, /^users:1: the right to overwrite/],
    ['a right without a value', `alice ${HASH} rights`, /^users:1: rights needs a value/],
    ['disabled with a value', `alice ${HASH} disabled=no`, /^users:1: disabled takes no value/],
    ['a root twice', `alice ${HASH} root=a root=b`, /^users:1: root is given twice/],
    ['a root above', `alice ${HASH} root=../b`, /^users:1: root is a directory beneath/],
    ['a rate of nothing', `alice ${HASH} rate=0`, /^users:1: rate is a number from 1 on/],
    ['a quota that is no number', `alice ${HASH} quota-bytes=lots`, /^users:1: quota-bytes is a number/],
    ['a quota beyond all numbers', `alice ${HASH} quota-bytes=999999999999999T`, /^users:1: quota-bytes is a number/],
    ['a control character in a name', `"a\\u0007b" ${HASH}`, /^users:1: a name cannot hold control characters/],
    ['an empty name', `"" ${HASH}`, /^users:1: a name is missing/],
    ['a name without end', `${'x'.repeat(65)} ${HASH}`, /^users:1: a name has at most 64/],
    ['a quote without end', `"alice ${HASH}`, /^users:1: a quote/],
    ['a quote that is no JSON', `"\\q" ${HASH}`, /^users:1: what is in quotes/],
    ['hashes of two costs', `alice ${HASH}\nbob ${DEARER}`, /^users:2: the hash does not cost what that in line 1/],
  ];
  for (const [what, text, sentence] of wrong) {
    it(`refuses ${what}, and says where; no word of the line is repeated but the name`, () => {
      let error: unknown;
      try {
        parseUsers(text, 'users');
      } catch (caught) {
        error = caught;
      }
      expect(isTwinportError(error, 'invalid-argument')).to.equal(true);
      expect((error as Error).message).to.match(sentence);
      expect((error as Error).message).not.to.contain('hunter2');
    });
  }

  it('puts a user at the end, changes one where he stands, and leaves every other byte', () => {
    const text = `# mine\nalice ${HASH} root=a   disabled\r\n\n"b c" ${HASH}`;
    expect(withUser(text, 'users', 'alice', '$new')).to.equal(text.replace(HASH, '$new'));
    expect(withUser(text, 'users', 'b c', '$new')).to.equal(`${text.slice(0, -HASH.length)}$new`);
    expect(withUser(text, 'users', 'd', HASH)).to.equal(`${text}\nd ${HASH}\n`);
    expect(withUser('', 'users', '#d e', HASH)).to.equal(`"#d e" ${HASH}\n`);
    expect(parseUsers(withUser('', 'users', '#d "e', HASH), 'users')[0]?.account.name).to.equal('#d "e');
    expect(withoutUser(text, 'users', 'alice')).to.equal(`# mine\n\n"b c" ${HASH}`);
    expect(withoutUser(text, 'users', 'nobody')).to.equal(undefined);
  });
});
