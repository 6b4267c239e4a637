import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Request } from '../../../lib/cli/shell/context';
import { execute } from '../../../lib/cli/shell/execute';
import { promptOf } from '../../../lib/cli/shell/prompt';
import type { Outcome } from '../../../lib/cli/shell/rows';
import type { Shell } from '../../../lib/cli/shell/shell';
import { TwinportError } from '../../../lib/errors';
import { ShellBench, type BenchHow } from '../../support/shellBench';

const ENTRIES = {
  '': ['docs/', 'a.txt', 'b.md', '.hidden', 'esc\x1b[31m', 'w[1]', 'w1'],
  docs: ['deep/', 'one.md'],
  'docs/deep': [],
  'w[1]': ['inside'],
};

class Typist {
  readonly bench: ShellBench;
  readonly shell: Shell;
  private readonly stop = new AbortController();

  constructor(how: BenchHow = {}) {
    this.bench = new ShellBench({ entries: ENTRIES, ...how });
    this.shell = this.bench.shell();
  }

  type(line: string): Promise<Outcome> {
    return execute(this.shell, line, this.stop.signal, undefined);
  }

  /** Types it and gives what was printed by it. */
  async printed(line: string): Promise<string> {
    const before = this.bench.stdout.utf8.length;
    await this.type(line);
    return this.bench.stdout.utf8.slice(before);
  }
}

describe('where the shell is on the server', () => {
  it('is what relative paths begin at', async () => {
    const typist = new Typist();
    expect(await typist.printed('pwd')).to.equal('/\n');
    expect(await typist.type('cd docs')).to.equal(0);
    expect(await typist.printed('pwd')).to.equal('/docs\n');
    await typist.type('stat one.md');
    await typist.type('stat ../a.txt');
    await typist.type('stat /a.txt');
    await typist.type('stat ../../../a.txt');
    const paths = typist.bench.requests.map((request) => (request as { path: string }).path);
    expect(paths).to.deep.equal(['docs/one.md', 'a.txt', 'a.txt', 'a.txt']);
  });

  it('moves down, up, back, and to the top', async () => {
    const typist = new Typist();
    for (const [line, place] of [
      ['cd docs', '/docs'],
      ['cd deep', '/docs/deep'],
      ['cd ..', '/docs'],
      ['cd ../../..', '/'],
      ['cd /docs/deep/', '/docs/deep'],
      ['cd', '/'],
      ['cd ./docs//deep/.', '/docs/deep'],
    ] as const) {
      expect(await typist.type(line), line).to.equal(0);
      expect(typist.shell.place.shown, line).to.equal(place);
    }
    expect(await typist.printed('cd -')).to.equal('/\n');
    expect(await typist.printed('cd -')).to.equal('/docs/deep\n');
    await typist.type('cd .');
    expect(await typist.printed('cd -')).to.equal('/\n');
  });

  it('stays where the new one is no directory, or is not there', async () => {
    const typist = new Typist();
    expect(await typist.type('cd a.txt')).to.equal(78);
    expect(await typist.type('cd nowhere')).to.equal(78);
    expect(typist.bench.told.slice(1)).to.deep.equal(['78 /a.txt is no directory', '78 nowhere: FILE NOT FOUND']);
    expect(typist.shell.place.shown).to.equal('/');
    expect(await typist.type('cd -')).to.equal(64);
  });

  it('is taken on trust where the server has no word for asking', async () => {
    const typist = new Typist();
    typist.bench.server.plain = true;
    expect(await typist.type('cd docs')).to.equal(0);
    expect(typist.shell.place.shown).to.equal('/docs');
    expect(typist.bench.told.at(-1)).to.equal('note nobody can tell here whether /docs is a directory');
  });

  it('goes to the top without asking anybody', async () => {
    const typist = new Typist();
    typist.bench.server.connectError = new TwinportError('cannot-connect', 'nobody there');
    expect([await typist.type('cd /'), await typist.type('cd docs')]).to.deep.equal([0, 7]);
  });

  it('is in the prompt, shortened to half of a row, without what could draw there', () => {
    const server = { host: 'flip1.engr.oregonstate.edu', port: 3555 };
    expect(promptOf(server, '', 80)).to.equal('flip1.engr.oregonstate.edu:/> ');
    expect(promptOf(server, 'docs/deep', 80)).to.equal('flip1.engr.oregonstate.edu:/docs/deep> ');
    expect(promptOf(server, 'docs/deep', 40)).to.equal('/docs/deep> ');
    expect(promptOf(server, 'a-long-directory/another-one', 40)).to.equal('...ory/another-one> ');
    expect(promptOf({ host: '::1' }, 'a', 80)).to.equal('[::1]:/a> ');
    expect(promptOf({ host: 'h\x1b[2J' }, 'a\x1b]0;x\x07', 80)).to.equal('h\\x1b[2J:/a\\x1b]0;x\\x07> ');
    for (let columns = 1; columns < 100; columns++) {
      expect(promptOf(server, 'x/'.repeat(50), columns).length).to.be.at.most(Math.max(12, columns / 2));
    }
  });
});

