import { expect } from 'chai';
import { Output } from '../../../lib/cli/output';
import { ProgressBar } from '../../../lib/cli/progress';
import type { Failure, FileJob } from '../../../lib/cli/reporter';
import { TranscriptReporter, type TranscriptReporterHow } from '../../../lib/cli/report/transcriptReporter';
import type { ListEntry } from '../../../lib/index';
import { fakeClock } from '../../support/fakeClock';
import { Screen } from '../../support/screen';
import { Captured } from '../../support/stdio';

const HOW: TranscriptReporterHow = { quiet: false, print0: false, long: false, human: false, terminal: false };
const DONE = { size: 3, length: 3, crc32: '352441c2', verified: true, skipped: false };
const REMOTE = { address: '::ffff:128.193.54.168', port: 41184 };
const HEAD = 'Connected to flip1 on port 3555...\n';
const DATA = "Data transfer initiated on ('128.193.54.168', 41184)...\n";
const AT = new Date(2026, 10, 20, 14, 30, 5).getTime();

const job = (remote: string, index = 1, count = 1): FileJob => ({
  ...{ verb: 'get', remote, local: `here/${remote}`, index, count },
});
const failure = (sentence: string, more: Partial<Failure> = {}): Failure => ({
  ...{ error: new Error('x'), exit: 9, sentence },
  ...more,
});

interface Told {
  readonly stdout: string;
  readonly stderr: string;
}

/** What was printed, byte for byte. */
async function told(
  how: Partial<TranscriptReporterHow>,
  tell: (reporter: TranscriptReporter) => void | Promise<void>,
): Promise<Told> {
  const stdout = new Captured();
  const stderr = new Captured();
  const reporter = new TranscriptReporter(new Output(() => stdout), new Output(() => stderr), { ...HOW, ...how });
  await tell(reporter);
  await reporter.end(0);
  return { stdout: stdout.text, stderr: stderr.text };
}

