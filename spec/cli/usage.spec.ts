import { expect } from 'chai';
import { byteCount, UsageError } from '../../lib/cli/usage';

describe('bytes as people type them', () => {
  for (const [word, bytes] of [
    ['500', 500],
    ['500B', 500],
    ['64K', 65_536],
    ['64k', 65_536],
    ['64kB', 64_000],
    ['64KiB', 65_536],
    ['1.5M', 1_572_864],
    ['2MiB', 2_097_152],
    ['2GB', 2_000_000_000],
    ['2G', 2_147_483_648],
    ['1T', 1_099_511_627_776],
  ] as const) {
    it(`${word} is ${bytes}`, () => expect(byteCount('--rate', word, 1)).to.equal(bytes));
  }

  for (const word of [
    '',
    '-1',
    '1e3',
    'K',
    '1P',
    '1iB',
    '1i',
    '1Ki',
    '0',
    '.5M',
    '99999999999G',
    '0x10',
    ' 1',
    '1 K',
  ]) {
    it(`"${word}" is none`, () => {
      expect(() => byteCount('--rate', word, 1)).to.throw(UsageError, '--rate takes bytes');
    });
  }
});