describe('a listing in the shell', () => {
  type List = Extract<Request, { verb: 'list' }>;
  const list = async (line: string): Promise<{ request: List; kept: string[]; asked: readonly string[] }> => {
    const typist = new Typist();
    expect(await typist.type(line)).to.equal(0);
    const [request] = typist.bench.requests as [List];
    const names = ['.', '..', 'a.txt', 'b.md', '.hidden', 'w[1]', 'w1', 'x/y.txt'];
    return { request, kept: names.filter((name) => request.keep?.(name)), asked: typist.bench.server.asked };
  };

  it('leaves . and .. out, unless they are wanted', async () => {
    expect((await list('ls')).kept).to.deep.equal(['a.txt', 'b.md', '.hidden', 'w[1]', 'w1', 'x/y.txt']);
    expect((await list('ls -a')).kept.slice(0, 2)).to.deep.equal(['.', '..']);
  });

  it('is of a directory, or of what a pattern means in it', async () => {
    expect((await list('ls docs')).request.path).to.equal('docs');
    expect((await list('dir /docs/..')).request.path).to.equal('');
    const txt = await list('ls *.txt');
    expect([txt.request.path, txt.request.asked, txt.kept]).to.deep.equal(['', '*.txt', ['a.txt']]);
    const docs = await list('ls docs/*.md');
    expect([docs.request.path, docs.request.asked, docs.kept]).to.deep.equal(['docs', 'docs/*.md', ['b.md']]);
    expect((await list('ls .*')).kept).to.deep.equal(['.hidden']);
    expect((await list('ls w[1]')).kept).to.deep.equal(['w[1]', 'w1']);
    const quoted = await list("ls 'w[1]'");
    expect([quoted.request.path, quoted.kept.length]).to.deep.equal(['w[1]', 6]);
  });

  it('asks for facts where they are wanted, and once whether there are any', async () => {
    const { request, asked } = await list('ls');
    expect([request.long, asked]).to.deep.equal([true, ['list /']]);
    const long = await list('ls -lH');
    expect([long.request.long, long.request.human, long.asked]).to.deep.equal([true, true, []]);
    const typist = new Typist();
    await typist.type('ls');
    await typist.type('ls docs');
    expect(typist.bench.server.asked).to.deep.equal(['list /', 'stat /docs']);
  });

  it('is of one entry where a file is named, and of several things, each with its name above', async () => {
    const file = await list('ls -l docs/one.md');
    expect([file.request.path, file.request.long, file.request.keep?.('one.md'), file.kept]).to.deep.equal([
      ...['docs', true, true],
      [],
    ]);
    const one = await list('ls a.txt');
    expect([one.request.asked, one.kept]).to.deep.equal(['a.txt', ['a.txt']]);
    expect((await list('ls docs')).request.asked).to.equal(undefined);
    expect((await list('ls nowhere')).request.path).to.equal('nowhere');
    const typist = new Typist();
    expect(await typist.printed('ls docs a.txt docs/deep *.md')).to.equal('docs:\n\ndocs/deep:\n');
    expect((typist.bench.requests as List[]).map(({ path }) => path)).to.deep.equal(['docs', '', 'docs/deep', '']);
    expect(typist.bench.told.slice(1)).to.deep.equal([]);
  });

  it('has no name above it where it does not come', async () => {
    const typist = new Typist({ onRun: (request) => ((request as List).path === 'nowhere' ? 78 : 0) });
    expect(await typist.printed('ls nowhere docs nowhere docs/deep nowhere')).to.equal('docs:\n\ndocs/deep:\n');
    expect(await typist.type('ls nowhere nowhere')).to.equal(78);
    expect(await typist.printed('ls nowhere')).to.equal('');
  });

  it('asks a plain server for names alone, and one that refuses nothing more', async () => {
    const typist = new Typist();
    typist.bench.server.plain = true;
    await typist.type('ls');
    await typist.type('ls nowhere');
    await typist.type('ls docs');
    expect((typist.bench.requests as List[]).map(({ long }) => long)).to.deep.equal([false, false, false]);
    // To find out takes one listing, and not one each time.
    expect(typist.bench.server.asked).to.deep.equal(['list /']);
  });
});

