import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { canDraw, ProgressBar } from '../../lib/cli/progress';
import type { FileJob } from '../../lib/cli/reporter';
import { fakeClock, type FakeClock } from '../support/fakeClock';
import { Screen } from '../support/screen';

const MIB = 1024 * 1024;

interface Bench {
  readonly bar: ProgressBar;
  readonly screen: Screen;
  readonly clock: FakeClock;
  /** Lets `ms` pass and tells of progress then. */
  readonly later: (ms: number, bytes: number, total?: number) => Promise<void>;
}

/** A terminal that remembers, with a line on it that must stay, and a clock that is moved by hand. */
function bench(columns = 80, reflows = true): Bench {
  const screen = new Screen(columns, reflows);
  const clock = fakeClock();
  const bar = new ProgressBar(screen, clock);
  screen.write('before\n');
  const later = async (ms: number, bytes: number, total = 1000): Promise<void> => {
    await clock.advance(ms);
    bar.update({ bytes, total });
  };
  return { bar, screen, clock, later };
}

const job = (index: number, name: string, more: Partial<FileJob> = {}): FileJob => ({
  ...{ verb: 'get', remote: name, local: `here-${name}`, index, count: 3 },
  ...more,
});

/** Of three files of 1000, 1000 and 2000 bytes. */
const of = (index: 1 | 2 | 3): Pick<FileJob, 'overall'> => ({
  overall: { total: 4000, before: (index - 1) * 1000, size: index === 3 ? 2000 : 1000 },
});

