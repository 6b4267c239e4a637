import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { askPolicy } from '../../lib/cli/ask';
import { Lines, LONGEST_LINE } from '../../lib/cli/lines';
import { UsageError } from '../../lib/cli/usage';
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

  it('is no longer than a line can be, in one piece or in many', async () => {
    for (const piece of [1 << 10, LONGEST_LINE, 1 << 20]) {
      const input = new PassThrough();
      const { lines } = asking(input);
      input.write(`first\n${'x'.repeat(LONGEST_LINE)}\n`);
      for (let sent = 0; sent <= LONGEST_LINE; sent += piece) input.write('x'.repeat(piece));
      expect([await lines.ask(''), (await lines.ask(''))?.length]).to.deep.equal(['first', LONGEST_LINE]);
      for (const again of [1, 2]) {
        const error: unknown = await lines.ask('').then(String, (thrown: unknown) => thrown);
        expect(error, `${piece}, ${again}`).to.be.instanceOf(UsageError);
      }
      lines.close();
      input.destroy();
    }
  });

  it('keeps a character whole that comes in two pieces, and loses no line to a question that was given up', async () => {
    const input = new PassThrough();
    const { lines } = asking(input);
    const stop = new AbortController();
    const given = lines.ask('', stop.signal);
    stop.abort();
    expect(await given).to.equal(undefined);
    const bytes = Buffer.from('caf\u00e9\n');
    const asked = lines.ask('');
    input.write(bytes.subarray(0, 4));
    input.end(bytes.subarray(4));
    expect(await asked).to.equal('caf\u00e9');
    lines.close();
  });
});
