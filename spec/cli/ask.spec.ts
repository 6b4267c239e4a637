import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { askPolicy } from '../../lib/cli/ask';
import { Lines } from '../../lib/cli/lines';
import { saying } from '../support/stdio';

describe('a question', () => {
  /** Lines over an input, and what was said meanwhile. */
  function asking(input: ConstructorParameters<typeof Lines>[0]): { lines: Lines; said: () => string } {
    let text = '';
    return { lines: new Lines(input, (more) => (text += more)), said: () => text };
  }

  it('is answered by a letter or a word', async () => {
    for (const [answer, policy] of [
      ['r\n', 'rename'],
      ['  Overwrite\n', 'overwrite'],
      ['no\nskip', 'skip'],
      ['', undefined],
      ['\n\n', undefined],
    ] as const) {
      const { signal } = new AbortController();
      const { lines } = asking(saying(answer));
      expect(await askPolicy('get', 'x', lines, signal), answer).to.equal(policy);
      lines.close();
    }
  });

  it('is given up when the program is stopped', async () => {
    const stop = new AbortController();
    const input = new PassThrough();
    const { lines } = asking(input);
    const asked = askPolicy('put', 'x', lines, stop.signal);
    stop.abort();
    expect(await asked).to.equal(undefined);
    expect(await lines.ask('again? ', stop.signal)).to.equal(undefined);
    lines.close();
    expect(input.isPaused()).to.equal(true);
  });

  it('is answered in order, whole and in pieces, and never after the end', async () => {
    const input = new PassThrough();
    const { lines } = asking(input);
    input.write('one\r\ntw');
    expect(await lines.ask('')).to.equal('one');
    const second = lines.ask('');
    input.end('o\n\nlast');
    expect([await second, await lines.ask(''), await lines.ask('')]).to.deep.equal(['two', '', 'last']);
    expect([await lines.ask(''), await lines.ask('')]).to.deep.equal([undefined, undefined]);
    lines.close();
  });

  it('shows the answers of a pipe, harmless, and leaves those of a terminal to it', async () => {
    for (const [isTTY, shown] of [
      [false, '1? a\\x1b[2J\n2? \n'],
      [true, '1? 2? \n'],
    ] as const) {
      const { lines, said } = asking(saying('a\x1b[2J\n', isTTY));
      await lines.ask('1? ');
      await lines.ask('2? ');
      expect(said()).to.equal(shown);
      lines.close();
    }
  });

  it('ends with an input that fails', async () => {
    const input = new PassThrough();
    const { lines } = asking(input);
    const asked = lines.ask('? ');
    input.destroy(new Error('EIO: the terminal hung up'));
    expect(await asked).to.equal(undefined);
    lines.close();
  });
});
