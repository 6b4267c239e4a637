import { expect } from 'chai';
import { ftrelay } from '../../lib/cli/ftrelay';
import { Output } from '../../lib/cli/output';
import { TwinportError } from '../../lib/errors';
import type { createRelay } from '../../lib/index';
import { Captured } from '../support/stdio';

/** ftrelay with a relay whose ports cannot be had. */
async function refused(words: readonly string[], code: string) {
  let closed = 0;
  const cause = Object.assign(new Error(code), { code });
  const pretended = {
    on: () => undefined,
    listen: () => Promise.reject(new TwinportError('cannot-listen', 'the port cannot be had', { cause })),
    close: () => Promise.resolve(void (closed += 1)),
  };
  const listeners = process.listenerCount('SIGTERM');
  const [stdout, stderr] = [new Captured(), new Captured()];
  const exit = await ftrelay(
    words,
    new Output(() => stdout),
    new Output(() => stderr),
    () => (() => pretended) as unknown as typeof createRelay,
  );
  expect(process.listenerCount('SIGTERM')).to.equal(listeners);
  expect([closed, stdout.text]).to.deep.equal([1, '']);
  return { exit, said: stderr.text };
}

describe('a port that a relay cannot have', () => {
  for (const words of [
    ['80', 'host', '1'],
    ['0', 'host', '1', '--data', '8000:1,80:2,0:3'],
  ]) {
    it(`comes with what can be done: ftrelay ${words.join(' ')}`, async () => {
      const { exit, said } = await refused(words, 'EACCES');
      expect(exit).to.equal(77);
      expect(said).to.match(/^ftrelay: the port cannot be had: take a port above 1023, or .*port_start=80\).*setcap/);
    });
  }

  for (const [words, code] of [
    [['80', 'host', '1'], 'EADDRINUSE'],
    [['0', 'host', '1'], 'EACCES'],
    [['8000', 'host', '1'], 'EACCES'],
  ] as const) {
    it(`comes with no advice that does not help: ftrelay ${words.join(' ')}, ${code}`, async () => {
      expect((await refused(words, code)).said).to.equal('ftrelay: the port cannot be had\n');
    });
  }
});
