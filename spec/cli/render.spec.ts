import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localNameFor, remoteNameFor } from '../../lib/cli/names';
import { defect, nameBytes, sentence } from '../../lib/cli/render';
import { VERSION } from '../../lib/cli/version';
import { UsageError } from '../../lib/cli/usage';
import { decodeName } from '../../lib/wire/names';
import { ROOT } from '../support/programs';

describe('rendering', () => {
  const rows: readonly (readonly [name: string, shown: string])[] = [
    ['README.md', 'README.md'],
    ['a name "with" everything \\ \' $(x) `y` *', 'a name "with" everything \\ \' $(x) `y` *'],
    ['Grüße 日本 👍', 'Grüße 日本 👍'],
    ['\u00a0\u200b', '\u00a0\u200b'],
    ['a\nb', 'a\\x0ab'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['\0\t\r\x7f', '\\x00\\x09\\x0d\\x7f'],
    ['\u0080\u009b31m\u009f', '\\x80\\x9b31m\\x9f'],
  ];
  for (const [name, shown] of rows) {
    it(`shows ${JSON.stringify(name)} as ${JSON.stringify(shown)}`, () => {
      expect(nameBytes(name).toString()).to.equal(shown);
      expect(sentence(name)).to.equal(shown);
    });
  }

  it('leaves no C0, C1 or DEL in any name, and everything else alone', () => {
    for (let unit = 0; unit < 0x300; unit++) {
      const shown = nameBytes(String.fromCharCode(unit)).toString();
      const isControl = unit < 0x20 || (unit >= 0x7f && unit < 0xa0);
      expect(shown).to.equal(
        isControl ? `\\x${unit.toString(16).padStart(2, '0')}` : String.fromCharCode(unit),
        unit.toString(16),
      );
    }
  });

  it('prints the very bytes of a name that is not UTF-8, a stray C1 byte escaped', () => {
    expect(nameBytes(decodeName(Buffer.from('caf\xe9', 'latin1')))).to.deep.equal(Buffer.from('caf\xe9', 'latin1'));
    expect(nameBytes(decodeName(Buffer.from('\x9b2J', 'latin1'))).toString()).to.equal('\\x9b2J');
  });

  it('shows the stack of a defect, line by line and harmless', () => {
    const error = new Error('bad \x1b[2J');
    error.stack = 'Error: bad \x1b[2J\n    at here';
    expect(defect(error)).to.match(/please report it: Error: bad \\x1b\[2J\n {4}at here$/);
    expect(defect('odd')).to.match(/: odd$/);
  });
});

describe('names of their own', () => {
  it('are the last part of the path', () => {
    for (const [path, name] of [
      ['a', 'a'],
      ['a/b', 'b'],
      ['/a/b', 'b'],
      ['a/b/', 'b'],
      ['a//b', 'b'],
      ['../a', 'a'],
      ['-rf', '-rf'],
      ['dir/007', '007'],
      ['...', '...'],
      ['.hidden', '.hidden'],
      [' ', ' '],
    ] as const) {
      expect(localNameFor(path)).to.equal(name);
      expect(remoteNameFor(path)).to.equal(name);
    }
  });

  it('are never . or .. or nothing', () => {
    for (const path of ['.', '..', './', 'a/..', 'a/../', '/', '//']) {
      expect(() => localNameFor(path), path).to.throw(UsageError, 'names no file');
      expect(() => remoteNameFor(path), path).to.throw(UsageError, 'names no file');
    }
  });

  it('of this version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(VERSION).to.equal(version);
  });
});
