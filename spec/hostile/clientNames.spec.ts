import { expect } from 'chai';
import { dirname } from 'node:path';
import { remoteNames } from '../../lib/cli/completion/remote';
import { complete } from '../../lib/cli/shell/complete';
import { splitWords } from '../../lib/cli/shell/words';
import type { connect } from '../../lib/index';
import { decodeName } from '../../lib/wire/names';
import { outcome } from '../support/pretender';
import { ShellBench } from '../support/shellBench';

/** Names that lead elsewhere, or to nothing. */
const PATHS = ['../up', '..', '.', '', '/etc/x', 'a/b', './c', 'd/', '/', 'e/../../f', 'nul\0x'];
/** Names that are names, whatever they look like. */
const ODD = [
  ...[
    '-rf',
    '--to=/etc',
    '--',
    '-',
    '~',
    '~root',
    '$HOME',
    '$(touch x)',
    '`id`',
    '|id',
    '>x',
    'a b',
    ' ',
    '"',
    "'",
    '*',
    '[a]',
  ],
  ...['..\\up', 'C:\\x', 'C:x', 'CON', 'NUL.txt', 'COM1', 'trail.', 'x:stream', '007', '8555', 'true', 'get', '%n%s'],
  'n'.repeat(10_000),
];
/** Names that drive a terminal, or would be two lines. */
const DRIVING = [
  ...[
    '\x1b[2J\x1b[H',
    '\x1b]0;title\x07',
    '\x1b]52;c;cm0=\x1b\\',
    '\x9b31m',
    '\x07',
    'a\rb',
    'a\nb',
    'a\x85b',
    '\x7f',
    '\t',
    '\b\b',
  ],
  decodeName(Buffer.of(0x61, 0x9b, 0x62)),
];
const NAMES = [...PATHS, ...ODD, ...ODD, ...DRIVING, 'dup', 'dup', 'dup'];
const ENTRIES = NAMES.map((name) => ({ name, type: 'file' as const }));
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/;

/** Connects to a server that has them all. */
const listing = (() =>
  Promise.resolve({
    list: () => Promise.resolve({ entries: ENTRIES, verified: true }),
    close: () => Promise.resolve(),
  })) as unknown as typeof connect;

describe('hostile: names', () => {
  const served = { names: NAMES };

  it('C27 names that are paths, options or nothing', async () => {
    for (const more of [[], ['--json'], ['--to', 'there']]) {
      for (const pattern of ['*', '.*', '?*', '[!a]*', '..*', '-*']) {
        const { client, ending } = await outcome(['host', '3555', '-g', pattern, ...more], served);
        const gets = client.asked.filter(([verb]) => verb === 'get');
        const [remotes, locals] = [gets.map(([, remote]) => remote), gets.map(([, , to]) => String(to))];
        expect(new Set(remotes).size, 'each once').to.equal(remotes.length);
        expect(remotes).to.not.include.members(PATHS);
        for (const name of PATHS) expect(remotes).to.not.include(name);
        // Each goes into the directory that was named, under the name that it has.
        for (const [at, local] of locals.entries()) {
          expect(dirname(local)).to.equal(more[0] === '--to' ? 'there' : '.');
          expect(local.split('/').at(-1)).to.equal(remotes[at]);
        }
        if (pattern === '?*') expect(remotes).to.include.members(['-rf', '~', '$(touch x)', 'C:\\x', 'dup', '8555']);
        expect(ending).to.equal(0);
      }
    }
    // What Tab puts on the line is read as one of those names, and as nothing else.
    const shell = new ShellBench({ entries: { '': ENTRIES } }).shell();
    let offered = 0;
    for (const typed of ['', '~', '$', '.', 'C', '"']) {
      const { candidates } = await complete(shell, `get ${typed}`);
      for (const candidate of candidates) {
        const words = splitWords(`get ${candidate}`);
        expect(words, candidate).to.have.length(2);
        const [, { text, literal } = { text: '', literal: false }] = words;
        expect(NAMES).to.include(text);
        expect(PATHS).to.not.include(text);
        if (/^[-*]/.test(text)) expect(literal, text).to.equal(true);
        offered += 1;
      }
    }
    expect(offered).to.be.at.least(20);
  });

  it('C28 names that drive a terminal', async () => {
    for (const words of [
      ['-l'],
      ['-l', '--long'],
      ['-l', '--json'],
      ['-q', '-l'],
      ['-g', '*'],
      ['-g', '*', '--json'],
    ]) {
      const { stdout, stderr } = await outcome(['host', '3555', ...words], served);
      expect(stdout, words.join(' ')).to.not.match(CONTROLS);
      expect(stderr, words.join(' ')).to.not.match(CONTROLS);
      if (!words.includes('--json')) continue;
      const lines = stdout.split('\n').slice(0, -1);
      for (const line of lines) JSON.parse(line);
      const listed = NAMES.filter((name) => name !== '.' && name !== '..').length;
      if (words[0] === '-l') expect(lines.filter((line) => line.includes('"event":"entry"'))).to.have.length(listed);
    }
    // A line each in a plain listing too: no name is two.
    const { stdout } = await outcome(['host', '3555', '-q', '-l'], served);
    expect(stdout.split('\n')).to.have.length(NAMES.filter((name) => name !== '.' && name !== '..').length + 1);
    const bench = new ShellBench({ entries: { '': ENTRIES } });
    for (const typed of ['get ', 'get a', "get $'"]) {
      for (const one of (await complete(bench.shell(), typed)).candidates) expect(one).to.not.match(/\p{Cc}/u);
    }
    const offered = await remoteNames(listing, { host: 'host', port: 3555 }, '');
    expect(offered).to.include.members(['./-rf', './8555', '~', 'CON']);
    for (const name of offered)
      expect(name)
        .to.match(/^(\.\/)?[^/]*$/)
        .and.to.not.match(/\p{C}|^-/u);
  });
});
