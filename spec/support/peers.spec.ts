import { expect } from 'chai';
import * as path from 'node:path';
import { findPeer, needPeer } from './peers';

describe('peer programs', () => {
  const skipping = {
    skip: (): never => {
      throw new Error('skipped');
    },
  };
  const node = path.basename(process.execPath);
  const places = ['', '/nowhere', path.dirname(process.execPath)];

  it('are found where they are, and only programs are', () => {
    expect(findPeer(node, places)).to.equal(process.execPath);
    expect(findPeer('no-such-program', places)).to.equal(undefined);
    expect(findPeer(path.basename(__dirname), [path.dirname(__dirname)])).to.equal(undefined);
    expect(findPeer(path.basename(__filename), [__dirname])).to.equal(undefined);
  });

  it('that are there are used', () => {
    expect(needPeer(skipping, node, { places, required: true })).to.equal(process.execPath);
  });

  it('that are missing skip a suite, and fail it where they are required', () => {
    const need = (required: boolean) => () => needPeer(skipping, 'no-such-program', { places, required });
    expect(need(false)).to.throw('skipped');
    expect(need(true)).to.throw('no-such-program is not installed');
  });
});
