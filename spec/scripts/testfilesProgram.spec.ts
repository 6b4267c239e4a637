import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { nodeChild } from '../support/child';
import { noLeaks } from '../support/leaks';
import { endAll, ROOT, Running, startScript, type Ran } from '../support/programs';
import { Captured } from '../support/stdio';
import { barLine, bytesOf, catalogue, sha256, View } from '../support/testfiles';

function testfiles(...words: string[]): Promise<Ran> {
  return startScript('testfiles', words).ended;
}

describe('npm run testfiles', () => {
  noLeaks();
  let base: string;
  let into: string;
  beforeEach(() => {
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-testfiles-'));
    into = path.join(base, 'made here');
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(base, { recursive: true, force: true });
  });

  it('is in package.json, and what it makes is ignored by git', () => {
    const { scripts } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts['testfiles']).to.equal('node scripts/testfiles.js');
    expect(fs.readFileSync(path.join(ROOT, '.gitignore'), 'utf8').split('\n')).to.include('/testfiles/generated/');
  });

  it('into a pipe: a line for each file and no bar; the second time all is there', async () => {
    const entries = catalogue({ seed: 1, small: true });
    const first = await testfiles('--small', '--into', into);
    expect([first.code, first.stderr]).to.deep.equal([0, '']);
    const lines = first.stdout.toString().trimEnd().split('\n');
    expect(lines).to.have.length(entries.length + 1);
    expect(lines[0]).to.equal('made "imegU.txt", 1,000,000 bytes');
    expect(lines.at(-1)).to.match(/^Made [0-9]+ files \([0-9,]+ bytes\) in .*\/made here\.$/);
    expect(first.stdout.toString()).to.not.match(/[^\n\P{Cc}]/u);
    expect(sha256(fs.readFileSync(path.join(into, 'imegU.txt')))).to.equal(
      'ef4034cbccf9b8f377bf0b7d3d73421ed026d5b582ab1246b6be808b22845b39',
    );

    const second = await testfiles('--small', '--into', into);
    expect(second.code).to.equal(0);
    const again = second.stdout.toString().trimEnd().split('\n');
    expect(again.slice(0, -1).every((line) => line.startsWith('there already: "'))).to.equal(true);
    expect(again.at(-1)).to.equal(`Nothing was to be made in ${into}; ${entries.length} were there already.`);
  });

  it('--force and --seed', async () => {
    await testfiles('--small', '--into', into);
    const forced = await testfiles('--small', '--into', into, '--force', '--seed', '7');
    expect(forced.stdout.toString()).to.not.include('there already');
    expect(sha256(fs.readFileSync(path.join(into, 'imegU.txt')))).to.equal(
      '1355964fdb5129f6915bc50a269c6233f073d6ffe5841e999ddb69b3144c7de3',
    );
  });

  it('--help', async () => {
    const { code, stdout, stderr } = await testfiles('--help');
    expect([code, stderr]).to.deep.equal([0, '']);
    for (const option of ['--small', '--force', '--seed', '--into', '-h, --help']) {
      expect(stdout.toString()).to.include(`  ${option} `);
    }
  });

  for (const words of [['--seed=x'], ['--seed=-1'], ['--seed=01'], ['--seed'], ['--odd'], ['word'], ['--into=']]) {
    it(`${words.join(' ')} is a matter of usage: 64`, async () => {
      const { code, stdout, stderr } = await testfiles(...words);
      expect([code, stdout.toString()]).to.deep.equal([64, '']);
      expect(stderr).to.match(/^[^\n]+\nTry npm run testfiles -- --help\.\n$/);
    });
  }

  it('a directory that cannot be: one sentence, 1', async () => {
    fs.writeFileSync(into, 'a file');
    const { code, stderr } = await testfiles('--small', '--into', into);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^Something else is in the way of .*\.\n$/);
    expect(stderr).to.not.include('    at ');
  });

  it('goes on making when nobody reads what it says', async () => {
    const running = startScript('testfiles', ['--small', '--into', into]);
    running.child.stdout?.destroy();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(fs.existsSync(path.join(into, 'names', 'nested', 'empty'))).to.equal(true);
  });

  describe('interrupted', () => {
    /** A run of the small catalogue that says when it has made the nth piece of a file, and then does something else. */
    const stopping = (name: string, nth: number, then: string): string => `
      const fs = require('node:fs');
      const room = require('./scripts/testfiles/digits.js');
      const { digits } = room;
      room.digits = (seed, name) => {
        const fill = digits(seed, name);
        let pieces = 0;
        return (buffer) => {
          fill(buffer);
          pieces += 1;
          if (name !== ${JSON.stringify(name)} || pieces !== ${nth}) return;
          fs.writeSync(1, 'here\\n');
          ${then}
        };
      };
      const { main } = require('./scripts/testfiles/main.js');
      process.stdout.write = () => true;
      void main(['--small', '--into', ${JSON.stringify(into)}]);`;

    const WAIT = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
    const parts = (): string[] => fs.readdirSync(into).filter((name) => name.startsWith('.making-'));

    /** Every file under a final name is whole. */
    const nothingHalf = (): void => {
      for (const entry of catalogue({ seed: 1, small: true })) {
        const file = Buffer.concat([Buffer.from(`${into}/`), entry.path]);
        if (entry.empty || !fs.existsSync(file)) continue;
        expect(fs.readFileSync(file).equals(bytesOf(entry))).to.equal(true);
      }
    };

    // Pieces are of 1 MiB.
    for (const [name, piece, left] of [
      ['imegU.txt', 1, []],
      ['sizes/bytes-1', 1, ['imegU.txt', 'servertest.txt', 'sizes']],
      ['sizes/bytes-1048577', 2, ['imegU.txt', 'servertest.txt', 'sizes']],
    ] as const) {
      it(`killed at piece ${piece} of ${name}: nothing half has a name, and the next run makes the rest`, async () => {
        const child = nodeChild(stopping(name, piece, WAIT));
        expect(await child.line()).to.equal('here');
        await child.kill();
        expect(parts()).to.have.length(1);
        expect(fs.readdirSync(into).filter((name) => !name.startsWith('.making-'))).to.deep.equal(left);
        nothingHalf();

        const { code, stdout } = await testfiles('--small', '--into', into);
        expect(code).to.equal(0);
        expect(stdout.toString().includes('there already: "imegU.txt"')).to.equal(left.length > 0);
        expect(parts()).to.deep.equal([]);
        nothingHalf();
      });
    }

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      it(`by ${signal}: nothing is left of what was half made, and it dies by the signal`, async () => {
        const source = stopping('sizes/bytes-1048577', 1, `process.kill(process.pid, '${signal}');`);
        const child = spawn(process.execPath, ['-e', source], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
        const ran = await new Running(child).ended;
        expect([ran.signal, ran.stdout.toString(), ran.stderr]).to.deep.equal([signal, 'here\n', '']);
        expect(parts()).to.deep.equal([]);
        nothingHalf();
      });
    }

    it('the part of a run that lives is left alone', async () => {
      const child = nodeChild(stopping('imegU.txt', 1, WAIT));
      expect(await child.line()).to.equal('here');
      expect((await testfiles('--small', '--into', into)).code).to.equal(0);
      expect(parts()).to.have.length(1);
      await child.kill();
    });
  });

  it('is the same in a process whose Math.random is another', () => {
    const source = `Math.random = () => 0.5;
      const { digits } = require('./scripts/testfiles/digits.js');
      const bytes = Buffer.alloc(1000000);
      digits(1, 'imegU.txt')(bytes);
      process.stdout.write(require('node:crypto').createHash('sha256').update(bytes).digest('hex'));`;
    const { stdout } = spawnSync(process.execPath, ['-e', source], { cwd: ROOT, encoding: 'utf8' });
    expect(stdout).to.equal('ef4034cbccf9b8f377bf0b7d3d73421ed026d5b582ab1246b6be808b22845b39');
  });
});

