import { expect } from 'chai';
import { typedWords } from '../../lib/cli/typedWords';
import { decodeName } from '../../lib/wire/names';
import { ROOT } from '../support/programs';
import { runNode } from '../support/typedBytes';

/** Bytes as latin1 to what Node makes of them. */
const lossy = (word: string): string => Buffer.from(word, 'latin1').toString('utf8');
const ours = (word: string): string => decodeName(Buffer.from(word, 'latin1'));
const commandLine = (...words: string[]): Buffer => Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1');

describe('the words of a command line, as typed', () => {
  const words = ['caf\xe9.txt', '', 'plain', '\xc3\xa9', '\xef\xbf\xbd', '\xff\xfe'];
  const argv = words.map(lossy);

  it('are their bytes, whatever stands before them', () => {
    for (const before of [['node', 'script'], ['node', '--max-old-space-size=99', '-r', 'x\xe9', 's'], ['ftclient']]) {
      expect(typedWords(argv, () => commandLine(...before, ...words))).to.deep.equal(words.map(ours));
    }
    expect(ours('caf\xe9.txt')).to.equal('caf\udce9.txt');
    expect(ours('\xef\xbf\xbd'), 'one that was typed').to.equal('\ufffd');
  });

  it('are found where the last has no NUL behind it', () => {
    const cut = commandLine('node', 'script', ...words).subarray(0, -1);
    expect(typedWords(argv, () => cut)).to.deep.equal(words.map(ours));
  });

  it('stay what they are where the system does not tell', () => {
    expect(typedWords(argv, () => undefined)).to.equal(argv);
    expect(typedWords(argv, () => Buffer.alloc(0))).to.equal(argv);
  });

  it('stay what they are where the system tells of others', () => {
    for (const other of [
      words.slice(1),
      [...words, ''],
      words.map((word) => word.replace('plain', 'plane')),
      ['', ...words.slice(0, -1)],
      ['a title\xe9'],
    ]) {
      expect(
        typedWords(argv, () => commandLine('node', 'script', ...other)),
        String(other),
      ).to.equal(argv);
    }
  });

  it('are those of this very process, when nobody says which', () => {
    expect(typedWords(['of nobody \ufffd'])).to.deep.equal(['of nobody \ufffd']);
  });

  it('come whole through Node itself, every byte and every wrong sequence', async function () {
    if (process.platform !== 'linux') this.skip();
    const every = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1));
    const wrong = [
      '\xc3',
      '\xe2\x82',
      '\xe2\x82a',
      '\xf0\x9f\x98',
      '\xed\xa0\x80',
      '\xed\xb3\xa9',
      '\xc0\xaf',
      '\xf8\x88',
    ];
    const more = ['\xef\xbb\xbfbom', 'a\xf4\x90\x80\x80b', '\xf0\x9f\x98\x80\x80', every.join(''), '\xff\n\n', ''];
    const typed = [...every, ...wrong, ...more];
    const show = `const { typedWords } = require('./lib/cli/typedWords');
      const { encodeName } = require('./lib/wire/names');
      const words = typedWords(process.argv.slice(1));
      console.log(JSON.stringify(words.map((word) => encodeName(word).toString('latin1'))))`;
    for (const options of [[], ['--max-old-space-size=300', '--no-warnings']]) {
      const node = [...options, '--require', 'ts-node/register/transpile-only', '--eval', show, '--'];
      const { stdout, stderr } = await runNode([...node, ...typed], ROOT);
      expect(stderr).to.equal('');
      expect(JSON.parse(stdout.toString())).to.deep.equal(typed);
    }
  });

  it('are not asked about where Node has lost nothing', async () => {
    const main = `require('./lib/cli/ftclient').main(process.argv.slice(1));
      console.error(Object.keys(require.cache).some((file) => file.includes('typedWords')))`;
    const node = ['--require', 'ts-node/register/transpile-only', '--eval', main, '--'];
    for (const [word, loaded] of [
      ['caf\xc3\xa9', 'false\n'],
      ['caf\xe9', 'true\n'],
    ] as const) {
      expect((await runNode([...node, word], ROOT)).stderr.slice(0, loaded.length), word).to.equal(loaded);
    }
  });
});
