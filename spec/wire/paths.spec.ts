import { expect } from 'chai';
import fc from 'fast-check';
import { decodeName } from '../../lib/wire/names';
import { baseName, isPlainName, normalisePath } from '../../lib/wire/paths';
import { caught } from '../support/splits';

describe('wire/paths', () => {
  const table: [raw: string, normal: string][] = [
    ['', ''],
    ['.', ''],
    ['/', ''],
    ['a', 'a'],
    ['a/b', 'a/b'],
    ['/a//b/', 'a/b'],
    ['./a/./b/.', 'a/b'],
    ['a/../b', 'b'],
    ['a/b/../../c', 'c'],
    ['..', ''],
    ['../../../etc/passwd', 'etc/passwd'],
    ['a/../../../etc', 'etc'],
    ['/../x', 'x'],
    ['..a/b../...', '..a/b../...'],
    [' a / b ', ' a / b '],
    ['..\\..\\x', '..\\..\\x'],
    ['C:\\x', 'C:\\x'],
    ['C:/x', 'C:/x'],
    ['-rf/--odd', '-rf/--odd'],
    ['é/e\u0301', 'é/e\u0301'],
    ['caf\udce9/x', 'caf\udce9/x'],
    ['a\nb', 'a\nb'],
  ];
  for (const [raw, normal] of table) {
    it(`spells ${JSON.stringify(raw)} as ${JSON.stringify(normal)}`, () => {
      expect(normalisePath(raw)).to.equal(normal);
    });
  }

  it('refuses NUL, which would cut the name short', () => {
    expect(caught(() => normalisePath('a\0.txt'))).to.deep.equal({ threw: 'invalid-name', reply: undefined });
  });

  it('never climbs above the root, and one spelling is enough', () => {
    const segment = fc.oneof(
      fc.constantFrom('', '.', '..', '...', 'a', '..a', '\\', '%2e%2e'),
      fc.uint8Array({ maxLength: 5 }).map((raw) => decodeName(raw.filter((byte) => byte !== 0))),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 12 }), (segments) => {
        const normal = normalisePath(segments.join('/'));
        expect(normalisePath(normal)).to.equal(normal);
        if (normal === '') return;
        for (const each of normal.split('/')) expect(['', '.', '..']).to.not.include(each);
        expect(normalisePath(`../../${normal}/x/..`)).to.equal(normal);
      }),
      { numRuns: 500 },
    );
  });

  it('names the last segment', () => {
    expect(baseName('a/b')).to.equal('b');
    expect(baseName('a')).to.equal('a');
    expect(baseName('')).to.equal('');
  });

  it('knows names that are one safe local file', () => {
    for (const name of ['a', '-rf', '...', '..a', ' ', 'a b', '007', 'é', 'caf\udce9', '~', 'a\\b', 'C:', '*', '"']) {
      expect(isPlainName(name), name).to.equal(true);
    }
  });

  it('knows names that are not', () => {
    for (const name of ['', '.', '..', '/', 'a/b', '../x', '/etc/x', 'a/', 'a\0', 'a\nb', '\x1b[2J', '\x7f', '\x9b']) {
      expect(isPlainName(name), JSON.stringify(name)).to.equal(false);
    }
  });

  it('refuses separators and drives on Windows', () => {
    for (const name of ['..\\x', 'a\\b', 'C:', 'C:\\x', 'x:stream'])
      expect(isPlainName(name, true), name).to.equal(false);
    expect(isPlainName('a b.txt', true)).to.equal(true);
  });
});
