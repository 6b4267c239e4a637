import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { History, historyPath, MOST_LINES } from '../../../lib/cli/shell/history';

describe('the history of the shell', () => {
  let home: string;
  let file: string;
  const broken: unknown[] = [];
  const open = async (): Promise<History> => {
    const history = new History(file, (error) => broken.push(error));
    await history.load();
    return history;
  };
  const type = async (history: History, ...lines: readonly string[]): Promise<void> => {
    for (const line of lines) history.add(line);
    await history.written();
  };
  const read = (): Promise<string> => fs.readFile(file, 'utf8');

  beforeEach(async () => {
    home = await fs.mkdtemp(path.join(tmpdir(), 'twinport-history-'));
    file = path.join(home, 'state', 'twinport', 'history');
    broken.length = 0;
  });
  afterEach(() => fs.rm(home, { recursive: true }));

  it('is there again in the next shell', async () => {
    await type(await open(), 'ls', 'get "a b"', 'cd 日本');
    expect((await open()).lines).to.deep.equal(['ls', 'get "a b"', 'cd 日本']);
    expect(broken).to.deep.equal([]);
  });

  it('is nobody else’s to read', async () => {
    await type(await open(), 'ls');
    const mode = async (name: string): Promise<string> => ((await fs.stat(name)).mode & 0o777).toString(8);
    expect(await mode(file)).to.equal('600');
    expect(await mode(path.dirname(file))).to.equal('700');
    await fs.chmod(file, 0o644);
    await type(await open(), 'pwd');
    expect(await mode(file)).to.equal('600');
  });

  it('has each line once, where it was typed last', async () => {
    const history = await open();
    await type(history, 'a', 'b', 'b', 'a');
    expect(history.lines).to.deep.equal(['b', 'a']);
    expect(await read()).to.equal('a\nb\na\n');
    expect((await open()).lines).to.deep.equal(['b', 'a']);
  });

  it('leaves out what nobody wants back', async () => {
    const history = await open();
    await type(history, '', '   ', 'x'.repeat(5000), 'esc\x1b[2J', 'ok');
    expect(history.lines).to.deep.equal(['ok']);
    expect(await read()).to.equal('ok\n');
  });

  it('takes nothing that draws from a file that somebody else wrote', async () => {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, Buffer.from('good\n\x1b]0;evil\x07\n\n\xff\xfe\nalso good', 'latin1'));
    const { lines } = await open();
    expect(lines.some((line) => /\p{Cc}/u.test(line))).to.equal(false);
    expect(lines).to.include.members(['good', 'also good']);
  });

  it('remembers so many lines and no more', async () => {
    const history = await open();
    await type(history, ...Array.from({ length: MOST_LINES + 10 }, (_, at) => `line ${at}`));
    expect([history.lines.length, history.lines[0]]).to.deep.equal([MOST_LINES, 'line 10']);
    expect((await open()).lines).to.deep.equal(history.lines);
  });

  it('does not grow for ever, and loses nothing recent', async () => {
    const history = await open();
    const long = 'y'.repeat(4000);
    const lines = Array.from({ length: 200 }, (_, at) => `${at} ${long}`);
    await type(history, ...lines);
    const size = async (name: string): Promise<number> => (await fs.stat(name)).size;
    expect(await size(file)).to.be.below(270_000);
    expect(await size(`${file}.old`)).to.be.below(270_000);
    expect(await fs.readdir(path.dirname(file))).to.have.members(['history', 'history.old']);
    const again = (await open()).lines;
    expect(again.slice(-64)).to.deep.equal(lines.slice(-64));
    // No half of a line where a file was cut.
    expect(again.every((line) => lines.includes(line))).to.equal(true);
  });

  it('is shared by shells that run at the same time', async () => {
    const shells = await Promise.all([open(), open(), open()]);
    const lines = Array.from({ length: 300 }, (_, at) => `${at} ${'z'.repeat(2000)}`);
    for (const [at, line] of lines.entries()) shells[at % 3]?.add(line);
    await Promise.all(shells.map((shell) => shell.written()));
    const kept = (await fs.readFile(`${file}.old`, 'utf8')) + (await read());
    // Whole lines, none twice, and the last of each.
    const found = kept.split('\n').slice(0, -1);
    expect(new Set(found).size).to.equal(found.length);
    expect(found.every((line) => lines.includes(line))).to.equal(true);
    expect(found).to.include.members(lines.slice(-60));
    expect(broken).to.deep.equal([]);
  });

  it('takes over the lock of a shell that was killed', async () => {
    const history = await open();
    await type(history, 'a');
    await fs.writeFile(`${file}.lock`, '');
    await type(history, ...Array.from({ length: 70 }, (_, at) => `${at} ${'w'.repeat(4000)}`));
    expect(await fs.readdir(path.dirname(file))).to.not.include('history.old');
    await fs.utimes(`${file}.lock`, new Date(0), new Date(0));
    await type(history, 'b', 'c');
    expect(await fs.readdir(path.dirname(file))).to.have.members(['history', 'history.old']);
    expect(await read()).to.equal('c\n');
    expect(broken).to.deep.equal([]);
  });

  it('is done without, after one complaint, where it cannot be written', async () => {
    await fs.writeFile(path.join(home, 'state'), 'in the way');
    const history = await open();
    await type(history, 'a', 'b');
    await type(history, 'c');
    expect(history.lines).to.deep.equal(['a', 'b', 'c']);
    expect(broken).to.have.length(1);
  });

  it('is done without where it cannot be read', async () => {
    await fs.mkdir(file, { recursive: true });
    const history = await open();
    await type(history, 'a');
    expect(history.lines).to.deep.equal(['a']);
    expect(broken.length).to.be.at.most(1);
  });

  it('makes its directories, but no home, and gives up at once where nothing can be made', async () => {
    await type(await open(), 'a');
    expect((await fs.stat(path.dirname(file))).isDirectory()).to.equal(true);
    for (const nowhere of [path.join(home, 'no', 'such', 'home'), '/proc']) {
      const history = new History(path.join(nowhere, '.local', 'state', 'twinport', 'history'), () => broken.push('x'));
      await history.load();
      await type(history, 'a');
      expect(history.lines).to.deep.equal(['a']);
    }
    expect(await fs.readdir(home)).to.not.include('no');
  });

  it('waits for no FIFO, and writes into no device', async () => {
    await fs.mkdir(path.dirname(file), { recursive: true });
    execFileSync('mkfifo', [file]);
    await type(await open(), 'a');
    await fs.rm(file);
    await fs.symlink('/dev/null', file);
    const history = await open();
    await type(history, 'a');
    expect(history.lines).to.deep.equal(['a']);
    expect((await fs.lstat(file)).isSymbolicLink()).to.equal(true);
  });

  it('is forgotten where there is no place for it', async () => {
    const history = new History(undefined);
    await history.load();
    await type(history, 'a');
    expect(history.lines).to.deep.equal(['a']);
  });

  it('has its place among the state of its user', () => {
    expect(historyPath({ XDG_STATE_HOME: '/s', HOME: '/h' })).to.equal('/s/twinport/history');
    expect(historyPath({ XDG_STATE_HOME: '', HOME: '/h' })).to.equal('/h/.local/state/twinport/history');
    expect(historyPath({ XDG_STATE_HOME: 'relative', HOME: '/h' })).to.equal('/h/.local/state/twinport/history');
  });
});
