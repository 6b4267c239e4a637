import { expect } from 'chai';
import { CLIENT_FLAGS } from '../lib/cli/options';
import { SERVER_FLAGS } from '../lib/cli/serverOptions';
import { LIMITS } from '../lib/options';
import { codeIn, document, rowsOf, section } from './support/markdown';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  bytes: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

describe('SECURITY.md', () => {
  const rows = rowsOf(section(document('SECURITY.md'), 'Limits'));

  it('has every limit of the code once, and no other', () => {
    const names = rows.map(([name = '']) => codeIn(name)[0]);
    expect([...names].sort()).to.deep.equal(Object.keys(LIMITS).sort());
  });

  for (const [name, limit] of Object.entries(LIMITS)) {
    it(`says what ${name} is, and why`, () => {
      const [, value = '', , why = ''] = rows.find(([first = '']) => codeIn(first)[0] === name) ?? [];
      const [, digits = '', unit = '?'] = /^([\d,]+) ?(\w*)$/.exec(value.trim()) ?? [];
      expect(Number(digits.replaceAll(',', '')) * (UNITS[unit] ?? NaN), value).to.equal(limit);
      expect(why.trim().length).to.be.at.least(10);
    });
  }

  it('names options that exist', () => {
    const flags = [...SERVER_FLAGS, ...CLIENT_FLAGS].map(({ name }) => `--${name}`);
    const named = document('SECURITY.md').match(/--[a-z][a-z-]+/g) ?? [];
    expect(named.length).to.be.at.least(15);
    expect(flags).to.include.members([...new Set(named)]);
  });
});
