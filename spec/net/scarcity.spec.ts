import { expect } from 'chai';
import { limitOfReport } from '../../lib/net/scarcity';

describe('the limit of descriptors in a report of Node', () => {
  const reporting = (soft: unknown): { getReport(): unknown } => ({
    getReport: () => ({ userLimits: { open_files: { soft, hard: 9 } } }),
  });

  it('is the soft one, where it is a number', () => {
    expect(limitOfReport({ platform: 'darwin', report: reporting(256) })).to.equal(256);
    expect(limitOfReport({ platform: 'darwin', report: reporting('unlimited') })).to.equal(undefined);
    expect(limitOfReport({ platform: 'darwin', report: { getReport: () => ({}) } })).to.equal(undefined);
    expect(limitOfReport({ platform: 'darwin' })).to.equal(undefined);
  });

  it('is not asked for on Windows, whose reports have none', () => {
    const getReport = (): never => expect.fail('a report takes twenty milliseconds');
    expect(limitOfReport({ platform: 'win32', report: { getReport } })).to.equal(undefined);
  });
});
