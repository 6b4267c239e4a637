import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PassThrough } from 'node:stream';
import { runBatchFile } from '../../../lib/cli/shell/batch';
import type { Ending } from '../../../lib/cli/run';
import { ShellBench, type BenchHow } from '../../support/shellBench';
import { Failing, type Captured } from '../../support/stdio';
import { cuts } from '../../support/splits';
import { rejects } from '../../support/storageHelpers';

const entries = { '': ['docs/', 'a.txt', 'b c.txt', '#hash'], docs: ['one.md'] };

interface Ran {
  readonly ending: Ending;
  readonly bench: ShellBench;
  readonly verbs: readonly string[];
  readonly told: readonly string[];
}

async function batch(
  chunks: string | readonly (string | Uint8Array)[],
  how: BenchHow & { keepGoing?: boolean } = {},
): Promise<Ran> {
  const stdin = new PassThrough();
  const bench = new ShellBench({ entries, stdin, ...how });
  for (const chunk of typeof chunks === 'string' ? [chunks] : chunks) stdin.write(chunk);
  stdin.end();
  const ending = await runBatchFile(bench.context, { file: '-', keepGoing: how.keepGoing === true });
  return { ending, bench, verbs: bench.requests.map(({ verb }) => verb), told: bench.told };
}

describe('a batch that would ask', () => {
  const ASK = 'get --on-exists ask a.txt\nset on-exists ask\n';

  it('cannot have both its commands and the answers from standard input', async () => {
    const { told, verbs } = await batch(ASK, { keepGoing: true });
    const why = 'on-exists ask needs --batch FILE: standard input holds the commands, and no answers';
    expect(told).to.deep.equal([`-:1: 64 ${why}`, `-:2: 64 ${why}`]);
    expect(verbs).to.deep.equal([]);
    const bench = new ShellBench({ entries });
    const context = { ...bench.context, settings: { passive: false, onExists: 'ask' as const } };
    await rejects('invalid-argument', () => runBatchFile(context, { file: '-', keepGoing: false }));
    expect([bench.server.connections, bench.requests]).to.deep.equal([0, []]);
  });

  it('asks at the terminal it was started from, where there is one', async () => {
    const home = await fs.mkdtemp(path.join(tmpdir(), 'twinport-batch-'));
    const file = path.join(home, 'lines');
    await fs.writeFile(file, 'set on-exists ask\nget a.txt\nget a.txt\n');
    try {
      const answers: unknown[] = [];
      const bench = new ShellBench({
        entries,
        onRun: async (_request, signal, asker) => {
          answers.push(await asker().ask('well? ', signal));
          return 0;
        },
      });
      bench.stdin.end('yes\nno\n');
      expect(await runBatchFile(bench.context, { file, keepGoing: false })).to.equal(0);
      expect([answers, bench.stderr.utf8]).to.deep.equal([['yes', 'no'], 'well? well? ']);
      expect(bench.stdin.destroyed).to.equal(true);

      const piped = new ShellBench({ entries });
      piped.stdin.isTTY = false;
      expect(await runBatchFile(piped.context, { file, keepGoing: false })).to.equal(64);
      expect(piped.told).to.deep.equal([`${file}:1: 64 on-exists ask needs a terminal to ask on`]);
      expect(piped.requests).to.deep.equal([]);
    } finally {
      await fs.rm(home, { recursive: true });
    }
  });
});

