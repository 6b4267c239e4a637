import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { document, rowsOf, section } from '../support/markdown';

/** Cases by number, as the specs beside this one name them. */
function cases(): readonly string[] {
  const files = readdirSync(__dirname).filter((name) => name.endsWith('.spec.ts') && name !== 'table.spec.ts');
  return files.flatMap((name) => {
    const source = readFileSync(join(__dirname, name), 'utf8');
    const titles = [...source.matchAll(/\bit\(\s*(['"`])(.*?)\1/g)].map(([, , title = '']) => title);
    for (const title of titles) expect(title, name).to.match(/^[SC]\d{2,3} \S/);
    return titles;
  });
}

describe('the table of hostile cases', () => {
  const rows = rowsOf(section(document('SECURITY.md'), 'Hostile cases'));
  const titles = cases();

  it('has each case that the specs have, once, in the same words', () => {
    expect(titles).to.have.length.above(5);
    expect(rows.map(([number = '', tried = '']) => `${number} ${tried.replaceAll('`', '')}`).sort()).to.deep.equal(
      titles.map((title) => title.replaceAll('`', '')).sort(),
    );
  });

  it('has each number once, in order, and says what must happen', () => {
    const numbers = rows.map(([number = '']) => number);
    expect(new Set(numbers).size).to.equal(numbers.length);
    for (const side of ['S', 'C']) {
      const ofSide = numbers.filter((number) => number.startsWith(side));
      expect(ofSide).to.deep.equal([...ofSide].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
    }
    for (const [number, , must = ''] of rows) expect(must.length, number).to.be.at.least(20);
  });
});
