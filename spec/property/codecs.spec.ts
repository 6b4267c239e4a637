import { corpusOf } from './claim';
import { CODECS } from './claims';
import { expectHolds } from './hostile';

const RUNS = 400;

describe('what must hold whatever bytes come', function () {
  for (const claim of CODECS) {
    it(`${claim.name}: valid ones, spoilt ones and noise`, async () => {
      for (const bytes of corpusOf(claim)) await claim.check(bytes);
      await expectHolds(claim, RUNS);
    });
  }
});
