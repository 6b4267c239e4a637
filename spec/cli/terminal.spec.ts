import { expect } from 'chai';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { quoted } from '../../lib/cli/shell/quoting';
import type { ControllingTerminal } from '../../lib/cli/terminal';
import { eventually } from '../support/eventually';
import { DONE, failing, outcome, SERVER, type Outcome, type Script } from '../support/pretender';
import { launcher, ROOT, run, Running } from '../support/programs';
import { Captured, saying } from '../support/stdio';
import { withPrograms, workshops } from '../support/thirdParty';

const ASKING = ['-p', '-', 'taken', '--on-exists', 'ask'] as const;

describe('ftclient -p - --on-exists ask', () => {
  /** A terminal besides the standard streams, and what became of it. */
  class Beside implements ControllingTerminal {
    readonly input: PassThrough;
    said = '';
    closed = 0;

    constructor(answers: string) {
      this.input = saying(answers);
    }

    readonly say = (text: string): void => void (this.said += text);
    readonly close = (): void => void this.closed++;
  }

  const put = async (
    beside: Beside | undefined,
    script: Script,
    words: readonly string[] = ASKING,
  ): Promise<Outcome & { left: string }> => {
    const stdin = saying('o\nthe data\n', false);
    const told = await outcome([...SERVER, ...words, '--no-progress'], script, {
      stdin,
      stderr: new Captured(),
      terminal: () => beside,
    });
    return { ...told, left: String(stdin.read() ?? '') };
  };
  const policies = ({ client }: Outcome): unknown[] =>
    client.asked.map((asked) => (asked.at(-1) as { onExists: string }).onExists);

  it('asks the terminal, and leaves the data alone', async () => {
    const beside = new Beside('well\no\n');
    const told = await put(beside, { transfers: [failing('refused', 'already there', 553), () => DONE] });
    expect([told.ending, policies(told), told.stderr]).to.deep.equal([0, ['fail', 'overwrite'], '']);
    expect(beside.said).to.equal('taken is there already: (o)verwrite or (s)kip? '.repeat(2));
    expect([told.left, beside.closed, beside.input.destroyed]).to.deep.equal(['o\nthe data\n', 1, true]);
  });

  it('fails where nobody answers, and lets go of a terminal that was asked nothing', async () => {
    const silent = new Beside('');
    const told = await put(silent, { transfers: [failing('refused', 'already there', 553)] });
    expect([told.ending, policies(told), silent.closed]).to.deep.equal([25, ['fail'], 1]);
    const unasked = new Beside('o\n');
    const free = await put(unasked, {});
    expect([free.ending, policies(free), unasked.said, unasked.closed]).to.deep.equal([0, ['fail'], '', 1]);
  });

  it('is refused before it connects where there is no terminal', async () => {
    const told = await put(undefined, {});
    expect([told.ending, told.connections, told.left]).to.deep.equal([64, [], 'o\nthe data\n']);
    expect(told.stderr).to.equal(
      'ftclient: standard input is the data, and there is no terminal for --on-exists ask to ask on\nTry ftclient --help.\n',
    );
  });

  it('wants no terminal where nothing will be asked', async () => {
    for (const words of [
      ['-p', '-', 'taken'],
      ['-p', '-', 'taken', '--on-exists', 'overwrite'],
    ]) {
      expect((await put(undefined, {}, words)).ending).to.equal(0);
    }
  });
});

withPrograms('ftclient -p - --on-exists ask, the program', ['script', 'setsid'], () => {
  const workshop = workshops();
  let port: string;
  beforeEach(async () => {
    fs.mkdirSync(workshop().path('served'));
    fs.writeFileSync(workshop().path('served/taken'), 'old\n');
    ({ port } = await workshop().ftserver(workshop().path('served'), '--writable'));
  });
  const served = (): string => fs.readFileSync(workshop().path('served/taken'), 'utf8');
  const command = (): string =>
    ['env', `TS_NODE_PROJECT=${join(ROOT, 'tsconfig.json')}`, process.execPath, ...launcher('ftclient')]
      .concat('127.0.0.1', port, ASKING)
      .map((word) => quoted(word))
      .join(' ');

  it('asks on its terminal, with the data in a pipe and the notes in a file', async () => {
    for (const [answer, code, holds] of [
      ['s\r', 0, 'old\n'],
      ['\x04', 25, 'old\n'],
      ['o\r', 0, 'new\n'],
    ] as const) {
      const line = `echo new | ${command()} 2> notes`;
      const { dir: cwd } = workshop();
      const typed = new Running(spawn('script', ['-qec', line, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'pipe'] }));
      await eventually(
        'the question',
        () => typed.stdout.includes('taken is there already: (o)verwrite or (s)kip? '),
        () => typed.stdout,
      );
      typed.child.stdin?.write(answer);
      expect([(await typed.ended).code, served()]).to.deep.equal([code, holds]);
    }
  }).timeout(60_000);

  it('refuses where it has none', async () => {
    const words = ['--wait', 'sh', '-c', `echo new | ${command()}`];
    const child = new Running(spawn('setsid', words, { stdio: ['ignore', 'pipe', 'pipe'] }));
    expect([(await child.ended).code, served()]).to.deep.equal([64, 'old\n']);
    expect(child.stderr).to.match(/^ftclient: standard input is the data, and there is no terminal/);
    expect((await run('ftclient', ['127.0.0.1', port, '-l', '-q'])).stdout.toString()).to.equal('taken\n');
  }).timeout(60_000);
});
