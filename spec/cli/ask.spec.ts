import { expect } from 'chai';
import { PassThrough, Readable } from 'node:stream';
import { askPolicy } from '../../lib/cli/ask';
import { Lines } from '../../lib/cli/lines';
import { cuts } from '../support/splits';
import { saying } from '../support/stdio';
import { rejects } from '../support/storageHelpers';

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
      const given = await askPolicy('get', 'x', lines, signal);
      expect(given, answer).to.deep.equal(policy && { policy, all: false });
      lines.close();
    }
  });

  it('is answered for all that follow by a capital letter, of several', async () => {
    for (const [answer, several, expected] of [
      ['O\n', true, { policy: 'overwrite', all: true }],
      ['O\n', false, { policy: 'overwrite', all: false }],
      ['Overwrite\n', true, { policy: 'overwrite', all: false }],
      ['o\n', true, { policy: 'overwrite', all: false }],
    ] as const) {
      const { lines } = asking(saying(answer));
      const given = await askPolicy('put', 'x', lines, new AbortController().signal, several);
      expect(given, answer).to.deep.equal(expected);
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
    expect(input.destroyed).to.equal(true);
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

  it('is answered the same at every split of what comes', async () => {
    const bytes = Buffer.from('\u00e9\u6587 \r\r\n\r\n\nlast\r');
    const expected = ['\u00e9\u6587 \r', '', '', 'last', undefined];
    const feed = async (pieces: readonly Uint8Array[]): Promise<unknown[]> => {
      const input = new PassThrough();
      const { lines } = asking(input);
      const asked = (async (): Promise<unknown[]> => {
        const answers: unknown[] = [];
        for (let n = 0; n < expected.length; n++) answers.push(await lines.ask(''));
        return answers;
      })();
      for (const piece of pieces) {
        input.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      input.end();
      return asked;
    };
    for (const { chunks, how } of cuts(bytes)) expect(await feed(chunks), how).to.deep.equal(expected);
  });

  it('loses no line to whoever gave up waiting for it', async () => {
    const input = new PassThrough();
    const { lines } = asking(input);
    const stop = new AbortController();
    const asked = lines.ask('', stop.signal);
    stop.abort();
    expect(await asked).to.equal(undefined);
    input.end('one\ntwo\n');
    expect([await lines.ask(''), await lines.ask('')]).to.deep.equal(['one', 'two']);
    lines.close();
  });

  it('is a line of 64 KiB at most; of a longer one, nothing more is read', async () => {
    const longest = 'x'.repeat(65_536);
    const fits = asking(saying(`${longest}\nnext\n`));
    expect([await fits.lines.ask(''), await fits.lines.ask('')]).to.deep.equal([longest, 'next']);
    for (const ending of ['\n', '']) {
      let taken = 0;
      const endless = Readable.from(
        (function* () {
          for (; taken < 10_000; taken++) yield Buffer.from('x'.repeat(10_000));
          yield Buffer.from(ending);
        })(),
        { objectMode: false },
      );
      const { lines } = asking(endless);
      await rejects('invalid-argument', () => lines.ask(''));
      expect(taken).to.be.below(100);
      expect([await lines.ask(''), endless.destroyed]).to.deep.equal([undefined, true]);
    }
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
