import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/programs';
import { bytesOf, catalogue, refusal, sha256, shown, type Entry } from '../support/testfiles';

const SMALL = catalogue({ seed: 1, small: true });
const ALL = catalogue({ seed: 1 });
const MIB = 1024 * 1024;

const at = (path: string | Buffer): Entry => {
  const found = ALL.find((entry) => entry.path.equals(Buffer.from(path)));
  if (found === undefined) throw new Error(`there is no ${String(path)}`);
  return found;
};
const pathsOf = (entries: readonly Entry[]): string[] => entries.map(({ path }) => path.toString('latin1'));
const folder = (name: string): Entry[] => ALL.filter(({ path }) => path.toString().startsWith(`${name}/`));

describe('testfiles: what there is', () => {
  it('is, byte for byte, what it always was', () => {
    const lines = SMALL.map((entry) => `${entry.path.toString('hex')} ${entry.empty ? '-' : sha256(bytesOf(entry))}\n`);
    const digest = createHash('sha256').update(lines.sort().join('')).digest('hex');
    // Changes with every file that is added; a change nobody meant is what it is here for.
    expect(digest).to.equal('8a5e2785235ff1cc9d287747dc3c5acc623b919edcb0e78eded2994154498def');
  });

  it('is the same however it is cut', () => {
    for (const entry of SMALL.filter(({ size }) => size <= 200_000)) {
      const whole = bytesOf(entry);
      for (const piece of entry.size < 1000 ? [1, 2, 3, 255] : [65_535, 65_537]) {
        expect(bytesOf(entry, piece).equals(whole), `${shown(entry.path)} in pieces of ${piece}`).to.equal(true);
      }
    }
  });

  it('has no path twice, and none that is another one’s directory', () => {
    const paths = pathsOf(ALL);
    expect(new Set(paths).size).to.equal(paths.length);
    for (const path of paths) expect(paths.filter((other) => other.startsWith(`${path}/`))).to.deep.equal([]);
  });

  it('has the digits, one megabyte and one gigabyte, the large one last', () => {
    expect(at('imegU.txt').size).to.equal(1_000_000);
    expect(at('igigS.txt').size).to.equal(1_000_000_000);
    expect(pathsOf(ALL).at(-1)).to.equal('igigS.txt');
  });

  it('has servertest.txt as it is', () => {
    const original = readFileSync(join(ROOT, 'testfiles/servertest.txt'));
    expect(bytesOf(at('servertest.txt')).equals(original)).to.equal(true);
  });

  it('has every size', () => {
    for (const size of [
      ...[0, 1, 2, 199_998, 199_999, 200_000, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1],
      ...[32 * MIB - 1, 32 * MIB, 32 * MIB + 1],
    ]) {
      expect(at(`sizes/bytes-${size}`).size).to.equal(size);
    }
    const padded = bytesOf(at('sizes/bytes-199999-ends-in-nuls')).toString('latin1');
    expect(padded).to.match(/^[0-9]{198999}\0{1000}$/);
    // Stripped as padding it would be short; that is the other file's trouble.
    expect(bytesOf(at('sizes/bytes-199999')).at(-1)).to.not.equal(0);
  });

  it('is about 5 MB when small, without the large ones and with all else', () => {
    const left = pathsOf(ALL).filter((path) => !pathsOf(SMALL).includes(path));
    const large = [32 * MIB - 1, 32 * MIB, 32 * MIB + 1].map((size) => `sizes/bytes-${size}`);
    expect(left).to.deep.equal([...large, 'igigS.txt']);
    expect(SMALL.reduce((sum, { size }) => sum + size, 0)).to.be.below(6_000_000);
  });

  for (const [name, content] of [
    ['exactly-pass', /^pass$/],
    ['exactly-cancel', /^cancel$/],
    ['exactly-file-not-found', /^File not found\.$/],
    ['exactly-error', /^ERROR$/],
    ['begins-with-l-8555', /^-l 8555\n./],
    ['begins-with-5-get-x', /^5:get x./],
    ['begins-with-name-put', /^name:PUT./],
    ['begins-with-nuls', /^\0+[^\0]/],
    ['ends-in-nuls', /[^\0]\0+$/],
    ['crlf-text', /^one\r\ntwo\r\n/],
  ] as const) {
    it(`has contents/${name}`, () => {
      expect(bytesOf(at(`contents/${name}`)).toString('latin1')).to.match(content);
    });
  }

  it('has every byte', () => {
    expect([...bytesOf(at('contents/every-byte'))]).to.deep.equal(Array.from({ length: 256 }, (_, byte) => byte));
  });

  it('calls sizes and contents what every dialect can ask for', () => {
    const names = [...folder('sizes'), ...folder('contents')].map(({ path }) => path.toString().split('/')[1]);
    expect(names.length).to.be.at.least(30);
    for (const name of names) expect(name).to.match(/^[a-z0-9-]{1,28}$/);
  });
});

