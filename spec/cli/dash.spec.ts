import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import type { Ending } from '../../lib/cli/run';
import { connect, createServer, memoryStorage, type Server } from '../../lib/index';
import { objectsOf } from '../support/jsonPage';
import { Captured, saying } from '../support/stdio';

const EVIL = 'EVIL\x1b]0;pwned\x07';

/** A server may call a file `-`: that is a name, and standard output is what the user asks for alone. */
describe('a file that is called -', () => {
  let server: Server;
  let port: number;
  let here: string;
  const before_ = process.cwd();

  before(async () => {
    server = createServer({
      storage: memoryStorage({ '-': EVIL, 'notes.txt': 'notes\n', 'sub/-': 'below' }),
      writable: true,
    });
    ({ port } = await server.listen(0, '127.0.0.1'));
  });
  after(() => server.close(0));
  beforeEach(() => process.chdir((here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-dash-')))));
  afterEach(() => {
    process.chdir(before_);
    fs.rmSync(here, { recursive: true });
  });

  interface Printed {
    readonly ending: Ending;
    readonly stdout: string;
    readonly stderr: string;
  }
  const run = async (words: readonly string[], typed = ''): Promise<Printed> => {
    const [stdout, stderr] = [new Captured(), new Captured()];
    const streams = { stdin: saying(typed, false), stdout, stderr };
    const ending = await ftclient(['127.0.0.1', `${port}`, ...words], { streams, connect: () => connect });
    return { ending, stdout: stdout.utf8, stderr: stderr.utf8 };
  };
  const batch = (lines: string, ...words: string[]): Promise<Printed> => run([...words, '--batch', '-'], lines);
  const read = (name: string): string => fs.readFileSync(path.join(here, name), 'utf8');

  for (const words of [
    ['-g', '*'],
    ['-g', '-'],
    ['-g', '-', 'notes.txt'],
    ['-g', '*', '--json'],
    ['-g', 'sub/-'],
  ]) {
    it(`is saved by ${words.join(' ')}`, async () => {
      const { ending, stdout, stderr } = await run(words);
      expect([ending, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.not.include('\x1b').and.not.include('below');
      expect(read('-')).to.equal(words[1] === 'sub/-' ? 'below' : EVIL);
      if (words.includes('--json')) expect(objectsOf(stdout).at(-1)).to.deep.equal({ event: 'end', exit: 0 });
    });
  }

  for (const line of ['get *', 'get -', 'get - notes.txt', 'get --on-exists fail -']) {
    it(`is saved by ${line} in a batch`, async () => {
      const { ending, stdout, stderr } = await batch(`${line}\n`);
      expect([ending, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.include('Got -, 14 bytes.\n').and.not.include('\x1b');
      expect(read('-')).to.equal(EVIL);
      expect((await batch(`${line}\n`, '--json')).stdout).to.not.include('EVIL');
    });
  }

  it('goes to standard output where that is said, and so does any other', async () => {
    for (const [name, content] of [
      ['-', EVIL],
      ['notes.txt', 'notes\n'],
    ] as const) {
      const got = await run(['-q', '-g', name, '-o', '-']);
      expect([got.ending, got.stdout, got.stderr]).to.deep.equal([0, content, '']);
      const { ending, stdout, stderr } = await batch(`get -o - ${name}\n`);
      const told = `Got ${name} to standard output, ${content.length} bytes.\n`;
      expect([ending, stdout, stderr]).to.deep.equal([0, content, told]);
    }
    expect(fs.readdirSync(here)).to.deep.equal([]);
  });

  it('does not go among JSON', async () => {
    const { ending, stdout } = await batch('get -o - notes.txt\n', '--json');
    expect(ending).to.equal(64);
    expect(objectsOf(stdout).map(({ event, code }) => [event, code])).to.deep.equal([
      ['error', 'invalid-argument'],
      ['end', undefined],
    ]);
  });

  it('is put as a file by the shell, and read from standard input where the command line says so', async () => {
    fs.writeFileSync(path.join(here, '-'), 'mine');
    const { ending } = await batch('mkdir up\nput -t up -\n');
    expect(ending).to.equal(0);
    expect((await run(['-q', '-g', 'up/-', '-o', '-'])).stdout).to.equal('mine');
    expect((await run(['-p', '-', 'typed'], 'from stdin')).ending).to.equal(0);
    expect((await run(['-q', '-g', 'typed', '-o', '-'])).stdout).to.equal('from stdin');
  });
});

describe('a failure that is here alone', () => {
  it('leaves the session to the next command', async () => {
    const server = createServer({ storage: memoryStorage({ a: 'x', 'sub/b': 'y' }), writable: true });
    let sessions = 0;
    server.on('session', () => sessions++);
    const { port } = await server.listen(0, '127.0.0.1');
    const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-dash-'));
    try {
      fs.writeFileSync(path.join(here, 'a'), '');
      const lines = [
        'cd sub',
        `put ${here}/nothere`,
        `put ${here}`,
        `get --on-exists fail -t ${here} /a`,
        `get -t ${here}/nowhere /a`,
        'stat b',
      ];
      const [stdout, stderr] = [new Captured(), new Captured()];
      const streams = { stdin: saying(lines.join('\n'), false), stdout, stderr };
      const words = ['127.0.0.1', `${port}`, '--batch', '-', '--keep-going'];
      await ftclient(words, { streams, connect: () => connect });
      expect(stderr.utf8.match(/^-:\d/gm)).to.deep.equal(['-:2', '-:3', '-:4', '-:5']);
      expect(stderr.utf8).to.not.include('a new one');
      expect(stdout.utf8).to.include('path: sub/b\n');
      expect(sessions).to.equal(1);
    } finally {
      await server.close(0);
      fs.rmSync(here, { recursive: true });
    }
  });
});
