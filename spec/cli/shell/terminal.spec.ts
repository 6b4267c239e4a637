import { expect } from 'chai';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { quoted } from '../../../lib/cli/shell/quoting';
import { eventually } from '../../support/eventually';
import { expectDocumented, objectsOf } from '../../support/jsonPage';
import { dialBack, homemade, launcher, ROOT, run, Running, type Homemade } from '../../support/programs';
import { withPrograms, workshops, type Workshop } from '../../support/thirdParty';

/** For a shell to run in its own place. */
function client(workshop: Workshop, port: string): string {
  const settings = [`XDG_STATE_HOME=${workshop.path('state')}`, `TS_NODE_PROJECT=${join(ROOT, 'tsconfig.json')}`];
  const words = [process.execPath, ...launcher('ftclient'), '127.0.0.1', port];
  return `exec env TERM=xterm ${[...settings, ...words].map((word) => quoted(word)).join(' ')}`;
}

/** A terminal for it. Whatever still runs at the end of a spec hangs up with it. */
function script(command: string, cwd: string): Running {
  return new Running(spawn('script', ['-qec', command, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'pipe'] }));
}

/** The whole program on a terminal of its own, into which somebody types. */
class TypedClient {
  /** How much of what it printed has been read. */
  private read = 0;

  constructor(readonly running: Running) {}

  static async start(workshop: Workshop, port: string, columns = 80): Promise<TypedClient> {
    const here = workshop.path('here');
    fs.mkdirSync(here, { recursive: true });
    const command = `stty cols ${columns} rows 24; ${client(workshop, port)}`;
    const running = script(command, here);
    const typed = new TypedClient(running);
    await typed.next('> ');
    return typed;
  }

  type(keys: string): void {
    this.running.child.stdin?.write(keys);
  }

  /** Types a line and gives what is printed before the next prompt. */
  async line(text: string, prompt = '127.0.0.1:/> '): Promise<string> {
    this.type(`${text}\r`);
    // Drawn as it is typed; the answer begins behind it.
    await this.next('\r\n');
    return this.next(prompt);
  }

  async next(text: string): Promise<string> {
    await eventually(
      text,
      () => this.running.stdout.includes(text, this.read) || this.running.child.exitCode !== null,
      () => this.running.stdout.slice(this.read),
    );
    const at = this.running.stdout.indexOf(text, this.read);
    if (at === -1) throw new Error(`It ended before it printed ${text}:\n${this.running.stdout}`);
    const before = this.running.stdout.slice(this.read, at);
    this.read = at + text.length;
    return before;
  }
}

