import { expect } from 'chai';
import { isRight, RIGHTS, rightsOf } from '../../lib/wire/rights';
import { rejects } from '../support/storageHelpers';

describe('rights', () => {
  it('are given once each and in order', () => {
    expect(rightsOf(['write', 'list', 'write'])).to.deep.equal(['list', 'write']);
    expect(rightsOf([])).to.deep.equal([]);
    expect(rightsOf([...RIGHTS].reverse())).to.deep.equal(RIGHTS);
  });

  it('are words of their own, and nothing that every object has', async () => {
    for (const word of ['fly', '', 'List', 'constructor', '__proto__', 'list ']) {
      expect(isRight(word), word).to.equal(false);
      await rejects('invalid-argument', () => rightsOf(['list', word]));
    }
    expect(await rejects('invalid-argument', () => rightsOf(['fl\u001by']))).to.equal(
      'a right is one of list, read, write, overwrite, delete, not "fl\\x1by"',
    );
  });

  it('make no sense where one of them does nothing', async () => {
    await rejects('invalid-argument', () => rightsOf(['list', 'overwrite']));
  });
});
