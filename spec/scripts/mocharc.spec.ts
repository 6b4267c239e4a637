import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

const CONFIG = path.resolve(__dirname, '../../.mocharc.js');

/** What mocha is told to run besides the words of its command line. */
function specFor(words: string[]): unknown {
  const script = `console.log(JSON.stringify(require(${JSON.stringify(CONFIG)}).spec ?? null))`;
  const { stdout } = spawnSync(process.execPath, ['-e', script, '--', 'mocha', ...words], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

describe('.mocharc.js', () => {
  const everything: readonly string[][] = [
    [],
    ['-R', 'spec'],
    ['--reporter', '/somewhere/reporter.js', '--reporter-option', 'output=/tmp/report.json'],
    ['-r', './hook.ts', '--bail'],
    ['-g', 'a/b'],
    ['--reporter=./reporter.js'],
  ];
  for (const words of everything) {
    it(`runs everything for: mocha ${words.join(' ')}`, () => {
      expect(specFor(words)).to.deep.equal(['spec/**/*.spec.ts']);
    });
  }

  const named: readonly string[][] = [
    ['spec/x.spec.ts'],
    ['--bail', 'x.spec.ts'],
    ['-R', 'dot', 'spec/wire/*.spec.ts'],
    ['spec/wire/'],
  ];
  for (const words of named) {
    it(`adds nothing to: mocha ${words.join(' ')}`, () => {
      expect(specFor(words)).to.equal(null);
    });
  }
});
