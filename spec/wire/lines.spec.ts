import { expect } from 'chai';
import fc from 'fast-check';
import { TwinportError } from '../../lib/errors';
import { LineDecoder, withoutCr } from '../../lib/wire/lines';
import { caught, countedWork, cutAt, expectAtEveryCut, feed } from '../support/splits';

const line = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('wire/lines', () => {
  const table: [what: string, bytes: string, lines: string[], tail: string][] = [
    ['nothing', '', [], ''],
    ['one line', 'abc\n', ['abc'], ''],
    ['CR LF', 'abc\r\n', ['abc'], ''],
    ['both kinds', 'a\r\nb\nc\r\n', ['a', 'b', 'c'], ''],
    ['blank lines', '\n\r\n\n', ['', '', ''], ''],
    ['only one CR of several', 'a\r\r\n', ['a\r'], ''],
    ['a CR inside', 'a\rb\n', ['a\rb'], ''],
    ['NUL and high bytes', 'a\0\xff\n', ['a\0\xff'], ''],
    ['an unended tail', 'ab\ncd', ['ab'], 'cd'],
    ['a tail that ends in CR', 'ab\ncd\r', ['ab'], 'cd\r'],
  ];
  for (const [what, bytes, lines, tail] of table) {
    it(`understands ${what}, at every cut`, () => {
      expectAtEveryCut(line(bytes), () => new LineDecoder(64), lines.map(line));
      const decoder = new LineDecoder(64);
      feed(decoder, [line(bytes)]);
      expect(decoder.pending).to.deep.equal(line(tail));
    });
  }

  it('counts a line with its terminator against the limit', () => {
    expectAtEveryCut(line('1234567\n123456\r\n'), () => new LineDecoder(8), [line('1234567'), line('123456')]);
    const long = { threw: 'syntax', reply: 500 };
    expectAtEveryCut(line('12345678\n'), () => new LineDecoder(8), [long]);
    expectAtEveryCut(line('1234567\r\n'), () => new LineDecoder(8), [long]);
    expectAtEveryCut(line('12345678'), () => new LineDecoder(8), [long]);
  });

  it('gives the lines before an oversized one, then nothing ever again', () => {
    expectAtEveryCut(line('ok\nmuch too long\nok\n'), () => new LineDecoder(8), [
      line('ok'),
      { threw: 'syntax', reply: 500 },
    ]);
    const decoder = new LineDecoder(8);
    feed(decoder, [line('much too long\n')]);
    decoder.push(line('ok\n'));
    for (let again = 0; again < 3; again += 1) {
      expect(caught(() => decoder.next())).to.deep.equal({ threw: 'syntax', reply: 500 });
    }
  });

  it('keeps nothing of a lost stream', () => {
    const decoder = new LineDecoder(8);
    feed(decoder, [Buffer.alloc(1 << 20, 0x61)]);
    decoder.push(Buffer.alloc(1 << 20));
    expect(decoder.pending.length).to.equal(0);
    expect(decoder.pending.buffer.byteLength).to.equal(0);
  });

  it('throws the error it was given', () => {
    const decoder = new LineDecoder(2, () => new TwinportError('protocol', 'Too long.'));
    expect(feed(decoder, [line('abc')])).to.deep.equal([{ threw: 'protocol', reply: undefined }]);
  });

  it('hands out the tail and goes on after it', () => {
    const decoder = new LineDecoder(64);
    feed(decoder, [line('one\ntw')]);
    expect(decoder.takePending()).to.deep.equal(line('tw'));
    expect(decoder.takePending()).to.deep.equal(line(''));
    expect(feed(decoder, [line('o\nthree\n')])).to.deep.equal([line('o'), line('three')]);
  });

  it('hands out lines that later bytes cannot change', () => {
    const decoder = new LineDecoder(64);
    const [first] = feed(decoder, [line('first\n')]);
    feed(decoder, [line('other\nother\n')]);
    expect(first).to.deep.equal(line('first'));
  });

  it('takes one CR off a line', () => {
    expect(withoutCr(line('a\r'))).to.deep.equal(line('a'));
    expect(withoutCr(line('a\r\r'))).to.deep.equal(line('a\r'));
    expect(withoutCr(line(''))).to.deep.equal(line(''));
  });

  it('gives the same lines however random bytes are cut', () => {
    const bytes = fc
      .array(fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x61), fc.nat({ max: 255 })), { maxLength: 400 })
      .map((values) => Uint8Array.from(values));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 63 }), { maxLength: 100 }), (raw, lengths) => {
        const whole = feed(new LineDecoder(40), [raw]);
        expect(feed(new LineDecoder(40), cutAt(raw, lengths))).to.deep.equal(whole);
      }),
    );
  });

  it('works O(n) on n bytes, whole and byte by byte', () => {
    const lines = Buffer.from(`${'x'.repeat(4000)}\n`.repeat(16));
    const short = Buffer.from('x\n'.repeat(32_000));
    for (const bytes of [lines, short]) {
      for (const chunks of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
        const work = countedWork(() => feed(new LineDecoder(4096), chunks));
        expect(work.copied).to.be.within(bytes.length, 4 * bytes.length);
        expect(work.searched).to.be.within(bytes.length, 2 * bytes.length);
      }
    }
  });

  it('holds at most the limit and one pushed chunk, or the limit doubled', () => {
    const limit = 8192;
    const chunk = Buffer.alloc(100_000, 'x'.repeat(3999) + '\n');
    const decoder = new LineDecoder(limit);
    for (let round = 0; round < 20; round += 1) {
      decoder.push(chunk.subarray(0, chunk.length - 1 - round));
      expect(decoder.pending.buffer.byteLength).to.be.at.most(Math.max(limit * 2, limit + chunk.length));
      while (decoder.next() !== undefined);
    }
  });
});
