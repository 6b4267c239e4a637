import { expect } from 'chai';
import { Output } from '../../lib/cli/output';
import { perform } from '../../lib/cli/perform';
import { ProgressBar } from '../../lib/cli/progress';
import { waitingLine } from '../../lib/cli/report/progressLine';
import { TranscriptReporter } from '../../lib/cli/report/transcriptReporter';
import type { FileJob } from '../../lib/cli/reporter';
import { ShellReporter } from '../../lib/cli/shell/reporter';
import { fakeClock, type FakeClock } from '../support/fakeClock';
import { meansOf } from '../support/performing';
import { DONE, failing, Pretender, REMOTE } from '../support/pretender';
import { Screen } from '../support/screen';

interface Bench {
  readonly bar: ProgressBar;
  readonly reporter: TranscriptReporter;
  readonly screen: Screen;
  readonly clock: FakeClock;
}

/** One terminal for everything, as people have it. */
function bench(columns = 80): Bench {
  const screen = new Screen(columns);
  const clock = fakeClock();
  const bar = new ProgressBar(screen, clock);
  const output = (): Output => new Output(() => screen);
  const how = { quiet: false, print0: false, long: false, human: false, terminal: true, bar };
  return { bar, reporter: new TranscriptReporter(output(), output(), how), screen, clock };
}

const job = (name: string, index = 1, count = 1): FileJob => ({
  ...{ verb: 'get', remote: name, local: `here-${name}`, index, count },
});

describe('a file that is waited for', () => {
  it('is shown after half a second, with how long it has been', async () => {
    const { reporter, screen, clock } = bench();
    reporter.begin(job('big.iso'));
    reporter.waiting(true);
    await clock.advance(499);
    expect(screen.writes).to.deep.equal([]);
    await clock.advance(1);
    expect(screen.rows).to.deep.equal(['big.iso  waiting  0:00']);
    await clock.advance(7000);
    expect(screen.rows).to.deep.equal(['big.iso  waiting  0:07']);
    // A second apart, and each is one write.
    expect(screen.writes).to.have.length(8);
    for (const frame of screen.writes) expect(frame).to.match(/^\r[^]*waiting[^]*\r$/);
    await reporter.end(0);
    expect([screen.rows, clock.pending, screen.listenerCount('resize')]).to.deep.equal([[''], 0, 0]);
  });

  it('is followed by the bar', async () => {
    const { reporter, screen, clock } = bench();
    reporter.begin(job('big.iso'));
    reporter.waiting(true);
    await clock.advance(3000);
    reporter.progress({ bytes: 0, total: 100 });
    await clock.advance(100);
    reporter.progress({ bytes: 10, total: 100 });
    expect(screen.rows[0]).to.match(/^\[=+-+\] {2}10 % /);
    expect(screen.rows).to.have.length(1);
  });

  it('stands beneath what is said meanwhile, and comes back as late as it came', async () => {
    const { reporter, screen, clock } = bench();
    reporter.begin(job('big.iso'));
    reporter.waiting(true);
    await clock.advance(600);
    reporter.connected('flip1', 3555);
    const connected = 'Connected to flip1 on port 3555...';
    expect(screen.rows).to.deep.equal([connected]);
    await clock.advance(400);
    reporter.data(REMOTE);
    await clock.advance(499);
    expect(screen.rows).to.have.length(2);
    await clock.advance(1);
    expect(screen.rows[2]).to.equal('big.iso  waiting  0:01');
    reporter.note('the connection was lost; trying again in 8 s');
    await clock.advance(1000);
    expect(screen.rows.slice(2)).to.deep.equal([
      'ftclient: the connection was lost; trying again in 8 s',
      'big.iso  waiting  0:02',
    ]);
  });

  for (const [how, end] of [
    ['is done', (reporter: TranscriptReporter) => reporter.complete(job('a'), { ...DONE, skipped: true })],
    [
      'has failed',
      (reporter: TranscriptReporter) =>
        reporter.failed({ error: new Error('x'), exit: 9, sentence: 'it failed' }, job('a')),
    ],
  ] as const) {
    it(`is gone once it ${how}, and comes back for no sentence behind it`, async () => {
      const { reporter, screen, clock } = bench();
      reporter.begin(job('a'));
      reporter.waiting(true);
      await clock.advance(900);
      expect(screen.rows[0]).to.include('waiting');
      end(reporter);
      reporter.note('a note');
      expect(clock.pending).to.equal(0);
      expect(screen.rows.join()).to.not.include('waiting');
      expect(screen.rows.at(-1)).to.equal('ftclient: a note');
    });
  }

  it('is never shown of many that are over sooner, nor without a clock that can wait', async () => {
    const { reporter, screen, clock } = bench();
    for (let index = 1; index <= 20; index++) {
      reporter.begin(job('small', index, 20));
      reporter.waiting(true);
      await clock.advance(300);
      reporter.complete(job('small', index, 20), { ...DONE, skipped: true });
    }
    expect([screen.writes, clock.pending]).to.deep.equal([[], 0]);
    const bar = new ProgressBar(screen, { now: () => 0 });
    bar.begin(job('a'));
    bar.wait();
    expect(screen.writes).to.deep.equal([]);
  });

  it('brings a bar back that a sentence has cleared, also when nothing moves', async () => {
    const { reporter, screen, clock } = bench();
    reporter.begin(job('a'));
    reporter.waiting(true);
    await clock.advance(600);
    reporter.progress({ bytes: 50, total: 100 });
    reporter.note('a note');
    await clock.advance(500);
    expect(screen.rows[0]).to.equal('ftclient: a note');
    expect(screen.rows[1]).to.match(/^\[=+-+\] {2}50 % /);
  });

  it('fits any window, and lets no name steer the terminal', async () => {
    const { reporter, screen, clock } = bench(30);
    reporter.begin(job('\x1b[2J\u202eevil'.repeat(9), 3, 12));
    reporter.waiting(true);
    await clock.advance(600);
    for (const columns of [30, 12, 2, 1, 100, 24]) {
      screen.resize(columns);
      await clock.advance(1000);
      expect(screen.rows.length, `${columns}`).to.be.at.most(1);
      expect(screen.rows[0]?.length).to.be.below(Math.max(columns, 1));
    }
    const shown = (columns: number): string => waitingLine(7.9, columns, { name: 'notes.txt', index: 3, count: 12 });
    expect([shown(80), shown(30), shown(20), shown(14), shown(7)]).to.deep.equal([
      '3/12 notes.txt  waiting  0:07',
      '3/12 notes.txt  waiting  0:07',
      '3/12 waiting  0:07',
      '3/12 waiting',
      '',
    ]);
  });
});

