import { expect } from 'chai';
import { TwinportError, type ErrorCode } from '../../lib/errors';
import { coded, codedForWrite, shown } from '../../lib/storage/errno';

const thrown = (code?: string): Error => Object.assign(new Error(`${code}: something, open '/srv/root/x'`), { code });

describe('errno', () => {
  const codes: readonly [string, ErrorCode][] = [
    ['ENOENT', 'not-found'],
    ['ENAMETOOLONG', 'not-found'],
    ['EACCES', 'denied'],
    ['EPERM', 'denied'],
    ['EROFS', 'denied'],
    ['ELOOP', 'denied'],
    ['EEXIST', 'exists'],
    ['EISDIR', 'not-a-file'],
    ['ENXIO', 'not-a-file'],
    ['ENOTDIR', 'not-a-directory'],
    ['ENOSPC', 'no-space'],
    ['EDQUOT', 'no-space'],
    ['EFBIG', 'too-large'],
    ['EBUSY', 'in-use'],
    ['ETXTBSY', 'in-use'],
    ['ENOTSUP', 'unsupported'],
    ['EIO', 'io-error'],
    ['ESTALE', 'io-error'],
    ['EMFILE', 'io-error'],
    ['EPIPE', 'io-error'],
    ['ENOTHEARDOF', 'io-error'],
  ];
  for (const [errno, code] of codes) {
    it(`${errno} is ${code}`, () => {
      for (const as of [coded, codedForWrite]) {
        const error = as(thrown(errno), 'dir/file');
        if (as === coded || errno !== 'ENAMETOOLONG') expect(error.code).to.equal(code);
        expect(error.message).to.include('"dir/file"');
        expect(error.message, "where it really lies is nobody's business").to.not.include('/srv');
        expect((error.cause as NodeJS.ErrnoException).code).to.equal(errno);
      }
    });
  }

  it('refuses to make a name that cannot be', () => {
    for (const errno of ['ENAMETOOLONG', 'EILSEQ', 'EINVAL'])
      expect(codedForWrite(thrown(errno), 'x').code).to.equal('denied');
    expect(codedForWrite(thrown('EAGAIN'), 'x').code).to.equal('io-error');
  });

  it('leaves our own errors, and makes one of anything else', () => {
    const ours = new TwinportError('in-use', 'as it is');
    expect(coded(ours, 'x')).to.equal(ours);
    expect(codedForWrite(ours, 'x')).to.equal(ours);
    for (const odd of [new Error('odd'), 'odd', undefined, null, 7, { code: 'ENOENT' }, thrown()]) {
      expect(coded(odd, 'x').code).to.equal('io-error');
      expect(coded(odd, 'x').message).to.equal('input/output error on "x"');
    }
  });

  it('shows names so that no terminal is driven by them', () => {
    expect(shown('a b')).to.equal('"a b"');
    expect(shown('')).to.equal('"."');
    expect(shown('x\u001b[31m\n\u0085')).to.equal('"x\\x1b[31m\\x0a\\x85"');
  });
});