withPrograms('ftclient on a terminal', ['script', 'stty'], () => {
  const workshop = workshops();
  let served: string;
  let other: Homemade | undefined;
  beforeEach(() => {
    served = workshop().path('served');
    fs.mkdirSync(join(served, 'docs'), { recursive: true });
    for (const name of ['a.txt', 'with space.txt', 'esc\x1b]0;owned\x07', '-rf', 'docs/one.md']) {
      fs.writeFileSync(join(served, name), `${name}\n`);
    }
  });
  afterEach(async () => {
    await other?.close();
    other = undefined;
  });
  const here = (name: string): string => workshop().path(`here/${name}`);

  it('is a shell: lists, gets, puts, goes about, completes and leaves', async () => {
    const { port } = await workshop().ftserver(served, '--writable');
    const typed = await TypedClient.start(workshop(), port);
    const listed = await typed.line('ls');
    expect(listed).to.include('docs/').and.include('esc\\x1b]0;owned\\x07').and.not.include('\x07');
    expect(await typed.line('get "with space.txt" -- -rf')).to.include('Got -rf, 4 bytes.');
    expect(fs.readFileSync(here('with space.txt'), 'utf8')).to.equal('with space.txt\n');
    // Only that the line is drawn anew.
    expect(await typed.line('cd docs', '127.0.0.1:/docs> ')).to.equal('\x1b[1G\x1b[0J');
    typed.type('get o\t');
    await typed.next('one.md ');
    expect(await typed.line('', '127.0.0.1:/docs> ')).to.include('Got docs/one.md, 12 bytes.');
    fs.writeFileSync(here('new file'), 'new');
    expect(await typed.line("put 'new file'", '127.0.0.1:/docs> ')).to.include(
      'Put new file to /docs/new file, 3 bytes.',
    );
    expect(fs.readFileSync(join(served, 'docs/new file'), 'utf8')).to.equal('new');
    expect(await typed.line('mkdir sub', '127.0.0.1:/docs> ')).to.include('Created docs/sub.');
    expect(await typed.line('rm sub', '127.0.0.1:/docs> ')).to.include('not allowed');
    expect(await typed.line('frobnicate', '127.0.0.1:/docs> ')).to.include('there is no command frobnicate');
    typed.type('get ../e\t');
    await typed.next("$'esc\\x1b]0;owned\\x07' ");
    expect(await typed.line('', '127.0.0.1:/docs> ')).to.include('Got esc\\x1b]0;owned\\x07, 14 bytes.');
    typed.type('\x04');
    expect((await typed.running.ended).code).to.equal(0);
    // Nothing of it came from a name: the window has kept its title.
    expect(typed.running.stdout).to.not.include('\x1b]0;').and.not.include('\x07');
    const history = fs.readFileSync(workshop().path('state/twinport/history'), 'utf8');
    expect(history.split('\n').slice(0, 2)).to.deep.equal(['ls', 'get "with space.txt" -- -rf']);
  }).timeout(60_000);

  it('hears Ctrl-C: it stops a transfer and clears a line, and the shell goes on', async () => {
    let asked = 0;
    other = await homemade((_socket, line) => {
      asked++;
      // Ten bytes, and then nothing more for as long as anybody waits.
      dialBack(line).write('0123456789');
    });
    const typed = await TypedClient.start(workshop(), other.port);
    for (let round = 1; round <= 3; round++) {
      typed.type('get never-ending\r');
      await eventually('it was asked', () => asked === round);
      typed.type('\x03');
      expect(await typed.next('127.0.0.1:/> ')).to.include('stopped');
      typed.type('half a line\x03');
      await typed.next('^C');
      await typed.next('127.0.0.1:/> ');
    }
    typed.type('\x04');
    expect((await typed.running.ended).code).to.equal(0);
    expect(fs.readdirSync(workshop().path('here')).filter((name) => !name.startsWith('.'))).to.deep.equal([]);
  }).timeout(60_000);

  it('stops at Ctrl-Z, and hears every key once it goes on', async () => {
    const { port } = await workshop().ftserver(served);
    fs.mkdirSync(workshop().path('here'), { recursive: true });
    const running = script('stty cols 200 rows 24; PS1=READY exec sh -i', workshop().path('here'));
    const typed = new TypedClient(running);
    await typed.next('READY');
    typed.type(`(${client(workshop(), port)})\r`);
    await typed.next('127.0.0.1:/> ');
    for (let round = 0; round < 3; round++) {
      typed.type('cd docx\x1b[D\x1b[C\x1a');
      await typed.next('^Z');
      await typed.next('READY');
      typed.type('stty -a\r');
      // The terminal is the other's, with all its keys.
      expect(await typed.next('READY'))
        .to.match(/(^|\s)icanon\b/)
        .and.match(/(^|\s)isig\b/);
      typed.type('fg\r');
      await typed.next('cd docx');
      typed.type('\x7fs\r');
      await typed.next('127.0.0.1:/docs> ');
      await typed.line('cd ..');
    }
    typed.type('\x04');
    await typed.next('READY');
    typed.type('exit 7\r');
    expect((await running.ended).code).to.equal(7);
  }).timeout(60_000);

  it('does what is typed ahead and pasted, and fits into 40 columns', async () => {
    const { port } = await workshop().ftserver(served);
    const typed = await TypedClient.start(workshop(), port, 40);
    typed.type('pwd\rcd docs\rstat one.md\rpwd\rlpw');
    await typed.next('/docs\r\n');
    typed.type('d\r');
    await typed.next(`${fs.realpathSync(workshop().path('here'))}\r\n`);
    // While no line is asked for, the terminal itself shows what is typed, in the middle of what is printed.
    await typed.next('> ');
    for (let deep = 0; deep < 3; deep++) {
      const helped = await typed.line('help', '> ');
      expect(helped, helped).to.not.match(/[^\r\n\x1b]{40}/);
    }
    typed.type('quit\r');
    expect((await typed.running.ended).code).to.equal(0);
  }).timeout(60_000);

  it('goes on when its server goes away and comes back', async () => {
    const server = await workshop().ftserver(served);
    const typed = await TypedClient.start(workshop(), server.port);
    server.server.signal('SIGTERM');
    await server.server.ended;
    expect(await typed.line('ls')).to.match(/refused the connection/);
    expect(await typed.line('pwd')).to.include('/\r\n');
    typed.type('\x04');
    expect((await typed.running.ended).code).to.equal(0);
  }).timeout(60_000);

  it('ends with 7 where there is no server, and with 64 where it is no terminal', async () => {
    const { server, port } = await workshop().ftserver(served);
    server.signal('SIGTERM');
    await server.ended;
    const running = script(client(workshop(), port), workshop().dir);
    expect((await running.ended).code).to.equal(7);
    const piped = await run('ftclient', ['127.0.0.1', port]);
    expect([piped.code, piped.stdout.length]).to.deep.equal([64, 0]);
  }).timeout(60_000);
});

