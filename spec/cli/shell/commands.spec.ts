import { expect } from 'chai';
import type { Request } from '../../../lib/cli/shell/context';
import { ROWS } from '../../../lib/cli/shell/execute';
import { typed, type Result } from '../../support/shellBench';

const entries = {
  '': ['docs/', 'a.txt', 'b.txt', "it's", 'a[1].txt', '.hidden'],
  docs: ['one.md', 'two.md', 'deep/'],
  'docs/deep': [],
};
const settings = { passive: false };
/** Without what is a function. */
const asked = ({ requests }: Result): object[] =>
  requests.map((request) => JSON.parse(JSON.stringify(request)) as object);
const run = (line: string): Promise<Result> => typed(line, { entries });

describe('the commands of the shell', () => {
  const REQUESTS: readonly [line: string, request: object][] = [
    ['stat a.txt', { verb: 'stat', path: 'a.txt' }],
    ['stat /docs/../../x', { verb: 'stat', path: 'x' }],
    ['stat .', { verb: 'stat', path: '' }],
    ['digest a.txt', { verb: 'digest', path: 'a.txt', sha256: false }],
    ['digest --sha256 a.txt', { verb: 'digest', path: 'a.txt', sha256: true }],
    ['get a.txt', { verb: 'get', files: [{ remote: 'a.txt', local: 'a.txt' }], chosen: false, settings }],
    ['mget a.txt', { verb: 'get', files: [{ remote: 'a.txt', local: 'a.txt' }], chosen: false, settings }],
    ['get "it\'s"', { verb: 'get', files: [{ remote: "it's", local: "it's" }], chosen: false, settings }],
    ['get -- -rf', { verb: 'get', files: [{ remote: '-rf', local: '-rf' }], chosen: false, settings }],
    ["get '-rf'", { verb: 'get', files: [{ remote: '-rf', local: '-rf' }], chosen: false, settings }],
    ['get \\#x', { verb: 'get', files: [{ remote: '#x', local: '#x' }], chosen: false, settings }],
    ['get #x', { verb: 'get', files: [{ remote: '#x', local: '#x' }], chosen: false, settings }],
    ['get 007', { verb: 'get', files: [{ remote: '007', local: '007' }], chosen: false, settings }],
    ["get 'a*'", { verb: 'get', files: [{ remote: 'a*', local: 'a*' }], chosen: false, settings }],
    ['get docs/one.md -o x', { verb: 'get', files: [{ remote: 'docs/one.md', local: 'x' }], chosen: true, settings }],
    ['get -ox a.txt', { verb: 'get', files: [{ remote: 'a.txt', local: 'x' }], chosen: true, settings }],
    [
      'get -r a.txt',
      {
        verb: 'get',
        files: [{ remote: 'a.txt', local: 'a.txt' }],
        chosen: false,
        settings: { passive: false, onExists: 'resume' },
      },
    ],
    [
      'get --on-exists=skip a.txt',
      {
        verb: 'get',
        files: [{ remote: 'a.txt', local: 'a.txt' }],
        chosen: false,
        settings: { passive: false, onExists: 'skip' },
      },
    ],
    ['put x', { verb: 'put', files: [{ local: 'x', remote: 'x' }], settings }],
    ['mput x y', { verb: 'put', files: ['x', 'y'].map((name) => ({ local: name, remote: name })), settings }],
    ['put -t docs d/x', { verb: 'put', files: [{ local: 'd/x', remote: 'docs/x' }], settings }],
    ['put x docs/', { verb: 'put', files: [{ local: 'x', remote: 'docs/x' }], settings }],
    ['put x y docs/', { verb: 'put', files: ['x', 'y'].map((n) => ({ local: n, remote: `docs/${n}` })), settings }],
    ['put x y', { verb: 'put', files: [{ local: 'x', remote: 'y' }], settings }],
    ['put d/x docs/y', { verb: 'put', files: [{ local: 'd/x', remote: 'docs/y' }], settings }],
    ['put x y z', { verb: 'put', files: ['x', 'y', 'z'].map((n) => ({ local: n, remote: n })), settings }],
    ['put -t docs x y', { verb: 'put', files: ['x', 'y'].map((n) => ({ local: n, remote: `docs/${n}` })), settings }],
    [
      'get -t d a.txt docs/one.md',
      {
        verb: 'get',
        files: [
          { remote: 'a.txt', local: 'd/a.txt' },
          { remote: 'docs/one.md', local: 'd/one.md' },
        ],
        chosen: false,
        settings,
      },
    ],
    ['put --to / x', { verb: 'put', files: [{ local: 'x', remote: 'x' }], settings }],
    ['put -o y x', { verb: 'put', files: [{ local: 'x', remote: 'y' }], settings }],
    ['put -- -', { verb: 'put', files: [{ local: './-', remote: '-' }], settings }],
    ['delete a.txt docs/one.md', { verb: 'delete', paths: ['a.txt', 'docs/one.md'] }],
    ['rm a.txt', { verb: 'delete', paths: ['a.txt'] }],
    ['mkdir x y/z', { verb: 'mkdir', paths: ['x', 'y/z'], parents: false }],
    ['mkdir -p x', { verb: 'mkdir', paths: ['x'], parents: true }],
    ['rename a.txt docs/a.txt', { verb: 'rename', from: 'a.txt', to: 'docs/a.txt' }],
    ['mv a b', { verb: 'rename', from: 'a', to: 'b' }],
    ['ping', { verb: 'ping' }],
  ];

  for (const [line, request] of REQUESTS) {
    it(`understand ${line}`, async () => {
      const result = await run(line);
      expect([result.outcome, result.told]).to.deep.equal([0, []]);
      expect(asked(result)).to.deep.equal([request]);
    });
  }

  it('find the files that patterns mean', async () => {
    const files = async (line: string): Promise<string[]> => {
      const { requests, told } = await run(line);
      const [request] = requests as Extract<Request, { verb: 'get' }>[];
      return [...(request?.files ?? []).map(({ remote, local }) => `${remote}>${local}`), ...told.slice(1)];
    };
    expect(await files('get *.txt')).to.deep.equal(['a.txt>a.txt', 'a[1].txt>a[1].txt', 'b.txt>b.txt']);
    expect(await files('get a[1].txt')).to.deep.equal(['a[1].txt>a[1].txt']);
    expect(await files('get docs/*')).to.deep.equal(['docs/one.md>one.md', 'docs/two.md>two.md']);
    expect(await files("get 'a'?txt b.txt")).to.deep.equal(['a.txt>a.txt', 'b.txt>b.txt']);
    expect(asked(await run('rm *.txt'))).to.deep.equal([{ verb: 'delete', paths: ['a.txt', 'a[1].txt', 'b.txt'] }]);
    expect(asked(await run('rm d*')), 'directories as well').to.deep.equal([{ verb: 'delete', paths: ['docs'] }]);
    expect(asked(await run('rm [a-d]*')), 'both').to.deep.equal([
      { verb: 'delete', paths: ['a.txt', 'a[1].txt', 'b.txt', 'docs'].sort() },
    ]);
    expect(asked(await run('rm [a-d]*/')), 'what is no file').to.deep.equal([{ verb: 'delete', paths: ['docs'] }]);
    expect((await run('get d*')).requests, 'nothing to get').to.deep.equal([]);
    expect(asked(await run('stat docs/*.md'))).to.deep.equal([
      { verb: 'stat', path: 'docs/one.md' },
      { verb: 'stat', path: 'docs/two.md' },
    ]);
  });

  it('move a file once that is meant more than once', async () => {
    const { requests } = await typed('get b1 *1 ./b1 /sub/../a1', {
      entries: { '': ['a1', 'b1', 'c2', 'sub/'], sub: [] },
    });
    const files = ['b1', 'a1'].map((name) => ({ remote: name, local: name }));
    expect(requests).to.deep.equal([{ verb: 'get', files, chosen: false, settings: { passive: false } }]);
    const put = await typed('mput x ./x y .//x');
    expect(put.requests[0]).to.deep.include({ files: ['x', 'y'].map((name) => ({ local: name, remote: name })) });
  });

  it('do what can be done of what does not all match', async () => {
    const some = await run('get nothing* a.txt');
    expect([some.outcome, some.told]).to.deep.equal([
      78,
      ['connected flip1 3555', '78 nothing there matches nothing*'],
    ]);
    expect(asked(some)).to.have.length(1);
    const none = await run('get nothing*');
    expect([none.outcome, none.requests]).to.deep.equal([78, []]);
    const closed = await run('rm nowhere/*');
    expect([closed.outcome, closed.told.at(-1)]).to.deep.equal([78, '78 nowhere: FILE NOT FOUND']);
    const here = await run('put nothing*');
    expect([here.outcome, here.told]).to.deep.equal([26, ['26 /nowhere is not there']]);
  });

  it('end with the last failure of several', async () => {
    const codes = [0, 78, 0];
    const result = await typed('stat a b c', { entries, onRun: () => codes.shift() ?? 0 });
    expect([result.outcome, result.requests.length]).to.deep.equal([78, 3]);
  });

  const WRONG: readonly [line: string, sentence: string][] = [
    ['gte x', 'there is no command gte'],
    ['frobnicate', 'there is no command frobnicate; help shows them'],
    ["'get x'", 'there is no command get x; help shows them'],
    ['get', 'something is missing: get [-t DIR] [-o NAME] [-r] FILE|PATTERN…'],
    ['put', 'something is missing: put [-t DIR] [-o NAME] [-r] FILE|PATTERN… [NAME|DIR/]'],
    ['stat', 'something is missing: stat PATH…'],
    ['digest --sha256', 'something is missing: digest [--sha256] PATH…'],
    ['rm', 'something is missing: delete PATH|PATTERN…'],
    ['mkdir -p', 'something is missing: mkdir [-p] DIR…'],
    ['rename a', 'something is missing: rename OLD NEW'],
    ['rename a b c', '"c" is one word too many: rename OLD NEW'],
    ['cd a b', '"b" is one word too many: cd [DIR|-]'],
    ['pwd x', '"x" is one word too many: pwd'],
    ['quit now', '"now" is one word too many: quit'],
    ['get -x a', 'get: there is no option -x; a name that begins with a dash stands in quotes, or after --'],
    ['ls --long=3', 'list: --long takes no value'],
    ['get a -o', 'get: --output needs a value: NAME'],
    ['get -o x *.txt', 'get -o names one file, and there are 3'],
    ['get --on-exists maybe a', '--on-exists is one of rename, overwrite, skip, fail, resume, ask, not "maybe"'],
    ['get --on-exists ask a', 'on-exists ask needs a terminal to ask on'],
    ['get -o x -t d a', '--output and --to exclude each other'],
    ['get --retry many a', '--retry must be a whole number from 0 to 1000, not "many"'],
    ['put --limit-rate fast a', '--limit-rate takes bytes'],
    ['set retry 1001', 'retry must be a whole number from 0 to 1000, not "1001"'],
    ['set limit-rate 0', 'limit-rate takes bytes'],
    ['set on-exists ask', 'on-exists ask needs a terminal to ask on'],
    ['get -r --on-exists skip a', '--resume is --on-exists resume; --on-exists skip contradicts it'],
    ['put --on-exists rename a', '--on-exists rename belongs to a get'],
    ['get docs/..', '"" names no file: say where it shall go with -o FILE'],
    ["get ''", 'a name cannot be empty'],
    ["put ''", 'a name cannot be empty'],
    ["cd ''", 'a name cannot be empty'],
    ['rm .', '/ is what the server serves, and stays'],
    ['cd -', 'there is no directory to go back to yet'],
    ['lcd -', 'there is no directory to go back to yet'],
    ['ls docs */x', 'a pattern stands in the last part of a path: */x'],
    ['lls */x', 'a pattern stands in the last part of a path: */x'],
    ['help gte', 'there is no command gte'],
    ['set colour', 'there is nothing called colour to set: passive, on-exists, retry, limit-rate'],
    ['set passive maybe', 'passive is on or off, not "maybe"'],
    ['set on-exists x', 'on-exists is default, rename, overwrite, skip, fail, resume, ask, not "x"'],
    ["get 'a", "the quote ' is not closed"],
    ['get a\\', 'a backslash at the end of the line quotes nothing'],
  ];

  for (const [line, sentence] of WRONG) {
    it(`say what is wrong with ${line}`, async () => {
      const { outcome, told, requests } = await run(line);
      expect([outcome, requests]).to.deep.equal([64, []]);
      expect(told.at(-1)?.slice(0, sentence.length + 3)).to.equal(`64 ${sentence}`);
    });
  }

  it('suggest what may have been meant', async () => {
    for (const [word, meant] of Object.entries({ gte: 'get', lst: 'list', hlep: 'help', renmae: 'rename' })) {
      expect((await run(word)).told[0], word).to.match(new RegExp(`\\b${meant}\\?$`));
    }
  });

  it('do nothing for a line that says nothing', async () => {
    for (const line of ['', '  \t', '# get a.txt', '#']) {
      const { outcome, told, bench } = await run(line);
      expect([outcome, told, bench.server.connections], line).to.deep.equal([0, [], 0]);
    }
  });

  it('have help, each of them, and no name twice', async () => {
    const { printed } = await run('help');
    for (const { name } of ROWS) expect(printed).to.match(new RegExp(`^${name}\\b`, 'm'));
    const names = ROWS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) {
      const page = (await run(`help ${name}`)).printed;
      expect(page.split('\n').length, name).to.be.at.least(3);
      // A terminal of the bench is 80 wide, and a full last column makes some wrap.
      for (const line of page.split('\n')) expect(line.length).to.be.below(80);
    }
    const row = ROWS.find(({ name }) => name === 'put');
    for (const { name, text } of row?.flags ?? [])
      expect((await run('help put')).printed)
        .to.include(`--${name}`)
        .and.include(text);
  });
});
