import { expect } from 'chai';
import { columnsOf, lastColumns } from '../../../lib/cli/report/columns';

describe('columns of a terminal', () => {
  const WIDTHS = [
    ['', 0],
    ['notes.txt', 9],
    ['ünïcödé', 7],
    ['e\u0301', 1],
    ['日本語', 6],
    ['한글', 4],
    ['ﾊﾝｶｸ', 4],
    ['🎉', 2],
    ['👨‍👩‍👧‍👦', 2],
    ['🇩🇪', 2],
    ['a\u200bb', 2],
  ] as const;

  for (const [text, width] of WIDTHS) it(`are ${width} for "${text}"`, () => expect(columnsOf(text)).to.equal(width));

  it('are never more than were asked for', () => {
    for (const [text] of WIDTHS) {
      const long = text.repeat(20);
      for (let columns = 3; columns < 50; columns++) {
        const shown = lastColumns(long, columns);
        expect(columnsOf(shown)).to.be.at.most(columns);
        if (shown !== long) expect(long.endsWith(shown.slice(3)), shown).to.equal(true);
      }
    }
  });

  it('leave alone what fits', () => {
    expect(lastColumns('notes.txt', 9)).to.equal('notes.txt');
    expect(lastColumns('notes.txt', 8)).to.equal('...s.txt');
    expect(lastColumns('日本語', 6)).to.equal('日本語');
    expect(lastColumns('日本語', 5)).to.equal('...語');
  });
});
