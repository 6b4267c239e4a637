import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { amount, ProgressBar, progressLine, timeLeft } from '../../lib/cli/progress';

const MIB = 1024 * 1024;

describe('progress', () => {
  it('gives amounts with few digits', () => {
    for (const [bytes, shown] of [
      [0, '0 bytes'],
      [1023, '1023 bytes'],
      [1024, '1.0 KiB'],
      [1536, '1.5 KiB'],
      [310 * MIB, '310 MiB'],
      [20 * 1024 * MIB, '20.0 GiB'],
      [2 ** 53, '8.0 PiB'],
    ] as const) {
      expect(amount(bytes)).to.equal(shown);
    }
  });

  it('gives times as a clock does', () => {
    for (const [seconds, shown] of [
      [0, '0:00'],
      [0.2, '0:01'],
      [59, '0:59'],
      [60, '1:00'],
      [3599.5, '1:00:00'],
      [36_061, '10:01:01'],
      [-3, '0:00'],
    ] as const) {
      expect(timeLeft(seconds)).to.equal(shown);
    }
  });

  it('is one line: bar, part, amount, rate, time left', () => {
    const line = progressLine({ bytes: 5 * MIB, total: 10 * MIB }, MIB, 80);
    expect(line).to.equal('[==============--------------]  50 %  5.0 MiB of 10.0 MiB  1.0 MiB/s  0:05 left');
    expect(progressLine({ bytes: 10, total: 10 }, 0, 80)).to.match(/^\[=+\] 100 % /);
    expect(progressLine({ bytes: 0, total: 10 }, 0, 80)).to.match(/^\[-+\] {3}0 % /);
    expect(progressLine({ bytes: 5 * MIB }, MIB, 80)).to.equal('5.0 MiB  1.0 MiB/s');
  });

  it('never says 100 % before the end, and never more', () => {
    expect(progressLine({ bytes: 999, total: 1000 }, 1, 80)).to.include(' 99 %');
    expect(progressLine({ bytes: 1001, total: 1000 }, 1, 80)).to.include('100 %');
  });

  it('is narrower than any terminal', () => {
    for (let columns = 1; columns < 200; columns++) {
      for (const progress of [{ bytes: 5 * MIB, total: 10 * MIB }, { bytes: 5 * MIB }]) {
        expect(progressLine(progress, MIB, columns).length).to.be.at.most(columns);
      }
    }
  });
});

describe('the progress bar', () => {
  /** A terminal that remembers, and a clock that stands. */
  function terminal(columns = 80): { bar: ProgressBar; written: () => string; at: (ms: number) => void } {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    let now = 1000;
    return { bar: new ProgressBar(stream, () => now), written: () => text, at: (ms) => (now = 1000 + ms) };
  }

  it('does not appear for what is over in half a second', () => {
    const { bar, written, at } = terminal();
    bar.update({ bytes: 0, total: 100 });
    at(499);
    bar.update({ bytes: 100, total: 100 });
    bar.hide();
    expect(written()).to.equal('');
  });

  it('shows rate and time left, and leaves an empty line', () => {
    const { bar, written, at } = terminal();
    bar.update({ bytes: 0, total: 40 * MIB });
    at(1000);
    bar.update({ bytes: 10 * MIB, total: 40 * MIB });
    expect(written()).to.include('25 %  10.0 MiB of 40.0 MiB  10.0 MiB/s  0:03 left');
    bar.hide();
    expect(written().endsWith('\x1b[2K')).to.equal(true);
    expect(written()).not.to.match(/\x1b\[[0-9;]*m/, 'colours');
  });

  it('does not count what was there before a resume', () => {
    const { bar, written, at } = terminal();
    bar.update({ bytes: 30 * MIB, total: 40 * MIB });
    at(1000);
    bar.update({ bytes: 31 * MIB, total: 40 * MIB });
    bar.hide();
    expect(written()).to.include('31.0 MiB of 40.0 MiB  1.0 MiB/s  0:09 left');
  });

  it('is drawn on a terminal that does not know its size', () => {
    const { bar, written, at } = terminal(0);
    bar.update({ bytes: 0, total: 1000 });
    at(600);
    bar.update({ bytes: 100, total: 1000 });
    bar.hide();
    expect(written()).to.include('10 %');
  });

  it('is drawn at most ten times a second', () => {
    const { bar, written, at } = terminal();
    bar.update({ bytes: 0, total: 1000 });
    at(600);
    bar.update({ bytes: 1, total: 1000 });
    const before = written();
    for (let ms = 601; ms < 700; ms++) {
      at(ms);
      bar.update({ bytes: ms, total: 1000 });
    }
    expect(written()).to.equal(before);
    bar.hide();
  });

  it('comes back after others have written', () => {
    const { bar, written, at } = terminal();
    bar.update({ bytes: 0, total: 1000 });
    at(600);
    bar.update({ bytes: 100, total: 1000 });
    bar.hide();
    const before = written().length;
    at(800);
    bar.update({ bytes: 200, total: 1000 });
    bar.hide();
    expect(written().slice(before)).to.include('20 %');
  });

  it('leaves wrapping, cursor and signals alone', () => {
    const signals = process.listenerCount('SIGINT');
    const { bar, written, at } = terminal();
    bar.update({ bytes: 0, total: 1000 });
    at(600);
    bar.update({ bytes: 100, total: 1000 });
    expect(process.listenerCount('SIGINT')).to.equal(signals);
    bar.hide();
    expect(written()).not.to.match(/\x1b\[\?(7|25)[hl]/);
  });
});
