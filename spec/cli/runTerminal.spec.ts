import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import type { GetOptions, TransferResult } from '../../lib/index';
import { DONE, failing, outcome, REMOTE, SERVER, type Outcome, type Script } from '../support/pretender';
import { Captured, Failing, saying } from '../support/stdio';

describe('ftclient --on-exists ask', () => {
  const taken = failing('exists', 'x is there already');
  const done = (): TransferResult => DONE;
  const ask = (answers: string, transfers: Script['transfers'], words = ['-g', 'x']): Promise<Outcome> =>
    outcome(
      [...SERVER, ...words, '--on-exists', 'ask', '--no-progress'],
      { transfers: transfers ?? [], files: ['x'] },
      { stdin: saying(answers), stderr: new Captured(true) },
    );
  const policies = ({ client }: Outcome): unknown[] =>
    client.asked.map((asked) => (asked.at(-1) as { onExists: string }).onExists);

  it('does not ask when the name is free', async () => {
    const free = await ask('', []);
    expect([free.ending, policies(free), free.stderr]).to.deep.equal([0, ['fail'], '']);
  });

  it('asks until it understands, and does what it was told', async () => {
    const told = await ask('what?\n\nO\n', [taken]);
    expect([told.ending, policies(told)]).to.deep.equal([0, ['fail', 'overwrite']]);
    expect(told.stderr).to.equal('x is there already: (r)ename, (o)verwrite or (s)kip? '.repeat(3));
    expect(policies(await ask('rename\n', [taken]))).to.deep.equal(['fail', 'rename']);
    expect(policies(await ask('s', [taken]))).to.deep.equal(['fail', 'skip']);
  });

  it('fails as without asking when nobody answers', async () => {
    const silent = await ask('', [taken]);
    expect([silent.ending, policies(silent)]).to.deep.equal([73, ['fail']]);
  });

  it('asks about a remote name too, where there is no renaming', async () => {
    const put = await ask('r\no\n', [failing('refused', 'already there', 553)], ['-p', 'x']);
    expect([put.ending, policies(put)]).to.deep.equal([0, ['fail', 'overwrite']]);
    expect(put.stderr).to.equal('x is there already: (o)verwrite or (s)kip? '.repeat(2));
  });

  it('asks about each of several, and reads all answers', async () => {
    const words = ['-g', 'a', 'b', 'c'];
    const told = await ask('o\ns\nr\n', [taken, done, taken, done, taken], words);
    expect([told.ending, policies(told)]).to.deep.equal([0, ['fail', 'overwrite', 'fail', 'skip', 'fail', 'rename']]);
    const question = 'is there already: (r)ename, (o)verwrite or (s)kip, as a capital letter for all that follow? ';
    expect(told.stderr).to.equal(['a', 'b', 'c'].map((name) => `${name} ${question}`).join(''));
  });

  it('asks no more once a capital letter has answered for all', async () => {
    const words = ['-g', 'a', 'b', 'c'];
    const told = await ask('o\nR\n', [taken, done, taken, done, taken], words);
    expect([told.ending, policies(told)]).to.deep.equal([0, ['fail', 'overwrite', 'fail', 'rename', 'fail', 'rename']]);
    expect(told.stderr.match(/\?/g)).to.have.length(2);
  });

  it('does not ask about other failures', async () => {
    const failed = await ask('o\n', [failing('refused', 'FILE NOT FOUND', 550)]);
    expect([failed.ending, policies(failed)]).to.deep.equal([78, ['fail']]);
  });
});

