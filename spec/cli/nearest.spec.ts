import { expect } from 'chai';
import { nearest } from '../../lib/cli/nearest';

describe('what was meant', () => {
  for (const [word, found] of [
    ['rot', 'root'],
    ['raed', 'read'],
    ['Root', 'root'],
    ['--root', 'root'],
    ['max_sesions', 'max-sessions'],
    ['sessions', undefined],
    ['x', undefined],
    ['', undefined],
    ['r'.repeat(1_000_000), undefined],
  ] as const) {
    it(`by ${word.slice(0, 20)}: ${String(found)}`, () => {
      expect(nearest(word, ['root', 'read', 'max-sessions', 'port'])).to.equal(found);
    });
  }
});
