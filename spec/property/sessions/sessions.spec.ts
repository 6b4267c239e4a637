import { expect } from 'chai';
import { corpusOf } from '../claim';
import { SESSIONS } from '../claims';
import { expectHolds } from '../hostile';
import { finals, matches, owedFor } from './replies';

const RUNS = 80;
/** Three transfers and three more each, through a relay that takes its time. */
const RUNS_RELAYED = 8;

describe('whole sessions of random scripts', function () {
  // A few thousand requests; how fast they are served is not the question.
  this.timeout(120_000);

  for (const claim of SESSIONS) {
    it(`${claim.name}: everything is answered, nothing is left, and no file is wrong`, async () => {
      for (const bytes of corpusOf(claim)) await claim.check(bytes);
      await expectHolds(claim, claim.name === 'session-relay' ? RUNS_RELAYED : RUNS);
    });
  }
});

describe('the count of replies', () => {
  const judged = (sent: string, said: string, cut = false): void =>
    matches(owedFor(Buffer.from(sent), true), finals(Buffer.from(said), true), cut);

  it('takes one for each request, and for -c none behind a put that is confirmed, and otherwise one', () => {
    judged('-l 8555\n-g x 8555\n', '150 x\r\n226 done\r\n550 FILE NOT FOUND\r\n');
    judged('-p --confirm a 8555\n-c 1 00000000\n', '150 a\r\n226 done\r\n');
    judged('-c 1 00000000\n-q\n-f\n', '503 no\r\n221 bye\r\n');
    judged('-x\nNONSENSE\n', '226 ok\r\n500 what\r\n');
  });

  it('takes fewer where the session was broken off or ended with 421', () => {
    judged('-f\n-f\n', '211 x\r\n421 bye\r\n');
    judged('-f\n-f\n', '211 x\r\n', true);
  });

  it('takes neither more nor fewer nor others', () => {
    for (const [sent, said] of [
      ['-f\n', ''],
      ['-c 1 00000000\n', ''],
      ['-p --confirm a 8555\n-c 1 00000000\n', '226 done\r\n503 no\r\n'],
      ['-f\n', '211 x\r\n211 x\r\n'],
      ['-f\n', '226 x\r\n'],
      ['-q\n-f\n', '221 bye\r\n211 x\r\n'],
      ['-f\n-x\n', '226 x\r\n211 x\r\n'],
      ['-f\n', '211 x\r\n211 x\r\n421 bye\r\n'],
    ] as const) {
      expect(() => judged(sent, said), `${sent} ${said}`).to.throw('one final reply for each request');
    }
  });
});