describe('ftclient --batch', function () {
  this.timeout(60_000);
  const workshop = workshops();

  it('does the lines of a file and says which one failed', async () => {
    const served = workshop().path('served');
    fs.mkdirSync(served);
    fs.writeFileSync(join(served, 'it\'s "a" *.txt'), 'one');
    fs.writeFileSync(join(served, 'b.txt'), 'two');
    const { port } = await workshop().ftserver(served, '--writable');
    const lines = [
      '# mixed',
      `get 'it'\\''s "a" *.txt' # quoted`,
      'get b.txt -o c.txt',
      'get nothing.txt',
      'mkdir made',
      'put -t made c.txt',
      'put missing.txt',
      'mkdir made',
      'stat made/c.txt',
    ];
    fs.writeFileSync(workshop().path('lines'), lines.join('\r\n'));
    const batch = (...words: string[]): ReturnType<typeof run> =>
      run('ftclient', ['127.0.0.1', port, '--batch', 'lines', ...words], { cwd: workshop().dir });
    const first = await batch();
    expect([first.code, first.stdout.toString()]).to.deep.equal([
      78,
      'Got it\'s "a" *.txt, 3 bytes.\nGot b.txt as c.txt, 3 bytes.\n',
    ]);
    expect(first.stderr).to.match(/^lines:4: nothing\.txt: 127\.0\.0\.1:\d+ says FILE NOT FOUND\n$/);
    expect(fs.existsSync(join(served, 'made'))).to.equal(false);

    const all = await batch('--keep-going');
    expect(all.code).to.equal(9);
    const failed = all.stderr.split('\n').filter((line) => line !== '' && !line.endsWith('.1'));
    expect(failed.map((line) => line.slice(0, 8))).to.deep.equal(['lines:4:', 'lines:7:', 'lines:8:']);
    expect(fs.readFileSync(join(served, 'made/c.txt'), 'utf8')).to.equal('two');
    expect(all.stdout.toString()).to.include('path: made/c.txt\ntype: file\nsize: 3\n');
  });

  it('tells a program of the connection, and where it stands', async () => {
    const served = workshop().path('served');
    fs.mkdirSync(join(served, 'docs'), { recursive: true });
    fs.writeFileSync(join(served, 'a.txt'), 'one');
    const { port } = await workshop().ftserver(served);
    fs.writeFileSync(workshop().path('lines'), 'pwd\nget a.txt\ncd docs\npwd\nls nowhere\n');
    const words = ['127.0.0.1', port, '--batch', 'lines', '--json'];
    const { code, stdout, stderr } = await run('ftclient', words, { cwd: workshop().dir });
    expect([code, stderr]).to.deep.equal([78, '']);
    const objects = objectsOf(stdout.toString());
    for (const object of objects) expectDocumented(object);
    const told = (event: string): unknown[] => objects.filter((object) => object['event'] === event);
    expect(told('connected')).to.deep.equal([{ event: 'connected', host: '127.0.0.1', port: Number(port), line: 2 }]);
    expect(told('result')).to.deep.equal([
      { event: 'result', command: 'pwd', path: '', line: 1 },
      { event: 'result', command: 'pwd', path: 'docs', line: 4 },
    ]);
    expect(told('error')).to.have.length(1);
    expect(told('error')[0]).to.include({ path: 'docs/nowhere', line: 5, exit: 78 });
  });
});