describe('where the shell is here', () => {
  let home: string;
  let typist: Typist;
  beforeEach(async () => {
    home = await fs.mkdtemp(path.join(tmpdir(), 'twinport-shell-'));
    await fs.mkdir(path.join(home, 'sub'));
    await fs.mkdir(path.join(home, 'a b'));
    for (const name of ['x.txt', 'y.txt', '.hidden', 'z\x1b[2J', 'sub/in.txt'])
      await fs.writeFile(path.join(home, name), name);
    await fs.symlink('sub', path.join(home, 'link'));
    await fs.symlink('nowhere', path.join(home, 'loose'));
    typist = new Typist({ cwd: home, env: { HOME: home } });
  });
  afterEach(() => fs.rm(home, { recursive: true }));

  it('moves, back and home', async () => {
    for (const [line, place] of [
      ['lcd sub', 'sub'],
      ['lcd ..', ''],
      ['lcd "a b"', 'a b'],
      ['lcd', ''],
      ['lcd ~/sub', 'sub'],
      ['lcd ~', ''],
    ] as const) {
      expect(await typist.type(line), line).to.equal(0);
      expect(await typist.printed('lpwd'), line).to.equal(`${path.join(home, place)}\n`);
    }
    expect(await typist.printed('lcd -')).to.equal(`${path.join(home, 'sub')}\n`);
  });

  it('stays where it cannot go', async () => {
    expect([await typist.type('lcd nowhere'), await typist.type('lcd x.txt')]).to.deep.equal([26, 26]);
    expect(typist.bench.told).to.deep.equal([`26 ${home}/nowhere is not there`, `26 ${home}/x.txt is no directory`]);
    expect(await typist.type("lcd '~'")).to.equal(26);
  });

  it('shows names, directories with a slash, one a line and harmless', async () => {
    expect(await typist.printed('lls')).to.equal('.hidden\na b/\nlink/\nloose\nsub/\nx.txt\ny.txt\nz\\x1b[2J\n');
    expect(await typist.printed('lls sub')).to.equal('in.txt\n');
    expect(await typist.printed('lls *.txt')).to.equal('x.txt\ny.txt\n');
    expect(await typist.printed('lls ~/sub/i*')).to.equal('in.txt\n');
    expect(await typist.type('lls nowhere')).to.equal(26);
  });

  it('is where the files of a put are', async () => {
    await typist.type('put *.txt');
    await typist.type('put ~/sub/*');
    await typist.type('put -t docs ?.txt loose');
    expect(typist.bench.requests.map((request) => (request as { files: unknown }).files)).to.deep.equal([
      ['x.txt', 'y.txt'].map((name) => ({ local: name, remote: name })),
      [{ local: `${home}/sub/in.txt`, remote: 'in.txt' }],
      ['x.txt', 'y.txt', 'loose'].map((name) => ({ local: name, remote: `docs/${name}` })),
    ]);
    await typist.type('cd docs');
    await typist.type('put link/in.txt');
    expect(typist.bench.requests.at(-1)).to.deep.include({ files: [{ local: 'link/in.txt', remote: 'docs/in.txt' }] });
  });

  it('says whether the second of two names is one here, or the name there', async () => {
    const files = async (line: string): Promise<unknown> => {
      await typist.type(line);
      return (typist.bench.requests.at(-1) as { files: unknown }).files;
    };
    const both = ['x.txt', 'y.txt'].map((name) => ({ local: name, remote: name }));
    expect(await files('put x.txt y.txt')).to.deep.equal(both);
    expect(await files('put x.txt new.txt')).to.deep.equal([{ local: 'x.txt', remote: 'new.txt' }]);
    // A directory here is no file: it cannot be what is to be put.
    expect(await files('put x.txt sub')).to.deep.equal([{ local: 'x.txt', remote: 'sub' }]);
    expect(await files('put x.txt ?.txt')).to.deep.equal(both);
    expect(await files('mput x.txt new.txt')).to.deep.equal([both[0], { local: 'new.txt', remote: 'new.txt' }]);
    expect(await files('put ?.txt sub/')).to.deep.equal(
      ['x.txt', 'y.txt'].map((name) => ({ local: name, remote: `sub/${name}` })),
    );
  });

  it('may be gone', async () => {
    const { here } = typist.bench;
    here.cwd = () => {
      throw new Error('ENOENT: no such file or directory, uv_cwd');
    };
    const gone = '26 the directory we are in here is gone; lcd leads to another';
    expect([await typist.type('lpwd'), await typist.type('lls'), await typist.type('put *')]).to.deep.equal([
      26, 26, 26,
    ]);
    expect(typist.bench.told).to.deep.equal([gone, gone, gone]);
    expect(await typist.type('lcd')).to.equal(0);
    expect(here.directory).to.equal(home);
  });
});

