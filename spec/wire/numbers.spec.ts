import { expect } from 'chai';
import fc from 'fast-check';
import { parseDecimal } from '../../lib/wire/numbers';

describe('wire/numbers', () => {
  it('reads decimal numbers up to 2^53-1', () => {
    expect(parseDecimal('0')).to.equal(0);
    expect(parseDecimal('8555')).to.equal(8555);
    expect(parseDecimal('007')).to.equal(7);
    expect(parseDecimal('0000000000000000')).to.equal(0);
    expect(parseDecimal('9007199254740991')).to.equal(2 ** 53 - 1);
  });

  for (const text of [
    '',
    ' ',
    '+1',
    '-1',
    ' 1',
    '1 ',
    '1\n',
    '1.0',
    '1e3',
    '0x10',
    '1_000',
    '١',
    'NaN',
    'Infinity',
    '9007199254740992',
    '9999999999999999',
    '00000000000000001',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseDecimal(text)).to.equal(undefined);
    });
  }

  it('reads back every safe whole number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(parseDecimal(String(value))).to.equal(value);
      }),
    );
  });
});