describe('ftclient and a standard output that fails', () => {
  const names = Array.from({ length: 30_000 }, (_, at) => `name-${at}`);

  it('ends a list by SIGPIPE when the reader left, quietly', async () => {
    const stdout = new Failing(1000, 'EPIPE');
    const { ending, stderr } = await outcome([...SERVER, '-l'], { names }, { stdout });
    expect([ending, stderr]).to.deep.equal(['SIGPIPE', '']);
    expect(stdout.taken).to.be.below(100_000);
  });

  it('aborts the request when the reader left before the data', async () => {
    let signal: AbortSignal | undefined;
    const stdout = new Failing(0, 'EPIPE');
    const { ending, stderr } = await outcome(
      [...SERVER, '-l'],
      {
        transfers: [
          (options) => {
            signal = options.signal;
            throw new TwinportError('aborted', 'aborted');
          },
        ],
      },
      { stdout },
    );
    expect([ending, stderr, signal?.aborted]).to.deep.equal(['SIGPIPE', '', true]);
  });

  it('ends data on standard output by SIGPIPE too', async () => {
    const { ending } = await outcome([...SERVER, '-q', '-g', 'x', '-o', '-'], {}, { stdout: new Failing(0, 'EPIPE') });
    expect(ending).to.equal('SIGPIPE');
  });

  it('lets a get to a file end as it would have', async () => {
    const { ending, stderr } = await outcome([...SERVER, '-g', 'x'], {}, { stdout: new Failing(0, 'EPIPE') });
    expect([ending, stderr]).to.deep.equal([0, '']);
  });

  it('says so, 23, when the disk is full', async () => {
    for (const words of [['-l'], ['-g', 'x'], ['-g', 'x', '-q', '-o', '-']]) {
      const { ending, stderr } = await outcome([...SERVER, ...words], { names }, { stdout: new Failing(0, 'ENOSPC') });
      expect([ending, stderr]).to.deep.equal([23, 'ftclient: cannot write to standard output: it failed\n']);
    }
  });

  it('says so where JSON can no longer say it', async () => {
    for (const words of [['-l'], ['-g', 'x'], ['rename', 'x', 'y'], ['--ping']]) {
      for (const room of [0, 60]) {
        const stdout = new Failing(room, 'ENOSPC');
        const { ending, stderr } = await outcome([...SERVER, '--json', ...words], { names }, { stdout });
        const why = 'ftclient: cannot write to standard output: it failed\n';
        expect([ending, stderr], `${words.join(' ')}, ${room}`).to.deep.equal([23, why]);
      }
    }
  });

  it('says so of a page', async () => {
    for (const words of [['--help'], ['--version'], ['completion', 'bash']]) {
      const { ending, stderr } = await outcome(words, {}, { stdout: new Failing(0, 'ENOSPC') });
      expect([ending, stderr]).to.deep.equal([23, 'ftclient: cannot write to standard output: it failed\n']);
      expect((await outcome(words, {}, { stdout: new Failing(0, 'EPIPE') })).ending).to.equal('SIGPIPE');
    }
  });
});

describe('ftclient and a progress bar', () => {
  const moving = (options: GetOptions): TransferResult => {
    options.onData?.(REMOTE);
    options.onProgress?.({ bytes: 1, total: 3 });
    return DONE;
  };
  const hears = async (words: readonly string[], stderr: Captured, stdout = new Captured()): Promise<boolean> => {
    let heard = false;
    const watch = (options: GetOptions): TransferResult => {
      heard = options.onProgress !== undefined;
      return moving(options);
    };
    await outcome([...SERVER, ...words], { transfers: [watch], files: ['x'] }, { stderr, stdout });
    return heard;
  };

  it('has one on a terminal only', async () => {
    expect(await hears(['-g', 'x'], new Captured(true))).to.equal(true);
    expect(await hears(['-p', 'x'], new Captured(true))).to.equal(true);
    expect(await hears(['-g', 'x', '-o', '-'], new Captured(true))).to.equal(true);
    expect(await hears(['-g', 'x'], new Captured(false))).to.equal(false);
    expect(await hears(['-g', 'x'], new Captured(false), new Captured(true))).to.equal(false);
    expect(await hears(['-g', 'x', '-o', '-'], new Captured(true), new Captured(true))).to.equal(false);
    expect(await hears(['-g', 'x', '-q'], new Captured(true))).to.equal(false);
    expect(await hears(['-g', 'x', '--no-progress'], new Captured(true))).to.equal(false);
    expect(await hears(['-l'], new Captured(true))).to.equal(false);
  });
});