describe('testfiles: the bar', () => {
  noLeaks();
  const entry = { path: Buffer.from('big\x1b'), size: 2_000_000 };

  it('shows how much, how fast, how long, and which', () => {
    expect(barLine(5e8, 2e9, 2, '"big"', 120)).to.equal(
      '[======------------------]  25 %  500 of 2000 MB  250 MB/s  0:06 left  "big"',
    );
    expect(barLine(0, 0, 0, '"a"', 80)).to.match(/^\[={24}\] 100 %  0 of 0 MB  0 MB\/s  "a"$/);
  });

  it('is narrower than the terminal', () => {
    for (let columns = 0; columns < 120; columns++) {
      expect(barLine(5e8, 2e9, 2, '"big"', columns).length).to.be.at.most(Math.max(columns - 1, 0));
    }
  });

  it('is drawn on a terminal, cleared away, and lets lines stand', () => {
    const stream = Object.assign(new Captured(true), {
      cursorTo: () => true,
      clearLine: () => true,
      moveCursor: () => true,
    });
    const view = new View(stream, () => 0);
    view.begin(2_000_000);
    view.making(entry);
    view.wrote(1_000_000);
    view.skipped(entry, 'it will not');
    view.making(entry);
    view.wrote(1_000_000);
    view.made(entry);
    view.line('all done');
    expect(stream.utf8).to.include('50 %');
    expect(stream.utf8).to.include('skipped "big\\x1b": it will not\n');
    expect(stream.utf8).to.not.include('made "big');
    expect(stream.utf8.endsWith('all done\n')).to.equal(true);
  });
});
