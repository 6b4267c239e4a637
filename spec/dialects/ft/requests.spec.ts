import { expect } from 'chai';
import fc from 'fast-check';
import { RequestDecoder, type Incoming } from '../../../lib/dialects/ft/requests';
import { LIMITS } from '../../../lib/options';
import { caught, countedWork, cutAt, cuts, feed } from '../../support/splits';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A short word for what came: `l: 8555`, `g:a 8555 (nul)`, `501 <line>`. */
function word(incoming: Incoming): string {
  if ('refusal' in incoming) return `${incoming.refusal.reply} ${incoming.line}`;
  const { verb, path, port } = incoming.request;
  return `${verb}:${path} ${port}${incoming.half === undefined ? '' : ` (${incoming.half})`}`;
}

function words(decoder: RequestDecoder, chunks: readonly Uint8Array[]): string[] {
  return feed(decoder, chunks).map((each) => ('threw' in each ? `threw ${each.threw} ${each.reply}` : word(each)));
}

/** Everything, FIN included. */
function toTheEnd(decoder: RequestDecoder, chunks: readonly Uint8Array[]): string[] {
  const heard = words(decoder, chunks);
  const threw = caught(() => {
    for (let last = decoder.end(); last !== undefined; last = decoder.end()) heard.push(`end ${word(last)}`);
  });
  return threw === undefined ? heard : [...heard, `end threw ${threw.threw} ${threw.reply}`];
}

function expectHeard(text: string, expected: readonly string[]): void {
  for (const { how, chunks } of cuts(bytes(text)))
    expect(words(new RequestDecoder(), chunks), how).to.deep.equal(expected);
}

