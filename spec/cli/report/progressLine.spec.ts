import { expect } from 'chai';
import { columnsOf } from '../../../lib/cli/report/columns';
import { amount, progressLine, timeLeft } from '../../../lib/cli/report/progressLine';

const MIB = 1024 * 1024;

describe('a line of progress', () => {
  it('gives amounts with few digits', () => {
    for (const [bytes, shown] of [
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.0 KiB'],
      [1536, '1.5 KiB'],
      [99.94 * 1024, '99.9 KiB'],
      [99.96 * 1024, '100 KiB'],
      [1023.4 * 1024, '1023 KiB'],
      [1023.6 * 1024, '1.0 MiB'],
      [310 * MIB, '310 MiB'],
      [20 * 1024 * MIB, '20.0 GiB'],
      [2 ** 53, '8.0 PiB'],
    ] as const) {
      expect(amount(bytes)).to.equal(shown);
    }
  });

  it('gives times as a clock does, and hours without seconds', () => {
    for (const [seconds, shown] of [
      [0, '0:00'],
      [0.2, '0:01'],
      [59, '0:59'],
      [60, '1:00'],
      [3599, '59:59'],
      [3599.5, '1h00'],
      [36_060, '10h01'],
      [36_061, '10h02'],
      [359_940, '99h59'],
      [-3, '0:00'],
    ] as const) {
      expect(timeLeft(seconds)).to.equal(shown);
    }
  });

  it('has a bar, the part, the amount, the rate and the time left', () => {
    const line = progressLine({ bytes: 5 * MIB, total: 10 * MIB }, MIB, 80);
    expect(line).to.equal('[=============------------]  50 %   5.0 MiB of 10.0 MiB   1.0 MiB/s   0:05 left');
    expect(progressLine({ bytes: 10, total: 10 }, 0, 80)).to.match(/^\[=+\] 100 % /);
    expect(progressLine({ bytes: 0, total: 10 }, 0, 80)).to.match(/^\[-+\] {3}0 % /);
    expect(progressLine({ bytes: 5 * MIB }, MIB, 80)).to.equal(' 5.0 MiB   1.0 MiB/s');
    expect(progressLine({ bytes: 0, total: 0 }, 0, 80)).to.equal('     0 B       0 B/s');
  });

  it('never says 100 % before the end, and never more', () => {
    expect(progressLine({ bytes: 999, total: 1000 }, 1, 80)).to.include(' 99 %');
    expect(progressLine({ bytes: 1001, total: 1000 }, 1, 80)).to.include('100 %');
  });

  it('promises no time that is nobody’s to promise', () => {
    expect(progressLine({ bytes: 0, total: 10 }, 0, 80)).to.match(/ 0 B\/s$/);
    expect(progressLine({ bytes: 0, total: 2 ** 50 }, 1, 80)).to.match(/ 1 B\/s$/);
  });

  it('leaves out first what can be missed most easily', () => {
    const shown = (columns: number): string => progressLine({ bytes: 5 * MIB, total: 10 * MIB }, MIB, columns);
    expect(shown(60)).to.equal('[===--]  50 %   5.0 MiB of 10.0 MiB   1.0 MiB/s   0:05 left');
    expect(shown(53)).to.equal(' 50 %   5.0 MiB of 10.0 MiB   1.0 MiB/s   0:05 left');
    expect(shown(45)).to.equal('[======------]  50 %   1.0 MiB/s   0:05 left');
    expect(shown(20)).to.equal(' 50 %   0:05 left');
    expect([shown(10), shown(6), shown(5), shown(4)]).to.deep.equal([' 50 %', ' 50 %', '50 %', '']);
  });

  it('keeps every part where it is, whatever the numbers become', () => {
    /** Where each part begins or ends, and the bar's brackets. */
    const columns = (line: string): string =>
      ['[', ']', '%', ' of ', '/s', ' left'].map((mark) => line.indexOf(mark)).join();
    for (const total of [1, 999, 1023, 1024, 9999, 10_200, 10_240, 82_500, 102_389, MIB, 30 * MIB, 2 ** 37, 2 ** 53]) {
      for (const width of [30, 40, 53, 60, 80, 100, 120, 200]) {
        for (const place of [undefined, { name: 'notes.txt', index: 3, count: 12 }]) {
          const seen = new Set<string>();
          const silent = new Set<string>();
          for (const part of [0, 1e-12, 1e-9, 1e-6, 1e-4, 0.00999, 0.0978, 0.09999, 0.1, 0.5, 0.9765, 0.99, 1]) {
            const progress = { bytes: Math.floor(part * total), total };
            for (const rate of [total, total / 7, total / 3599, total / 99_999]) {
              const line = progressLine(progress, rate, width, place);
              seen.add(columns(line));
              expect(line).to.match(/ left$|%$/);
            }
            silent.add(columns(progressLine(progress, 0, width, place)));
          }
          expect([...seen], `${total} in ${width}`).to.have.length(1);
          // What has no time left lacks nothing else, and stands where it stood.
          expect([...silent]).to.deep.equal([...seen].map((all) => all.replace(/[^,]*$/, '-1')));
        }
      }
    }
    for (const rate of [0, 9, 1023, 1024, 99.94 * 1024, 99.96 * 1024, 1023.7 * 1024, 9.5 * MIB, 2 ** 53]) {
      for (const bytes of [0, 1023, 99.96 * 1024, 1023.7 * 1024, 2 ** 53]) {
        expect(progressLine({ bytes }, rate, 80), 'without a total').to.have.length(20);
      }
    }
  });

  it('is narrower than any terminal', () => {
    const places = [
      undefined,
      { name: 'notes.txt', index: 3, count: 12 },
      { name: '日本語のファイル🎉👨‍👩‍👧‍👦e\u0301\u0301.txt', index: 1, count: 1_000_000 },
      { name: 'x'.repeat(300), index: 1, count: 2 },
      { name: 'caf\udce9\x1b[31m\u202e\n', index: 1, count: 2 },
      { name: '', index: 1, count: 2 },
    ];
    for (let columns = 1; columns < 130; columns++) {
      for (const progress of [{ bytes: 5 * MIB, total: 10 * MIB }, { bytes: 5 * MIB }]) {
        for (const place of places) {
          const line = progressLine(progress, MIB, columns, place);
          expect(columnsOf(line), line).to.be.below(Math.max(columns, 1));
        }
      }
    }
  });

  it('has the name of one of several files, and gives up amounts for it', () => {
    const shown = (columns: number): string =>
      progressLine({ bytes: 5 * MIB, total: 10 * MIB }, MIB, columns, { name: 'notes.txt', index: 3, count: 12 });
    expect(shown(100)).to.match(
      /^3\/12 notes\.txt {2}\[=+-+\] {2}50 % {3}5\.0 MiB of 10\.0 MiB {3}1\.0 MiB\/s {3}0:05 left$/,
    );
    expect(shown(60)).to.match(/^3\/12 notes\.txt {2}\[=+-+\] {2}50 % {3}1\.0 MiB\/s {3}0:05 left$/);
    expect(shown(30)).to.match(/^3\/12 notes\.txt {2}\[=+-+\] {2}50 %$/);
    expect(shown(14)).to.equal('3/12  50 %');
    expect(shown(10)).to.equal('3/12 50 %');
    expect(shown(9)).to.equal(' 50 %');
  });

  it('shows the end of a long name, cut between characters', () => {
    const shown = (name: string): string =>
      progressLine({ bytes: 1, total: 2 }, 0, 90, { name, index: 1, count: 2 }).split('  ')[0] ?? '';
    expect(shown(`a/${'b'.repeat(100)}/notes.txt`)).to.equal('1/2 ...bbbbbbbbbbbbbbb/notes.txt');
    expect(shown('目'.repeat(100))).to.equal(`1/2 ...${'目'.repeat(12)}`);
    expect(shown('👨‍👩‍👧‍👦'.repeat(100))).to.equal(`1/2 ...${'👨‍👩‍👧‍👦'.repeat(12)}`);
  });

  it('lets no name steer the terminal', () => {
    const line = progressLine({ bytes: 1, total: 2 }, 0, 80, { name: '\x1b[2J\u202eevil\udc9b', index: 1, count: 2 });
    expect(line.split('  ')[0]).to.equal('1/2 \\x1b[2J?evil\\x9b');
  });
});
