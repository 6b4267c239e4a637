import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { complete } from '../../../lib/cli/shell/complete';
import { execute, ROWS } from '../../../lib/cli/shell/execute';
import { scanWords, splitWords } from '../../../lib/cli/shell/words';
import { TwinportError } from '../../../lib/errors';
import { decodeName } from '../../../lib/wire/names';
import { ShellBench } from '../../support/shellBench';

const BYTE = decodeName(Buffer.of(0x66, 0xff));
const ENTRIES = {
  '': ['docs/', 'dir b/', 'a.txt', 'a b.txt', 'a c.txt', "it's", 'quo"te', 'st*r', '.hidden', '-rf', '#hash'],
  docs: ['one.md', 'two.md', 'deep/'],
  'dir b': ['in side', 'other'],
  hard: ['esc\x1b[31m', BYTE, 'new\nline', 'plain', 'inv\u202efdp.exe', 'sep\u2028x'],
  evil: ['../up', 'a/b', '', '.', '..', 'good'],
};

/** The line as it stands after Tab: what readline makes of the candidates. */
function after(line: string, candidates: readonly string[], replaced: string): string {
  const [first = ''] = candidates;
  let common = first.length;
  for (const one of candidates) while (!one.startsWith(first.slice(0, common))) common--;
  if (candidates.length === 0) return line;
  const prefix = first.slice(0, common);
  if (prefix.startsWith(replaced) || !replaced.startsWith(prefix)) {
    return line.slice(0, line.length - replaced.length) + prefix;
  }
  return line;
}