describe('what is set in the shell', () => {
  it('comes with the requests that follow', async () => {
    const typist = new Typist();
    expect(await typist.printed('set')).to.equal('passive off\non-exists default\nretry 0\nlimit-rate off\n');
    for (const line of ['set passive on', 'set on-exists rename', 'get a', 'put a', 'get -r a', 'ls']) {
      expect(await typist.type(line)).to.equal(0);
    }
    const settings = typist.bench.requests.map((request) => (request as { settings: unknown }).settings);
    expect(settings).to.deep.equal([
      { passive: true, onExists: 'rename' },
      { passive: true },
      { passive: true, onExists: 'resume' },
      { passive: true, onExists: 'rename' },
    ]);
    expect(await typist.printed('set passive')).to.equal('passive on\n');
    await typist.type('set on-exists default');
    expect(await typist.printed('set')).to.equal('passive on\non-exists default\nretry 0\nlimit-rate off\n');
  });

  it('is how often and how fast, unless a command says so itself', async () => {
    const typist = new Typist();
    for (const line of ['set retry 3', 'set limit-rate 2M', 'get a', 'stat a', 'put --retry 0 --limit-rate 1K a']) {
      expect(await typist.type(line), line).to.equal(0);
    }
    await typist.type('set limit-rate off');
    await typist.type('ping');
    expect(typist.bench.tunings).to.deep.equal([
      { retry: 3, limitRate: 2 * 1024 * 1024 },
      { retry: 3, limitRate: 2 * 1024 * 1024 },
      { retry: 0, limitRate: 1024 },
      { retry: 3 },
    ]);
    expect(await typist.printed('set retry')).to.equal('retry 3\n');
  });
});
