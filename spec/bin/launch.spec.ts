import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const PROGRAMS = ['ftserver', 'ftclient'] as const;
const ECHO = 'console.log(JSON.stringify({ pid: process.pid, argv, file: __filename }))';

interface Echo {
  readonly pid: number;
  readonly argv: string[];
  readonly file: string;
}

/** The launchers alone in a directory of their own, with or without something to launch. */
describe('the launchers', () => {
  let home: string;

  beforeEach(() => {
    home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-launch-')));
    fs.cpSync(path.join(ROOT, 'bin'), path.join(home, 'bin'), { recursive: true });
  });
  afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

  const write = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
    fs.writeFileSync(path.join(home, file), text);
  };
  const built = (program: string): void => write(`dist/lib/cli/${program}.js`, `exports.main = (argv) => ${ECHO};`);
  const run = (file: string, words: string[] = [], options: string[] = []) =>
    spawnSync(process.execPath, [...options, file, ...words], { cwd: os.tmpdir(), encoding: 'utf8' });

  for (const program of PROGRAMS) {
    it(`run dist in their own process: ${program}`, async () => {
      built(program);
      const child = spawn(path.join(home, 'bin', program), ['a b', '--c', ''], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [output] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      await once(child, 'close');
      const echo = JSON.parse(output) as Echo;
      expect(echo).to.deep.equal({
        pid: child.pid,
        argv: ['a b', '--c', ''],
        file: path.join(home, `dist/lib/cli/${program}.js`),
      });
    });

    it(`prefer all modules in one file, unless the single ones are newer: ${program}`, () => {
      built(program);
      write(`dist/bin/${program}.js`, `exports.main = (argv) => ${ECHO};`);
      const file = (at: number): string => {
        fs.utimesSync(path.join(home, `dist/bin/${program}.js`), at, at);
        return (JSON.parse(run(path.join(home, 'bin', program)).stdout) as Echo).file;
      };
      fs.utimesSync(path.join(home, `dist/lib/cli/${program}.js`), 1000, 1000);
      expect(file(1001)).to.equal(path.join(home, `dist/bin/${program}.js`));
      expect(file(999)).to.equal(path.join(home, `dist/lib/cli/${program}.js`));
    });

    it(`are found behind a chain of links: ${program}`, () => {
      built(program);
      fs.symlinkSync(path.join('bin', program), path.join(home, program));
      const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-link-'));
      try {
        fs.symlinkSync(path.join(home, program), path.join(elsewhere, 'other name'));
        const { stdout, status } = run(path.join(elsewhere, 'other name'), ['x']);
        expect(status).to.equal(0);
        expect((JSON.parse(stdout) as Echo).argv).to.deep.equal(['x']);
      } finally {
        fs.rmSync(elsewhere, { recursive: true });
      }
    });

    it(`compile the source when there is no dist, and ts-node is installed: ${program}`, () => {
      write(`lib/cli/${program}.ts`, `export function main(argv: readonly string[]): void { ${ECHO} }`);
      write('tsconfig.json', fs.readFileSync(path.join(ROOT, 'tsconfig.json'), 'utf8'));
      fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(home, 'node_modules'));
      const { stdout, stderr, status } = run(path.join(home, 'bin', program), ['--x']);
      expect(stderr).to.equal('');
      expect(status).to.equal(0);
      expect((JSON.parse(stdout) as Echo).file).to.equal(path.join(home, `lib/cli/${program}.ts`));
    });

    it(`say what to run when there is neither: ${program}`, () => {
      write(`lib/cli/${program}.ts`, 'export {};');
      const { stdout, stderr, status } = run(path.join(home, 'bin', program));
      expect([stdout, stderr, status]).to.deep.equal(['', 'run ./compileall.sh first\n', 69]);
    });

    it(`refuse an old Node in one sentence: ${program}`, () => {
      built(program);
      for (const old of ['18.20.8', '20.18.3', '8.0.0']) {
        write('old.js', `Object.defineProperty(process, 'versions', { value: { node: '${old}' } });`);
        const { stdout, stderr, status } = run(path.join(home, 'bin', program), [], ['-r', path.join(home, 'old.js')]);
        expect(status).to.equal(69);
        expect(stdout).to.equal('');
        expect(stderr).to.equal(`${program} needs Node 20.19 or newer; this is ${old}.\n`);
      }
    });
  }

  it('are written in syntax that an old Node can read far enough to say so', () => {
    const text = fs.readFileSync(path.join(ROOT, 'bin/launch.js'), 'utf8').replace(/\/\/.*|\/\*.*?\*\//g, '');
    expect(text).not.to.match(/\b(const|let|class|async|await)\b|=>|`|\?\.|\?\?/);
  });
});