describe('the transcript reporter', () => {
  const one = (reporter: TranscriptReporter): void => {
    reporter.connected('flip1', 3555);
    reporter.begin(job('x'));
    reporter.data(REMOTE);
    reporter.data(REMOTE);
    reporter.note('a note');
    reporter.complete(job('x'), DONE);
  };

  it('prints the transcript of one file without its name, and notes aside', async () => {
    expect(await told({}, one)).to.deep.equal({
      stdout: `${HEAD}${DATA}Transfer complete.\n`,
      stderr: 'ftclient: a note\n',
    });
  });

  it('leaves standard output to the data', async () => {
    const { stdout, stderr } = await told({ dataOnStdout: true }, one);
    expect([stdout, stderr]).to.deep.equal(['', `${HEAD}${DATA}ftclient: a note\nTransfer complete.\n`]);
  });

  it('is quiet, but for notes and errors', async () => {
    const { stdout, stderr } = await told({ quiet: true }, (reporter) => {
      one(reporter);
      reporter.result('mkdir', { path: 'x' });
      reporter.failed(failure('it failed'));
    });
    expect([stdout, stderr]).to.deep.equal(['', 'ftclient: a note\nftclient: it failed\n']);
  });

  it('says that nothing vouches for a transfer where that is the language’s doing', async () => {
    const complete = (verified: boolean) => (reporter: TranscriptReporter) =>
      reporter.complete(job('x'), { ...DONE, verified });
    expect((await told({ saysUnverified: true }, complete(false))).stdout).to.equal('Transfer complete, unverified.\n');
    expect((await told({ saysUnverified: true }, complete(true))).stdout).to.equal('Transfer complete.\n');
    expect((await told({}, complete(false))).stdout).to.equal('Transfer complete.\n');
  });

  it('says nothing more of what was skipped', async () => {
    const { stdout } = await told({}, (reporter) => reporter.complete(job('x'), { ...DONE, skipped: true }));
    expect(stdout).to.equal('');
  });

  it('has the server’s words without a program’s name before them', async () => {
    const { stderr } = await told({}, (reporter) => {
      reporter.failed(failure('flip1:3555 says FILE NOT FOUND', { quoted: true }), job('x'));
      reporter.failed(failure('flip1:3555: refused'));
      reporter.failed(failure('flip1:3555 says NOT EMPTY', { quoted: true, path: 'do\ncs' }));
      reporter.failed(failure('this is a defect\n    at here'));
    });
    expect(stderr).to.equal(
      [
        'flip1:3555 says FILE NOT FOUND',
        'ftclient: flip1:3555: refused',
        'do\\x0acs: flip1:3555 says NOT EMPTY',
        'ftclient: this is a defect',
        '    at here',
        '',
      ].join('\n'),
    );
  });

  it('says of several files which one each line is about', async () => {
    const { stdout, stderr } = await told({}, (reporter) => {
      reporter.connected('flip1', 3555);
      reporter.begin(job('a\x1b[2J', 1, 3));
      reporter.data(REMOTE);
      reporter.note('a note');
      reporter.complete(job('a\x1b[2J', 1, 3), DONE);
      reporter.begin(job('caf\udce9', 2, 3));
      reporter.data(REMOTE);
      reporter.failed(failure('flip1:3555 says NO', { quoted: true }), job('caf\udce9', 2, 3));
      const put: FileJob = { ...job('c', 3, 3), verb: 'put' };
      reporter.begin(put);
      reporter.data(REMOTE);
      reporter.complete(put, DONE);
      reporter.note('of nothing in particular');
    });
    expect(stdout).to.equal(
      [
        'Connected to flip1 on port 3555...',
        "a\\x1b[2J: Data transfer initiated on ('128.193.54.168', 41184)...",
        'a\\x1b[2J: Transfer complete.',
        "caf\xe9: Data transfer initiated on ('128.193.54.168', 41184)...",
        "here/c: Data transfer initiated on ('128.193.54.168', 41184)...",
        'here/c: Transfer complete.',
        '',
      ].join('\n'),
    );
    expect(stderr).to.equal(
      'a\\x1b[2J: ftclient: a note\ncaf\xe9: flip1:3555 says NO\nftclient: of nothing in particular\n',
    );
  });

  it('begins each line with the label of one of several clients', async () => {
    const { stdout, stderr } = await told({ label: '2: ' }, (reporter) => {
      one(reporter);
      reporter.message(Buffer.from('hello\n'));
      reporter.failed(failure('it failed'));
    });
    expect(stdout).to.match(/^2: Connected.*\n2: Data.*\n2: Transfer complete\.\n2: Received: hello\\x0a\n$/);
    expect(stderr).to.equal('2: ftclient: a note\n2: ftclient: it failed\n');
  });

  it('lets no note become two lines', async () => {
    const { stderr } = await told({}, (reporter) => reporter.note('a\nftclient: b\x9b \ud800'));
    expect(Buffer.from(stderr, 'latin1').toString()).to.equal('ftclient: a\\x0aftclient: b\\x9b \ufffd\n');
  });
});

describe('the transcript reporter and listings', () => {
  const ENTRIES: ListEntry[] = [
    { name: '.', type: 'dir' },
    { name: 'sub', type: 'dir', modified: AT },
    { name: 'n\udce9', type: 'file', size: 4608, modified: AT },
  ];
  const list = (how: Partial<TranscriptReporterHow>, entries = ENTRIES): Promise<Told> =>
    told(how, (reporter) => reporter.listed({ path: '', list: { entries, verified: true } }));

  it('prints names as they are, all or quietly, ended as asked', async () => {
    expect(await list({})).to.deep.equal({ stdout: '.\nsub\nn\xe9\n', stderr: '' });
    expect((await list({ quiet: true, print0: true })).stdout).to.equal('sub\0n\xe9\0');
  });

  it('prints facts in columns, with a slash where eyes read them', async () => {
    const row = 'd    - 2026-11-20 14:30 sub';
    expect((await list({ long: true, quiet: true })).stdout).to.equal(`${row}\n- 4608 2026-11-20 14:30 n\xe9\n`);
    expect((await list({ long: true, quiet: true, terminal: true })).stdout).to.include(`${row}/\n`);
    expect((await list({ long: true, human: true })).stdout).to.include('- 4.5K 2026');
    expect((await list({ terminal: true })).stdout).to.equal('.\nsub\nn\xe9\n');
  });

  it('says so where a server tells names only', async () => {
    const { stdout, stderr } = await list({ long: true }, [{ name: 'a' }, { name: 'b' }]);
    expect([stdout, stderr]).to.deep.equal(['? ? ? a\n? ? ? b\n', 'ftclient: the server tells names only\n']);
  });
});