describe('the progress bar', () => {
  it('does not appear for what is over in half a second', async () => {
    const { bar, screen, later, clock } = bench();
    await later(0, 0);
    await later(499, 1000);
    bar.hide();
    expect(screen.writes).to.deep.equal(['before\n']);
    expect(clock.pending).to.equal(0);
  });

  describe('and Ctrl-Z', () => {
    interface Stopped extends Bench {
      readonly host: EventEmitter;
      /** What stood on the terminal at each stop. */
      readonly stops: (readonly string[])[];
    }
    function stoppable(): Stopped {
      const { screen, clock } = bench();
      const stops: (readonly string[])[] = [];
      const host = Object.assign(new EventEmitter(), {
        pid: 4711,
        kill: (pid: number, signal: string) => {
          expect([pid, signal, host.listenerCount('SIGTSTP')]).to.deep.equal([4711, 'SIGTSTP', 0]);
          stops.push([...screen.rows]);
        },
      });
      const bar = new ProgressBar(screen, clock, host);
      const later = async (ms: number, bytes: number): Promise<void> => {
        await clock.advance(ms);
        bar.update({ bytes, total: 1000 });
      };
      return { bar, screen, clock, later, host, stops };
    }
    const listeners = ({ host }: Stopped): number[] => ['SIGTSTP', 'SIGCONT'].map((name) => host.listenerCount(name));

    it('is wiped with what the terminal wrote into it, and drawn anew', async () => {
      const one = stoppable();
      const { screen, host, stops, bar } = one;
      await one.later(0, 0);
      expect(listeners(one), 'before there is a bar').to.deep.equal([0, 0]);
      const left = ['before'];
      for (const bytes of [100, 200]) {
        await one.later(1000, bytes);
        screen.write('^Z');
        host.emit('SIGTSTP');
        expect(stops.at(-1)).to.deep.equal(left);
        bar.update({ bytes: bytes + 1, total: 1000 });
        expect(screen.rows, 'until it is stopped').to.deep.equal(left);
        left.push('$ fg');
        screen.write('$ fg\n');
        host.emit('SIGCONT');
        expect(screen.rows.at(-1)).to.match(/^\[=*-+\] +[0-9]+ % /);
      }
      bar.hide();
      expect(screen.rows).to.deep.equal(left);
      expect(stops).to.have.length(2);
      expect([listeners(one), one.clock.pending]).to.deep.equal([[0, 0], 0]);
    });

    it('goes on where nothing stops it, and hears it again', async () => {
      const one = stoppable();
      await one.later(0, 0);
      await one.later(1000, 100);
      one.host.emit('SIGTSTP');
      await one.clock.advance(1000);
      expect(one.screen.rows[1]).to.match(/ 10 % /);
      expect(listeners(one)[0]).to.equal(1);
      one.host.emit('SIGTSTP');
      expect(one.stops).to.have.length(2);
      one.bar.ended();
      expect([listeners(one), one.clock.pending, one.screen.rows]).to.deep.equal([[0, 0], 0, ['before']]);
    });

    it('shows that it waits when it goes on', async () => {
      const one = stoppable();
      one.bar.begin(job(1, 'a'));
      one.bar.wait();
      await one.clock.advance(2000);
      one.host.emit('SIGTSTP');
      expect(one.screen.rows).to.deep.equal(['before']);
      one.host.emit('SIGCONT');
      expect(one.screen.rows[1]).to.match(/^1\/3 a {2}waiting /);
      one.bar.hide();
    });
  });

  it('shows rate and time left, and leaves nothing', async () => {
    const { bar, screen, later, clock } = bench();
    await later(0, 0, 40 * MIB);
    await later(1000, 10 * MIB, 40 * MIB);
    expect(screen.rows[1]).to.match(/^\[=+-+\] {2}25 % {2}10\.0 MiB of 40\.0 MiB {2}10\.0 MiB\/s {3}0:03 left$/);
    bar.hide();
    expect(screen.rows).to.deep.equal(['before']);
    expect(screen.writes.join('')).not.to.match(/\x1b\[[0-9;]*m/, 'colours');
    expect([clock.pending, screen.listenerCount('resize')]).to.deep.equal([0, 0]);
  });

  it('does not count what was there before a resume', async () => {
    const { screen, later } = bench();
    await later(0, 30 * MIB, 40 * MIB);
    await later(1000, 31 * MIB, 40 * MIB);
    expect(screen.rows[1]).to.include('31.0 MiB of 40.0 MiB   1.0 MiB/s   0:09 left');
  });

  it('does not count backwards when a transfer begins anew', async () => {
    const { screen, later } = bench();
    await later(0, 0, 40 * MIB);
    await later(1000, 10 * MIB, 40 * MIB);
    await later(1000, 0, 40 * MIB);
    await later(900, 5 * MIB, 40 * MIB);
    expect(screen.rows[1]).to.include(' 5.0 MiB of 40.0 MiB   5.2 MiB/s');
  });

  it('is drawn on a terminal that does not know its size', async () => {
    const { screen, later } = bench(0);
    await later(0, 0);
    await later(600, 100);
    expect(screen.writes[1]).to.include('10 %');
  });

  it('is one write a frame, and at most ten a second', async () => {
    const { screen, later } = bench();
    await later(0, 0);
    for (let ms = 0; ms < 3000; ms += 5) await later(5, ms / 5);
    // The first half second is silent.
    expect(screen.writes.length - 1).to.be.within(20, 26);
    for (const frame of screen.writes.slice(1)) expect(frame).to.match(/^\r[^]*\d %[^]*\r$/);
  });

  it('shows that nothing moves any more, and then hurries nobody', async () => {
    const { bar, screen, later, clock } = bench();
    await later(0, 0, 40 * MIB);
    await later(1000, 10 * MIB, 40 * MIB);
    await clock.advance(3000);
    expect(screen.rows[1]).to.include('  2.5 MiB/s   0:12 left');
    await clock.advance(7000);
    expect(screen.rows[1]).to.match(/10\.0 MiB of 40\.0 MiB {7}0 B\/s$/);
    expect(screen.writes.length).to.be.below(14);
    bar.hide();
    expect(clock.pending).to.equal(0);
  });

  it('comes back after others have written', async () => {
    const { bar, screen, later } = bench();
    await later(0, 0);
    await later(600, 100);
    bar.hide();
    screen.write('a note\n');
    await later(200, 200);
    expect(screen.rows.slice(0, 2)).to.deep.equal(['before', 'a note']);
    expect(screen.rows[2]).to.include('20 %');
  });

  it('needs no timer, and is drawn by progress then', () => {
    const screen = new Screen();
    let now = 0;
    const bar = new ProgressBar(screen, { now: () => now });
    bar.update({ bytes: 0, total: 10 });
    now = 600;
    bar.update({ bytes: 5, total: 10 });
    bar.hide();
    expect(screen.writes[0]).to.include('50 %');
  });

  it('leaves wrapping, cursor and signals as they were', async () => {
    const signals = process.listenerCount('SIGINT');
    const { screen, later } = bench();
    await later(0, 0);
    await later(600, 100);
    expect([process.listenerCount('SIGINT'), screen.wraps]).to.deep.equal([signals, true]);
    expect(screen.writes.join('')).not.to.include('\x1b[?25');
  });

  it('is for terminals that can do more than print', () => {
    const screen = new Screen();
    expect(canDraw(screen, { TERM: 'xterm' })).to.equal(true);
    expect(canDraw(screen, {})).to.equal(true);
    expect(canDraw(screen, { TERM: 'dumb' })).to.equal(false);
    expect(canDraw(Object.assign(new Screen(), { isTTY: false }), { TERM: 'xterm' })).to.equal(false);
  });
});

describe('the progress bar and a window that is resized', () => {
  for (const reflows of [true, false]) {
    it(`leaves no garbage where lines are ${reflows ? 'broken anew' : 'cut'}`, async () => {
      const { bar, screen, later } = bench(100, reflows);
      await later(0, 0, 40 * MIB);
      let bytes = 0;
      for (const columns of [100, 60, 61, 30, 10, 2, 1, 100, 35, 200, 12]) {
        screen.resize(columns);
        await later(150, (bytes += MIB), 40 * MIB);
        await later(500, (bytes += MIB), 40 * MIB);
        expect(screen.rows.filter((row) => row.includes('%')).length, `${columns}`).to.be.at.most(1);
        for (const row of screen.rows) expect(row.length).to.be.at.most(columns);
      }
      screen.resize(40);
      bar.hide();
      screen.write('after\n');
      screen.resize(100);
      expect(screen.rows.at(-1)).to.equal('after');
      expect(screen.rows.slice(1)).to.deep.equal(['after']);
    });
  }

  it('is drawn anew at once, also when nothing moves', async () => {
    const { screen, later, clock } = bench(100);
    await later(0, 0);
    await later(600, 500);
    await clock.advance(150);
    screen.resize(40);
    expect(screen.rows).to.have.length(2);
    expect(screen.rows[1]).to.match(/^\[=+-+\] {2}50 %/);
    expect(screen.rows[1]?.length).to.be.at.most(39);
  });

  it('is drawn ten times a second at most while it is dragged, and as it is in the end', async () => {
    const { screen, later, clock } = bench(100);
    await later(0, 0);
    await later(600, 500);
    const before = screen.writes.length;
    for (let columns = 99; columns > 50; columns--) {
      await clock.advance(10);
      screen.resize(columns);
    }
    await clock.advance(100);
    expect(screen.writes.length - before).to.be.within(2, 7);
    expect(screen.rows).to.have.length(2);
    expect(screen.rows[1]?.length).to.be.at.most(50);
  });

  it('is cut where the program does not know yet that the window is narrower', async () => {
    const { screen, later } = bench(100);
    await later(0, 0);
    screen.resize(30, false);
    await later(600, 500);
    await later(200, 600);
    expect(screen.rows).to.have.length(2);
  });
});

describe('the progress bar of several files', () => {
  it('says which of how many it is', async () => {
    const { bar, screen, later } = bench();
    bar.begin(job(1, 'a.txt'));
    await later(0, 0);
    await later(600, 100);
    expect(screen.rows[1]).to.match(/^1\/3 a\.txt {2}\[=+-+\] {2}10 %/);
    bar.ended();
    bar.begin({ ...job(2, 'b.txt'), verb: 'put' });
    await later(200, 200);
    expect(screen.rows[1]).to.match(/^2\/3 here-b\.txt {2}\[=+-+\] {2}20 %/);
  });

  it('appears after half a second of all of them, however small each is', async () => {
    const { bar, screen, later } = bench();
    for (const index of [1, 2, 3]) {
      bar.begin(job(index, `${index}`));
      await later(250, 0);
      await later(1, 1000);
      if (index < 3) bar.ended();
    }
    expect(screen.rows[1]).to.include('3/3 3');
  });

  it('is about all of them where it is known how much they are', async () => {
    const { bar, screen, later } = bench();
    bar.begin(job(1, 'a', of(1)));
    await later(0, 0);
    await later(600, 1000);
    expect(screen.rows[1]).to.match(/1\/3 a .* 25 % /);
    bar.ended();
    // Skipped: nothing moved, and it is done none the less.
    bar.begin(job(2, 'b', of(2)));
    bar.ended();
    bar.begin(job(3, 'c', of(3)));
    await later(400, 1000, 2000);
    // Both thousands were moved now, in a second.
    expect(screen.rows[1]).to.match(/3\/3 c .* 75 % .* 2\.0 KiB\/s +0:01 left$/);
  });

  it('does not count as moved what a file that is resumed begins with', async () => {
    const { bar, screen, later } = bench();
    bar.begin(job(1, 'a', { ...of(1), resumes: true }));
    await later(0, 900);
    await later(1000, 1000);
    expect(screen.rows[1]).to.match(/ 25 % .* 100 B\/s +0:30 left$/);
  });

  it('counts a file that failed as done: nothing more will come of it', async () => {
    const { bar, screen, later } = bench();
    bar.begin(job(1, 'a', of(1)));
    await later(0, 0);
    await later(600, 10);
    bar.ended();
    bar.begin(job(2, 'b', of(2)));
    await later(600, 0);
    expect(screen.rows[1]).to.match(/2\/3 b .* 25 % /);
  });

  it('takes nothing from the others for a file that has grown', async () => {
    const { bar, screen, later } = bench();
    bar.begin(job(1, 'a', of(1)));
    await later(0, 0);
    await later(600, 5000, 6000);
    expect(screen.rows[1]).to.include('25 %');
  });

  it('keeps telling of all of them while the next one is waited for', async () => {
    const { bar, screen, clock } = bench();
    bar.begin(job(1, 'a', of(1)));
    bar.wait();
    await clock.advance(600);
    expect(screen.rows[1]).to.equal('1/3 a  waiting  0:00');
    bar.ended();
    bar.begin(job(2, 'b', of(2)));
    bar.wait();
    await clock.advance(499);
    expect(screen.rows).to.have.length(1);
    await clock.advance(1);
    expect(screen.rows[1]).to.match(/^2\/3 b {2}\[=+-+\] {2}25 % .* 0 B\/s$/);
    bar.ended();
    expect(clock.pending).to.equal(0);
  });

  it('needs no place for one', async () => {
    const { bar, screen, later } = bench();
    bar.begin(job(1, 'a', { count: 1 }));
    await later(0, 0);
    await later(600, 100);
    expect(screen.rows[1]).to.match(/^\[=/);
  });
});