describe('a batch', () => {
  it('is the commands of the shell, one after another', async () => {
    const { ending, verbs, bench } = await batch(
      'cd docs\nget one.md\n\n  # done\nmkdir x # here\nput a "b c"\nquit\nping\n',
    );
    expect([ending, verbs]).to.deep.equal([0, ['get', 'mkdir', 'put']]);
    expect(bench.requests[0]).to.deep.include({ files: [{ remote: 'docs/one.md', local: 'one.md' }] });
    expect(bench.requests[1]).to.deep.include({ paths: ['docs/x'] });
    expect([bench.server.connections, bench.server.closed]).to.deep.equal([1, 1]);
  });

  it('is understood however it comes in pieces, with either end of lines, with or without the last', async () => {
    for (const text of ['get a.txt\nping\n', 'get a.txt\r\nping\r\n', 'get a.txt\nping', '\ufeffget a.txt\nping\n']) {
      for (const { how, chunks } of cuts(Buffer.from(text))) {
        const { ending, verbs } = await batch(chunks);
        expect([ending, verbs], `${JSON.stringify(text)} ${how}`).to.deep.equal([0, ['get', 'ping']]);
      }
    }
  });

  it('that is empty does nothing, and does not even connect', async () => {
    const { ending, bench } = await batch('');
    expect([ending, bench.server.connections, bench.told]).to.deep.equal([0, 0, []]);
  });

  it('stops at the first failure, with its code, and says where', async () => {
    const { ending, verbs, told } = await batch('ping\n\ncd nowhere\nmkdir x\n');
    expect([ending, verbs]).to.deep.equal([78, ['ping']]);
    expect(told.at(-1)).to.equal('-:3: 78 nowhere: FILE NOT FOUND');
    const failing = await batch('ping\nmkdir x\n', { onRun: () => 9 });
    expect([failing.ending, failing.verbs]).to.deep.equal([9, ['ping']]);
  });

  it('goes on where it was told to, and ends with the last failure', async () => {
    const lines = 'cd nowhere\nget "x\nfrob\nmkdir x\nget nothing*\nping\n';
    const { ending, verbs, told } = await batch(lines, { keepGoing: true });
    expect([ending, verbs]).to.deep.equal([78, ['mkdir', 'ping']]);
    expect(told.filter((line) => line.startsWith('-:'))).to.deep.equal([
      '-:1: 78 nowhere: FILE NOT FOUND',
      '-:2: 64 the quote " is not closed',
      '-:3: 64 there is no command frob; help shows them',
      '-:5: 78 nothing there matches nothing*',
    ]);
  });

  it('ends each line once, with what the whole of it came to', async () => {
    const codes = [0, 9, 0];
    const lines = 'pwd\n\n# nothing\nstat a b c\nget nothing* a.txt\nfrob\n\xff\nquit\n';
    const { bench } = await batch([Buffer.from(lines, 'latin1')], { keepGoing: true, onRun: () => codes.shift() ?? 0 });
    expect(bench.ends).to.deep.equal(['-:1: 0', '-:4: 9', '-:5: 78', '-:6: 64', '-:7: 64', '-:8: 0']);
  });

  it('gives what the shell itself has to say to whoever takes it', async () => {
    const stdin = new PassThrough();
    const bench = new ShellBench({ entries, stdin });
    stdin.end('lpwd\nset\n');
    const printed: string[] = [];
    const print = async (line: string, where?: { line: number }): Promise<void> =>
      void printed.push(`${where?.line ?? ''} ${line}`);
    expect(await runBatchFile({ ...bench.context, print }, { file: '-', keepGoing: false })).to.equal(0);
    expect(printed).to.deep.equal([
      '1 /nowhere',
      '2 passive off',
      '2 on-exists default',
      '2 retry 0',
      '2 limit-rate off',
    ]);
    expect(bench.stdout.utf8).to.equal('');
  });

  it('knows comments everywhere but in quotes', async () => {
    const { bench } = await batch("get '#hash'\nget \\#hash\nget #hash\n", { keepGoing: true });
    expect(bench.requests).to.have.length(2);
    expect(bench.told.at(-1)).to.equal('-:3: 64 something is missing: get [-t DIR] [-o NAME] [-r] FILE|PATTERN…');
  });

  it('is UTF-8, and no line of it endless', async () => {
    const bytes = await batch([Buffer.from('get \xff\n', 'latin1'), 'ping\n'], { keepGoing: true });
    expect([bytes.ending, bytes.verbs]).to.deep.equal([64, ['ping']]);
    expect(bytes.told[0]).to.equal("-:1: 64 this is not UTF-8; other bytes are written $'\\xNN'");
    const endless = await batch(['ping\n', `get ${'x'.repeat(1024 * 1024)}`], { keepGoing: true });
    expect([endless.ending, endless.verbs]).to.deep.equal([64, ['ping']]);
    expect(endless.told.at(-1)).to.equal('-:2: 64 a line is longer than 1048576 bytes');
  });

  it('prints what was asked for alone', async () => {
    const { bench } = await batch('pwd\ncd docs\npwd\nls\n');
    expect(bench.stdout.utf8).to.equal('/\n/docs\n');
    // Nobody looks: names are enough, and nothing is asked besides.
    expect(bench.server.asked).to.deep.equal(['stat /docs']);
    expect(bench.requests[0]).to.deep.include({ verb: 'list', path: 'docs', long: false });
  });

  it('ends when its reader leaves', async () => {
    const stdin = new PassThrough();
    const bench = new ShellBench({ entries, stdin });
    stdin.end('lpwd\nlpwd\nping\n');
    const context = { ...bench.context, streams: { ...bench.context.streams, stdout: new Failing(0, 'EPIPE') } };
    expect(await runBatchFile(context, { file: '-', keepGoing: true })).to.equal('SIGPIPE');
    expect(bench.requests).to.deep.equal([]);
  });

  it('that cannot print stops, and says so', async () => {
    for (const room of [0, 3]) {
      const stdout = Object.assign(new Failing(room, 'ENOSPC'), { isTTY: false, columns: 80 });
      const { ending, verbs, bench } = await batch('pwd\npwd\nmkdir x\n', { stdout: stdout as unknown as Captured });
      expect([ending, verbs]).to.deep.equal([23, []]);
      expect(bench.stderr.utf8).to.equal('ftclient: cannot write to standard output: it failed\n');
      expect(bench.server.closed).to.equal(1);
    }
  });

  it('stops at a signal in the middle of a command', async () => {
    const ran = batch('ping\nmkdir x\n', {
      keepGoing: true,
      onRun: (_request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(42));
          process.emit('SIGTERM', 'SIGTERM');
        }),
    });
    const { ending, verbs, bench } = await ran;
    expect([ending, verbs, bench.server.closed]).to.deep.equal(['SIGTERM', ['ping'], 1]);
  });

  it('stops at a signal while it waits for a line', async () => {
    const stdin = new PassThrough();
    const onRun = (): number => {
      process.nextTick(() => process.emit('SIGINT', 'SIGINT'));
      return 0;
    };
    const bench = new ShellBench({ entries, stdin, onRun });
    stdin.write('ping\n');
    expect(await runBatchFile(bench.context, { file: '-', keepGoing: false })).to.equal('SIGINT');
    expect(bench.server.closed).to.equal(1);
  });

  describe('in a file', () => {
    let home: string;
    beforeEach(async () => (home = await fs.mkdtemp(path.join(tmpdir(), 'twinport-batch-'))));
    afterEach(() => fs.rm(home, { recursive: true }));
    const file = async (name: string, text?: string): Promise<Ran> => {
      const bench = new ShellBench({ entries });
      const at = path.join(home, name);
      if (text !== undefined) await fs.writeFile(at, text);
      const ending = await runBatchFile(bench.context, { file: at, keepGoing: false });
      return { ending, bench, verbs: bench.requests.map(({ verb }) => verb), told: bench.told };
    };

    it('is read, and named where a line fails', async () => {
      const { ending, verbs, told } = await file('b\x1batch', 'ping\nfrob\n');
      expect([ending, verbs]).to.deep.equal([64, ['ping']]);
      expect(told).to.deep.equal([`${home}/b\x1batch:2: 64 there is no command frob; help shows them`]);
    });

    it('is told where it cannot be read', async () => {
      const missing = await file('nothing');
      expect([missing.ending, missing.told]).to.deep.equal([26, [`26 ${home}/nothing is not there`]]);
      const directory = await file('.');
      expect([directory.ending, directory.told]).to.deep.equal([26, [`26 ${home} is a directory`]]);
    });
  });
});