describe('the transcript reporter and commands without data', () => {
  it('prints facts as lines, sentences for what was done', async () => {
    const { stdout } = await told({}, (reporter) => {
      reporter.result('stat', { path: 'a\nb', type: 'file', size: 4608, modified: AT, version: 'v1' });
      reporter.result('digest', { path: 'n\udce9', length: 3, crc32: '352441c2', sha256: 'ba78' });
      reporter.result('mkdir', { path: 'docs\x1b' });
      reporter.result('delete', { path: 'notes' });
      reporter.result('rename', { from: 'a', to: 'b' });
      reporter.result('ping', { milliseconds: 0.44 });
      reporter.result('ping', { milliseconds: 1234.5 });
    });
    expect(stdout).to.equal(
      [
        'path: a\\x0ab\ntype: file\nsize: 4608\nmodified: 2026-11-20 14:30:05\nversion: v1',
        'path: n\xe9\nlength: 3\ncrc32: 352441c2\nsha256: ba78',
        'Created docs\\x1b.\nDeleted notes.\nRenamed a to b.\nAnswered in 0.4 ms.\nAnswered in 1235 ms.\n',
      ].join('\n'),
    );
  });

  it('prints facts quietly too, and sizes for people', async () => {
    const { stdout } = await told({ quiet: true, human: true }, (reporter) =>
      reporter.result('stat', { path: 'a', type: 'file', size: 4608, modified: AT }),
    );
    expect(stdout).to.equal('path: a\ntype: file\nsize: 4.5K\nmodified: 2026-11-20 14:30:05\n');
  });
});

describe('the transcript reporter and the progress bar', () => {
  it('clears it before anything is printed, and in the end', async () => {
    // One terminal for everything, as people have it.
    const screen = new Screen();
    const clock = fakeClock();
    const bar = new ProgressBar(screen, clock);
    const reporter = new TranscriptReporter(new Output(() => screen), new Output(() => screen), { ...HOW, bar });
    reporter.connected('flip1', 3555);
    const moving = async (bytes: number): Promise<void> => {
      await clock.advance(600);
      reporter.progress({ bytes, total: 100 });
    };
    reporter.progress({ bytes: 1, total: 100 });
    for (const name of ['a', 'b']) {
      const which = job(name, name === 'a' ? 1 : 2, 2);
      reporter.begin(which);
      reporter.progress({ bytes: 0, total: 100 });
      await moving(25);
      expect(screen.rows.at(-1)).to.match(new RegExp(`^${which.index}/2 ${name} .* 25 %`));
      reporter.data(REMOTE);
      await moving(50);
      reporter.note('a note');
      await moving(75);
      if (name === 'a') reporter.complete(which, DONE);
    }
    await reporter.end(0);
    expect(screen.rows).to.deep.equal([
      HEAD.trim(),
      `a: ${DATA.trim()}`,
      'a: ftclient: a note',
      'a: Transfer complete.',
      `b: ${DATA.trim()}`,
      'b: ftclient: a note',
    ]);
    expect(clock.pending).to.equal(0);
  });

  it('draws none for a list', async () => {
    const screen = new Screen();
    const clock = fakeClock();
    const bar = new ProgressBar(screen, clock);
    await told({ bar }, async (reporter) => {
      reporter.progress({ bytes: 0, total: 10 });
      await clock.advance(600);
      reporter.progress({ bytes: 5, total: 10 });
    });
    expect(screen.writes).to.deep.equal([]);
  });
});
