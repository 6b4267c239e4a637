import { expect } from 'chai';
import { userInfo } from 'node:os';
import { deniedTo } from '../../../lib/cli/serve/denied';
import { TwinportError } from '../../../lib/errors';

describe('a file that is denied', () => {
  const told = (code: string): string =>
    deniedTo(new TwinportError('denied', '"users": no', { cause: Object.assign(new Error(code), { code }) }));

  it('is told with whom it is denied to, and no other fault is', () => {
    expect(told('EACCES')).to.equal(`"users": no for ${userInfo().username}`);
    expect(told('EPERM')).to.equal(`"users": no for ${userInfo().username}`);
    expect(told('ENOENT')).to.equal('"users": no');
    expect(deniedTo(new TwinportError('denied', 'others may write it'))).to.equal('others may write it');
  });
});