describe('completion in the shell', () => {
  const bench = new ShellBench({ entries: ENTRIES });
  const shell = bench.shell();
  const tab = async (line: string): Promise<string> => {
    const { candidates, replaced } = await complete(shell, line);
    return after(line, candidates, replaced);
  };
  const offers = async (line: string): Promise<readonly string[]> => (await complete(shell, line)).candidates;

  const LINES: readonly [line: string, completed: string][] = [
    ['', ''],
    ['pw', 'pwd '],
    ['di', 'di'],
    ['dig', 'digest '],
    ['  pw', '  pwd '],
    ['frob', 'frob'],
    ['frob x', 'frob x'],
    ['get a.', 'get a.txt '],
    ['get a', 'get a'],
    ['get a\\ ', 'get a\\ '],
    ['get a\\ b', 'get a\\ b.txt '],
    ['get "a b', 'get "a b.txt" '],
    ["get 'a c", "get 'a c.txt' "],
    ["get $'a c", "get $'a c.txt' "],
    ['get it', "get it\\'s "],
    ["get 'it", "get 'it'\\''s' "],
    ['get "it', 'get "it\'s" '],
    ['get quo', 'get quo\\"te '],
    ["get 'quo", "get 'quo\"te' "],
    ['get "quo', 'get "quo\\"te" '],
    ['get st', 'get st\\*r '],
    ['get \\-', 'get \\-rf '],
    ['get -r', 'get \\-rf '],
    ['get #', 'get \\#hash '],
    ['get .h', 'get .hidden '],
    ['get do', 'get docs/'],
    ['get docs/o', 'get docs/one.md '],
    ['get /docs/t', 'get /docs/two.md '],
    ['get ../docs/t', 'get ../docs/two.md '],
    ['get dir', 'get dir\\ b/'],
    ['get dir\\ b/i', 'get dir\\ b/in\\ side '],
    ['get "dir b/i', 'get "dir b/in side" '],
    ["get 'dir b/i", "get 'dir b/in side' "],
    ["get 'dir b'/i", "get 'dir b'/in\\ side "],
    ['get a.txt do', 'get a.txt docs/'],
    ['get --ou', 'get --output '],
    ['get --on-exists sk', 'get --on-exists skip '],
    ['get -- --', 'get -- --'],
    ['cd a', 'cd a'],
    ['cd do', 'cd docs/'],
    ['cd docs/', 'cd docs/deep/'],
    ['mkdir docs/', 'mkdir docs/deep/'],
    ['put -t do', 'put -t docs/'],
    ['put --to do', 'put --to docs/'],
    ['rm docs/on', 'rm docs/one.md '],
    ['mv a.txt docs/on', 'mv a.txt docs/one.md '],
    ['help mk', 'help mkdir '],
    ['help mkdir ', 'help mkdir '],
    ['set pa', 'set passive '],
    ['set passive of', 'set passive off '],
    ['set on-exists ov', 'set on-exists overwrite '],
    ['pwd ', 'pwd '],
    ['get hard/esc', "get hard/$'esc\\x1b[31m' "],
    ['get "hard/esc', 'get "hard/"$\'esc\\x1b[31m\'"" '],
    ['get hard/f', "get hard/$'f\\xff' "],
    ['get hard/new', "get hard/$'new\\x0aline' "],
    ['get hard/inv', "get hard/$'inv\\xe2\\x80\\xaefdp.exe' "],
    ['get "hard/inv', 'get "hard/"$\'inv\\xe2\\x80\\xaefdp.exe\'"" '],
    ["get $'hard/inv\\xe2\\x80\\xae", "get $'hard/inv\\xe2\\x80\\xaefdp.exe' "],
    ['get hard/sep', "get hard/$'sep\\xe2\\x80\\xa8x' "],
    ['get evil/', 'get evil/good '],
    ['get nowhere/', 'get nowhere/'],
    ['get a\\', 'get a\\'],
    ["get $'\\x64\\x6f", "get $'docs/"],
  ];

  for (const [line, completed] of LINES) {
    it(`makes ${JSON.stringify(line)} into ${JSON.stringify(completed)}`, async () => {
      expect(await tab(line)).to.equal(completed);
      // Complete, it is one word that names what was meant.
      if (completed.endsWith(' ') && completed !== line) expect(() => splitWords(completed)).to.not.throw();
    });
  }

  it('offers what there is', async () => {
    expect(await offers('get a')).to.deep.equal(['a\\ b.txt', 'a\\ c.txt', 'a.txt']);
    expect(await offers('get -')).to.deep.equal([
      ...['--limit-rate', '--on-exists', '--output', '--resume', '--retry', '--to'],
    ]);
    expect(await offers('get --retry ')).to.deep.equal([]);
    expect(await offers('set ')).to.deep.equal(['limit-rate', 'on-exists', 'passive', 'retry']);
    expect(await offers('cd ')).to.deep.equal(['dir\\ b/', 'docs/']);
    expect(await offers('get docs/')).to.deep.equal(['deep/', 'one.md', 'two.md']);
    const names = ROWS.flatMap(({ name, aliases = [] }) => [name, ...aliases]).filter((name) => name !== '?');
    expect(await offers('')).to.have.members(names);
  });

  it('never offers anything that draws, or is not read as the name it stands for', async () => {
    for (const directory of Object.keys(ENTRIES)) {
      for (const opening of ['', "'", '"', "$'"]) {
        for (const candidate of await offers(`get ${opening}${directory === '' ? '' : `${directory}/`}`)) {
          expect(
            /[\p{Cc}\p{Surrogate}\p{Bidi_Control}\p{Zl}\p{Zp}]/u.test(candidate),
            JSON.stringify(candidate),
          ).to.equal(false);
        }
      }
    }
  });

  it('never fails, at any letter of any line', async () => {
    for (const [line] of LINES) {
      for (let end = 0; end <= line.length; end++) await complete(shell, line.slice(0, end));
      expect(scanWords(line)).to.be.an('array');
    }
  });

  it('completes beside the place where the shell stands', async () => {
    const other = new ShellBench({ entries: ENTRIES }).shell();
    await execute(other, 'cd docs', new AbortController().signal, undefined);
    expect((await complete(other, 'get o')).candidates).to.deep.equal(['one.md ']);
    expect((await complete(other, 'get ../a.')).candidates).to.deep.equal(['a.txt ']);
  });

  it('shows no more than can be looked at, of however many', async () => {
    const many = new ShellBench({
      entries: { '': Array.from({ length: 30_000 }, (_, at) => `file-${String(at).padStart(5, '0')}`) },
    }).shell();
    expect((await complete(many, 'get f')).candidates).to.deep.equal(['file-']);
    const { candidates } = await complete(many, 'get file-');
    expect(candidates).to.have.length(201);
    expect(candidates.at(-1)).to.equal('(29800 more)');
    expect((await complete(many, 'get file-0012')).candidates).to.have.length(10);
  });

  it('takes no name for the only one among very many', async () => {
    const names = Array.from({ length: 150_000 }, (_, at) => `a${at}`);
    const many = new ShellBench({ entries: { '': [...names, 'report-1', 'report-2', 'zebra'] } }).shell();
    expect((await complete(many, 'get rep')).candidates).to.deep.equal(['report-1', 'report-2']);
    expect((await complete(many, 'get z')).candidates).to.deep.equal(['zebra ']);
  });

  describe('of names here', () => {
    let home: string;
    let local: ShellBench;
    beforeEach(async () => {
      home = await fs.mkdtemp(path.join(tmpdir(), 'twinport-complete-'));
      for (const name of ['sub', 'a dir']) await fs.mkdir(path.join(home, name));
      for (const name of ['x y.txt', 'z\x1b[2J', '.dot', 'sub/in.txt']) await fs.writeFile(path.join(home, name), '');
      await fs.symlink('sub', path.join(home, 'to-sub'));
      local = new ShellBench({ cwd: home, env: { HOME: home } });
    });
    afterEach(() => fs.rm(home, { recursive: true }));
    const tabHere = async (line: string): Promise<string> => {
      const { candidates, replaced } = await complete(local.shell(), line);
      return after(line, candidates, replaced);
    };

    it('knows put, lcd, lls and get -o', async () => {
      expect(await tabHere('put x')).to.equal('put x\\ y.txt ');
      expect(await tabHere('put "x')).to.equal('put "x y.txt" ');
      expect(await tabHere('put z')).to.equal("put $'z\\x1b[2J' ");
      expect(await tabHere('put sub/')).to.equal('put sub/in.txt ');
      expect(await tabHere('put to')).to.equal('put to-sub/');
      expect(await tabHere('lcd a')).to.equal('lcd a\\ dir/');
      expect(await tabHere('lcd ~/s')).to.equal('lcd ~/sub/');
      expect(await tabHere('lcd x')).to.equal('lcd x');
      expect(await tabHere('lls s')).to.equal('lls sub/');
      expect(await tabHere(`put ${home}/su`)).to.equal(`put ${home}/sub/`);
      expect(await tabHere('get -o x')).to.equal('get -o x\\ y.txt ');
      expect(await tabHere('put nowhere/')).to.equal('put nowhere/');
      expect(local.server.asked).to.deep.equal([]);
    });
  });

  describe('and the server', () => {
    it('asks once every few seconds for each directory', async () => {
      let now = 0;
      const one = new ShellBench({ entries: ENTRIES });
      const timed = one.shell(undefined, () => now);
      const asked = async (line: string): Promise<number> => {
        const before = one.server.asked.filter((what) => what.endsWith(' facts')).length;
        await complete(timed, line);
        return one.server.asked.filter((what) => what.endsWith(' facts')).length - before;
      };
      expect([await asked('get a'), await asked('get a.'), await asked('rm do')]).to.deep.equal([1, 0, 0]);
      expect([await asked('get docs/'), await asked('get docs/o')]).to.deep.equal([1, 0]);
      now = 6000;
      expect([await asked('get a'), await asked('get a')]).to.deep.equal([1, 0]);
    });

    it('forgets what a command may have changed', async () => {
      for (const line of ['put x', 'rm a.txt', 'mkdir x', 'mv a b']) {
        const one = new ShellBench({ entries: ENTRIES });
        const changing = one.shell();
        await complete(changing, 'get a');
        const before = one.server.asked.length;
        await execute(changing, line, new AbortController().signal, undefined);
        await complete(changing, 'get a');
        expect(one.server.asked.length, line).to.equal(before + 1);
      }
    });

    it('remembers sixteen directories', async () => {
      const entries = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d${at}`, ['x']]));
      const one = new ShellBench({ entries });
      const many = one.shell(undefined, () => 0);
      for (let at = 0; at < 20; at++) await complete(many, `get d${at}/`);
      const before = one.server.asked.length;
      await complete(many, 'get d19/');
      expect(one.server.asked.length).to.equal(before);
      await complete(many, 'get d0/');
      expect(one.server.asked.length).to.equal(before + 1);
    });

    it('remembers a hundred thousand names besides those of the newest directory', async () => {
      const names = Array.from({ length: 60_000 }, (_, at) => `n${at}`);
      const one = new ShellBench({ entries: { a: names, b: names, c: ['x'] } });
      const large = one.shell(undefined, () => 0);
      const asks = async (line: string): Promise<number> => {
        const before = one.server.asked.length;
        await complete(large, line);
        return one.server.asked.length - before;
      };
      await asks('get c/');
      expect([await asks('get a/n1'), await asks('get c/')]).to.deep.equal([1, 0]);
      expect([await asks('get b/n1'), await asks('get b/n2'), await asks('get a/n1')]).to.deep.equal([1, 0, 1]);
    });

    it('asks for one directory at a time, and lets a command go first', async () => {
      const one = new ShellBench({ entries: ENTRIES });
      const slow = one.shell();
      one.server.pause = new Promise(() => undefined);
      const first = complete(slow, 'get docs/');
      const second = complete(slow, 'get hard/');
      const third = complete(slow, 'get ');
      expect((await first).candidates).to.deep.equal([]);
      expect((await second).candidates).to.deep.equal([]);
      expect(await execute(slow, 'ping', new AbortController().signal, undefined)).to.equal(0);
      expect((await third).candidates).to.deep.equal([]);
      expect(one.server.asked).to.deep.equal(['list /docs', 'list /']);
    });

    it('offers nothing where nobody answers', async () => {
      const one = new ShellBench({ entries: ENTRIES });
      one.server.connectError = new TwinportError('cannot-connect', 'nobody there');
      expect((await complete(one.shell(), 'get a')).candidates).to.deep.equal([]);
      expect(one.told).to.deep.equal([]);
    });
  });
});