describe('dialects/ft/requests', () => {
  const table: [what: string, text: string, heard: string[]][] = [
    ['nothing', '', []],
    ['a request', '-l 8555\n', ['l: 8555']],
    ['CR LF', '-g a 8555\r\n', ['g:a 8555']],
    ['pipelined requests', '-l 8555\n-g a 8556\r\n-q\n', ['l: 8555', 'g:a 8556', 'q: 0']],
    ['blank lines', '\n\r\n\n-q\n\n', ['q: 0']],
    ['refusals in their order', '-l\n-q\nGET / HTTP/1.1\r\n', ['501 -l', 'q: 0', '500 GET / HTTP/1.1']],
    ['a line without its newline', '-q\n-l 8555', ['q: 0']],
    ['a list ended by NUL', '-l 8555\0', ['l: 8555 (nul)']],
    ['a get ended by NUL', '-g a b 8555\0', ['g:a b 8555 (nul)']],
    [
      'a line padded to the size of a buffer',
      `-l 8555${'\0'.repeat(57)}-g a 8555${'\0'.repeat(55)}`,
      ['l: 8555 (nul)', 'g:a 8555 (nul)'],
    ],
    ['NULs before a request', '\0\0-q\n\0-q\n', ['q: 0', 'q: 0']],
    ['a newline after a NUL', '-l 8555\0\n-l 8556\0\r\n-q\n', ['l: 8555 (nul)', 'l: 8556 (nul)', 'q: 0']],
    ['no write that a NUL ends', '-p a 8555\0\n-q\n', ['501 -p a 8555\0', 'q: 0']],
    [
      'no other verb that a NUL ends',
      '-q\0\n-s a\0\n-c 3 0a1b2c3d\0\n',
      ['501 -q\0', '501 -s a\0', '501 -c 3 0a1b2c3d\0'],
    ],
    ['a NUL inside a line', '-g a\0b 8555\n-q\n', ['501 -g a\0b 8555', 'q: 0']],
    ['a NUL in a line that would be whole later', '-g a\0 8555\0\n', ['501 -g a\0 8555\0']],
    ['a NUL after half a port', '-l 85\x0055\n', ['501 -l 85\x0055']],
    ['a CR before a NUL', '-l 8555\r\0\n', ['501 -l 8555\r\0']],
    ['a CR alone', '\r\n-q\r\r\n', ['500 -q\r']],
    ['bytes that are not UTF-8', '-g caf\xe9 8555\n', ['501 -g caf\udce9 8555']],
  ];
  for (const [what, text, heard] of table) {
    it(`hears ${what}, at every cut`, () => {
      expectHeard(text, heard);
    });
  }

  it('keeps the line as it came, for logs', () => {
    const [incoming] = feed(new RequestDecoder(), [bytes('-g  caf\xc3\xa9 8555\r\n')]);
    expect(incoming).to.have.property('line', '-g  café 8555');
  });

  describe('FIN', () => {
    const ends: [text: string, heard: string[]][] = [
      ['-l 8555', ['end l: 8555 (end)']],
      ['-l 8555\r', ['end l: 8555 (end)']],
      ['-l 8555\n', ['l: 8555']],
      ['-q\n-p a 8555', ['q: 0', 'end p:a 8555 (end)']],
      ['-c 3 0a1b2c3d', ['end c: 0 (end)']],
      ['-l', ['end 501 -l']],
      ['-p a 8555\0', ['end 501 -p a 8555\0']],
      ['-l 8555\0', ['l: 8555 (nul)']],
      ['-l 8555\0\0\r', ['l: 8555 (nul)']],
      ['', []],
      ['\0\0', []],
      ['\r', []],
    ];
    for (const [text, heard] of ends) {
      it(`after ${JSON.stringify(text)}`, () => {
        for (const { how, chunks } of cuts(bytes(text))) {
          expect(toTheEnd(new RequestDecoder(), chunks), how).to.deep.equal(heard);
        }
      });
    }

    it('gives what is still queued first', () => {
      const decoder = new RequestDecoder();
      decoder.push(bytes('-q\n\n-l 8555\n-x'));
      const heard: string[] = [];
      for (let each = decoder.end(); each !== undefined; each = decoder.end()) heard.push(word(each));
      expect(heard).to.deep.equal(['q: 0', 'l: 8555', 'x: 0 (end)']);
    });
  });

  describe('silence', () => {
    const after = (text: string): { waiting: boolean; heard: string | undefined; decoder: RequestDecoder } => {
      const decoder = new RequestDecoder();
      feed(decoder, [bytes(text)]);
      const { waiting } = decoder;
      const incoming = decoder.quiet();
      return { waiting, heard: incoming === undefined ? undefined : word(incoming), decoder };
    };

    it('makes a whole list or get line a request', () => {
      for (const [text, heard] of [
        ['-l 8555', 'l: 8555 (silence)'],
        ['-q\n-l --facts a 8555', 'l:a 8555 (silence)'],
        ['-g a b 0', 'g:a b 0 (silence)'],
        ['\0\0-g a 8555', 'g:a 8555 (silence)'],
      ] as const) {
        expect(after(text), text).to.deep.include({ waiting: true, heard });
      }
    });

    it('never makes a request of anything else, above all no write', () => {
      for (const text of [
        '',
        '-',
        '-l',
        '-l ',
        '-l a',
        '-g a ',
        '-p a 8555',
        '-c 3 00000000',
        '-q',
        '-s a1',
        '-h 5',
        '-l 8555\r',
        '-l8555',
      ]) {
        expect(after(text), text).to.deep.include({ waiting: false, heard: undefined });
      }
      for (const text of ['-l 85', '-g 8555', '-g a 85', '-g --odd=1', '-l 99999']) {
        expect(after(text), text).to.deep.include({ waiting: true, heard: undefined });
      }
      expect(after('-g a\0 8555'), 'a NUL inside').to.deep.include({ waiting: false, heard: undefined });
    });

    it('leaves a line that is not whole to go on', () => {
      const { decoder } = after('-g a 85');
      expect(words(decoder, [bytes('55\n')])).to.deep.equal(['g:a 8555']);
    });

    it('swallows the newline that comes late, and hears the next request', () => {
      for (const late of ['\n', '\r\n', '\0', '\0\r\n', '']) {
        const { decoder } = after('-l 8555');
        expect(decoder.waiting).to.equal(false);
        expect(decoder.quiet()).to.equal(undefined);
        expect(words(decoder, [bytes(late), bytes('-q\n')]), JSON.stringify(late)).to.deep.equal(['q: 0']);
      }
    });

    it('gives what is still queued first', () => {
      const decoder = new RequestDecoder();
      decoder.push(bytes('-q\n-l 8555'));
      expect([decoder.quiet(), decoder.quiet(), decoder.quiet()].map((each) => each && word(each))).to.deep.equal([
        'q: 0',
        'l: 8555 (silence)',
        undefined,
      ]);
    });
  });

  describe('limits', () => {
    const lost = 'threw syntax 500';

    it('take a line of exactly the limit, and no byte more', () => {
      const fits = `-g ${'x'.repeat(LIMITS.requestLine - 9)} 8555\n`;
      expect(fits).to.have.length(LIMITS.requestLine);
      const over = fits.replace('x', 'xx');
      for (const chunks of [[bytes(fits)], [...bytes(fits)].map((byte) => Uint8Array.of(byte))]) {
        expect(words(new RequestDecoder(), chunks)).to.have.length(1).and.not.include(lost);
      }
      for (const chunks of [[bytes(over)], [...bytes(over)].map((byte) => Uint8Array.of(byte))]) {
        expect(words(new RequestDecoder(), chunks)).to.deep.equal([lost]);
      }
    });

    it('hear what came before, then nothing ever again', () => {
      const decoder = new RequestDecoder();
      expect(words(decoder, [bytes(`-q\n${'x'.repeat(5000)}\n-q\n`)])).to.deep.equal(['q: 0', lost]);
      expect(words(decoder, [bytes('-q\n')])).to.deep.equal([lost]);
      for (const ask of [() => decoder.next(), () => decoder.quiet(), () => decoder.end()]) {
        expect(caught(ask)).to.deep.equal({ threw: 'syntax', reply: 500 });
      }
      expect(decoder.waiting).to.equal(false);
    });

    it('hold for NULs too, except as padding', () => {
      expect(words(new RequestDecoder(), [bytes(`-p a 8555${'\0'.repeat(5000)}`)])).to.deep.equal([lost]);
      expect(words(new RequestDecoder(), [bytes(`${'\0'.repeat(200_000)}-q\n`)])).to.deep.equal(['q: 0']);
      expect(words(new RequestDecoder(), [bytes(`-l 8555${'\0'.repeat(200_000)}`)])).to.deep.equal(['l: 8555 (nul)']);
    });

    it('parse a line once, however many NULs it holds', () => {
      const latin1 = Buffer.prototype as { toString: Buffer['toString'] };
      const { toString } = latin1;
      let parsed = 0;
      latin1.toString = function (this: Buffer, encoding?: BufferEncoding, start?: number, end?: number): string {
        if (encoding === 'latin1') parsed += 1;
        return toString.call(this, encoding, start, end);
      };
      try {
        new RequestDecoder().push(bytes('x'));
        const decoder = new RequestDecoder();
        decoder.push(Buffer.concat([bytes('-g a'), Buffer.alloc(4000), bytes('\n')]));
        expect(decoder.next()).to.have.property('refusal');
      } finally {
        latin1.toString = toString;
      }
      expect(parsed).to.equal(1);
    });

    it('cost O(n) on n bytes', () => {
      const text = Buffer.concat([Buffer.alloc(50_000), bytes('-l 8555\0'.repeat(4000)), bytes('\n'.repeat(50_000))]);
      for (const chunks of [[text], [...text].map((byte) => Uint8Array.of(byte))]) {
        const { copied } = countedWork(() => feed(new RequestDecoder(), chunks));
        expect(copied).to.be.within(text.length, 4 * text.length);
      }
    });
  });

  it('hears the same of random bytes however they are cut, and throws coded errors only', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '-l 8555',
        '-g a 8555',
        '-p a 8555',
        '-q',
        '\n',
        '\r\n',
        '\0',
        '\0\0',
        ' ',
        '--hex',
        '-l',
        'x'.repeat(3000),
      ),
      fc.uint8Array({ maxLength: 5 }).map((raw) => Buffer.from(raw).toString('latin1')),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat({ max: 63 }), { maxLength: 100 }),
        (parts, lengths) => {
          const text = bytes(parts.join(''));
          const whole = toTheEnd(new RequestDecoder(), [text]);
          expect(toTheEnd(new RequestDecoder(), cutAt(text, lengths))).to.deep.equal(whole);
          for (const each of whole) expect(each).to.not.match(/p:.*\((nul|silence)\)/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
