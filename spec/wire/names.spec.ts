import { expect } from 'chai';
import fc from 'fast-check';
import { decodeName, encodeName, escaped, hasControl, isUtf8Clean, printable } from '../../lib/wire/names';
import { caught } from '../support/splits';

const bytes = (...values: number[]): Buffer => Buffer.from(values);

describe('wire/names', () => {
  describe('decodeName and encodeName', () => {
    const table: [what: string, raw: Buffer, name: string][] = [
      ['nothing', bytes(), ''],
      ['ASCII', Buffer.from('README.md'), 'README.md'],
      ['two, three and four byte characters', Buffer.from('é€😀'), 'é€😀'],
      ['a byte order mark, which belongs to the name', bytes(0xef, 0xbb, 0xbf, 0x61), '\ufeffa'],
      ['NUL and DEL', bytes(0, 0x7f), '\0\x7f'],
      ['Latin-1', bytes(0x63, 0x61, 0x66, 0xe9), 'caf\udce9'],
      ['a lone continuation', bytes(0x80, 0x61, 0xbf), '\udc80a\udcbf'],
      ['a sequence cut short at the end', bytes(0x61, 0xe2, 0x82), 'a\udce2\udc82'],
      ['a sequence cut short by ASCII', bytes(0xf0, 0x9f, 0x98, 0x61), '\udcf0\udc9f\udc98a'],
      ['an overlong slash', bytes(0xc0, 0xaf), '\udcc0\udcaf'],
      ['an overlong three byte form', bytes(0xe0, 0x80, 0xaf), '\udce0\udc80\udcaf'],
      ['an encoded surrogate', bytes(0xed, 0xb2, 0x80), '\udced\udcb2\udc80'],
      ['beyond U+10FFFF', bytes(0xf4, 0x90, 0x80, 0x80), '\udcf4\udc90\udc80\udc80'],
      ['bytes that begin nothing', bytes(0xf5, 0xff, 0xfe), '\udcf5\udcff\udcfe'],
      ['a stray byte between characters', bytes(0xc3, 0xa9, 0xff, 0xc3, 0xa9), 'é\udcffé'],
      ['a stray byte after a four byte character', bytes(0xf0, 0x9f, 0x98, 0x80, 0x80), '😀\udc80'],
    ];
    for (const [what, raw, name] of table) {
      it(`keeps ${what}`, () => {
        expect(decodeName(raw)).to.equal(name);
        expect(encodeName(name)).to.deep.equal(raw);
      });
    }

    it('takes no more memory for bytes that are no text than for letters', () => {
      const before = process.memoryUsage().heapUsed;
      const name = decodeName(Buffer.alloc(4 * 1024 * 1024, 0xff));
      // Joined letter by letter it is a tree of three hundred megabytes.
      expect(process.memoryUsage().heapUsed - before).to.be.below(64 * 1024 * 1024);
      expect([name.length, name.at(-1)]).to.deep.equal([4 * 1024 * 1024, '\udcff']);
    });

    it('is lossless for every byte string', () => {
      const nasty = fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 4 }),
          fc.string({ unit: 'grapheme', maxLength: 3 }).map((text) => new Uint8Array(Buffer.from(text))),
        ),
        { maxLength: 12 },
      );
      fc.assert(
        fc.property(nasty, (parts) => {
          const raw = Buffer.concat(parts);
          expect(encodeName(decodeName(raw))).to.deep.equal(raw);
        }),
        { numRuns: 2000 },
      );
    });

    it('is the identity on well-formed text, in both directions', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
          expect(encodeName(text)).to.deep.equal(Buffer.from(text));
          expect(decodeName(Buffer.from(text))).to.equal(text);
        }),
      );
    });

    it('reads a view into a larger buffer, not the buffer', () => {
      expect(decodeName(Uint8Array.from([0x78, 0xff, 0x61, 0x78]).subarray(1, 3))).to.equal('\udcffa');
    });

    it('refuses surrogates that no byte decodes to', () => {
      for (const name of ['\ud800', 'a\udbff', '\udc00', '\udc7f', '\udd00', '\udfff', '\ud800\ud83d\ude00']) {
        expect(caught(() => encodeName(name))).to.deep.equal({ threw: 'invalid-name', reply: undefined });
      }
    });
  });

  it('reads the characters beside a stray byte, to the edges of each length', () => {
    const edges = '\x00\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}';
    expect(decodeName(Buffer.concat([bytes(0xff), Buffer.from(edges)]))).to.equal(`\udcff${edges}`);
    expect(decodeName(Buffer.concat([Buffer.from(edges), bytes(0xff)]))).to.equal(`${edges}\udcff`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 10 }), (text) => {
        expect(decodeName(Buffer.concat([bytes(0x80), Buffer.from(text)]))).to.equal(`\udc80${text}`);
      }),
    );
  });

  it('tells names that are clean UTF-8', () => {
    for (const name of ['', 'a', 'é', '😀', '\x9b']) expect(isUtf8Clean(name), name).to.equal(true);
    for (const name of ['\udc80', 'a\udcff', '😀\udc80', '\ud83d']) expect(isUtf8Clean(name)).to.equal(false);
  });

  it('calls C0, DEL and C1 control characters, and nothing else below U+0180', () => {
    for (let code = 0; code < 0x180; code += 1) {
      const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
      expect(hasControl(`a${String.fromCharCode(code)}`), code.toString(16)).to.equal(control);
    }
    expect(hasControl('\udcff\u2028😀')).to.equal(false);
  });

  it('shows C0 and DEL as ? on the wire and leaves the rest', () => {
    expect(printable('a\tb\nc\r\0\x1b[31m\x7f')).to.equal('a?b?c???[31m?');
    expect(printable('\x80\x9f é😀 \\ "\' \udc9b\udcff')).to.equal('\x80\x9f é😀 \\ "\' \udc9b\udcff');
  });

  it('escapes C0, DEL and C1 for terminals and leaves the rest', () => {
    expect(escaped('a\nb\x1b]0;x\x07\x7f\x9b\0')).to.equal('a\\x0ab\\x1b]0;x\\x07\\x7f\\x9b\\x00');
    expect(escaped('é😀 \\x0a \xa0\udcff')).to.equal('é😀 \\x0a \xa0\udcff');
  });

  it('escapes a stray byte that is C1 to an 8-bit terminal', () => {
    expect(escaped(decodeName(bytes(0x9b, 0x33, 0x31, 0x6d)))).to.equal('\\x9b31m');
  });

  it('never lets a control through', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (raw) => {
        const name = decodeName(raw);
        expect(hasControl(escaped(name))).to.equal(false);
        expect(encodeName(printable(name)).every((byte) => byte >= 0x20 && byte !== 0x7f)).to.equal(true);
      }),
    );
  });
});