describe('a file that is waited for in the shell', () => {
  it('is shown so too, and again behind a note, and not once it has failed', async () => {
    const { bar, screen, clock } = bench();
    const output = new Output(() => screen);
    const reporter = new ShellReporter(output, output, { long: false, human: false, columns: 80, bar });
    reporter.begin(job('big.iso'));
    reporter.waiting(true);
    await clock.advance(2500);
    expect(screen.rows).to.deep.equal(['big.iso  waiting  0:02']);
    reporter.note('a note');
    await clock.advance(500);
    expect(screen.rows).to.deep.equal(['a note', 'big.iso  waiting  0:03']);
    reporter.waiting(false);
    reporter.failed({ error: new Error(), exit: 1, sentence: 'it failed' }, job('big.iso'));
    reporter.note('said behind it');
    await clock.advance(5000);
    await reporter.end();
    expect([screen.rows, clock.pending]).to.deep.equal([['a note', 'it failed', 'said behind it'], 0]);
  });
});

describe('a file about which somebody is asked', () => {
  it('is not waited for while they think', async () => {
    const { reporter, screen, clock } = bench();
    const client = new Pretender({ transfers: [failing('exists', 'x is there already')] });
    let meanwhile = '';
    const means = meansOf(() => client, reporter, {
      ask: async () => {
        await clock.advance(5000);
        meanwhile = screen.rows.join();
        return 'skip';
      },
    });
    const settings = { passive: false, onExists: 'ask' } as const;
    const files = [{ remote: 'x', local: 'x' }];
    expect(await perform({ verb: 'get', files, chosen: false, settings }, means)).to.equal(0);
    await means.session.close();
    expect(meanwhile).to.equal('Connected to flip1 on port 3555...');
    expect(clock.pending).to.equal(0);
  });
});
