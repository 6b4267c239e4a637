import { expect } from 'chai';
import { CLAIMS } from '../claims';
import { saved } from './regressions';

describe('inputs that something was wrong for once', () => {
  for (const { file, regression } of saved()) {
    it(file, async () => {
      const claim = CLAIMS.find(({ name }) => name === regression.target);
      expect(claim, `the target ${regression.target}`).not.to.equal(undefined);
      await claim?.check(Buffer.from(regression.hex, 'hex'));
    });
  }
});