describe('testfiles: names that hurt', () => {
  for (const name of [
    ...['space inside', '  spaces before', 'spaces after  ', '-', '--', '-l', '-rf', '--odd', '007', '1e3', 'true'],
    ...[
      '"quoted"',
      "it's",
      'back\\slash',
      '$(id)',
      '*',
      '?',
      '[a-z]',
      'line\nfeed',
      '\t',
      '\x1b[31mred\x1b[0m',
      '\x7f',
    ],
    ...['\u009b31m', 'caf\u00e9', 'cafe\u0301', '\u{1f34e}.jpg', '\u05e9\u05dc\u05d5\u05dd.txt', 'a, b', 'a,b'],
    ...['a:PUT', 'a : GET', '..hidden', '...', 'name', 'name.1', 'con', 'trailing.', 'a directory/inside.txt'],
    ...['nested/deeper/deepest/file.txt'],
  ]) {
    it(`have ${shown(Buffer.from(name))}, which holds its name`, () => {
      const entry = at(`names/${name}`);
      expect(bytesOf(entry).toString()).to.equal(`${Buffer.from(name).toString('hex')}\n`);
      expect(entry.hard).to.equal(true);
    });
  }

  it('have an empty directory', () => {
    expect(at('names/empty directory').empty).to.equal(true);
  });

  it('have names that are not UTF-8', () => {
    const odd = folder('names').filter(({ path }) => !Buffer.from(path.toString()).equals(path));
    expect(odd.map(({ path }) => path.subarray(6).toString('hex'))).to.include.members(['636166e9', '80', 'eda080']);
  });

  it('have exactly the lengths at which names end', () => {
    const lengths = folder('names').map(({ path }) => path.length - 'names/'.length);
    for (const length of [28, 29, 255]) expect(lengths).to.include(length);
    expect(Math.max(...lengths)).to.equal(255);
    expect(at(`names/255-bytes-${'\u00e9'.repeat(122)}-`).size).to.equal(511);
  });

  it('are none that a directory could not hold', () => {
    for (const { path } of folder('names')) {
      const segments = path.toString('latin1').split('/');
      for (const segment of segments) expect(segment).to.not.be.oneOf(['', '.', '..']);
      expect(path.includes(0)).to.equal(false);
    }
  });

  it('are refused beforehand where Windows would do something else', () => {
    const all = folder('names').map(({ path }) => path.subarray('names/'.length));
    const refused = all.filter((name) => refusal(name, 'win32') !== undefined).map((name) => name.toString('latin1'));
    expect(refused).to.include.members([
      'a:PUT',
      'back\\slash',
      'con',
      'nul.txt',
      'trailing.',
      'spaces after  ',
      '\x80',
    ]);
    expect(refused).to.include.members(['line\nfeed', '*', '"quoted"', '...', '..\\up', 'C:', ' ']);
    expect(refused).to.not.include.members(['-rf', 'a, b', '  spaces before', 'a directory/inside.txt', '\x7f']);
    for (const name of all) expect(refusal(name, 'linux')).to.equal(undefined);
  });
});

describe('testfiles: a name as it is shown', () => {
  for (const [name, expected] of [
    [Buffer.from('plain name'), '"plain name"'],
    [Buffer.from('a"b\\c'), '"a\\"b\\\\c"'],
    [Buffer.from('\x1b[2J\n\x7f'), '"\\x1b[2J\\x0a\\x7f"'],
    [Buffer.from('\u009b\u202e\u2028'), '"\\u{9b}\\u{202e}\\u{2028}"'],
    [Buffer.from('\u05e9\u{1f34e}'), '"\u05e9\u{1f34e}"'],
    [Buffer.from([0x61, 0x22, 0x0a, 0x5c, 0xe9]), '"a\\"\\x0a\\\\\\xe9"'],
  ] as const) {
    it(`${name.toString('hex')} is ${expected}`, () => {
      expect(shown(name)).to.equal(expected);
    });
  }

  it('is never two names’, and moves no cursor', () => {
    const all = ALL.map(({ path }) => shown(path));
    expect(new Set(all).size).to.equal(all.length);
    for (const name of all) expect(name).to.not.match(/[\p{Cc}\p{Cf}\ufffd]/u);
  });
});
