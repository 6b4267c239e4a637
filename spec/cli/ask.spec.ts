import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { askPolicy } from '../../lib/cli/ask';
import { Captured, saying } from '../support/stdio';

describe('a question', () => {
  it('is answered by a letter or a word', async () => {
    for (const [answer, policy] of [
      ['r\n', 'rename'],
      ['  Overwrite\n', 'overwrite'],
      ['no\nskip', 'skip'],
      ['', undefined],
      ['\n\n', undefined],
    ] as const) {
      const { signal } = new AbortController();
      expect(await askPolicy('get', 'x', saying(answer), new Captured(true), signal), answer).to.equal(policy);
    }
  });

  it('is given up when the program is stopped', async () => {
    const stop = new AbortController();
    const input = new PassThrough();
    const asked = askPolicy('put', 'x', input, new Captured(true), stop.signal);
    stop.abort();
    expect(await asked).to.equal(undefined);
    expect(input.isPaused()).to.equal(true);
  });
});
