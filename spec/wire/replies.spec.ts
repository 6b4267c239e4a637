import { expect } from 'chai';
import fc from 'fast-check';
import { LIMITS } from '../../lib/options';
import { decodeName } from '../../lib/wire/names';
import { formatReply, REPLY_LIMITS, ReplyDecoder, type Said } from '../../lib/wire/replies';
import { caught, cutAt, expectAtEveryCut, feed } from '../support/splits';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const reply = (code: number, ...lines: string[]): Said => ({
  kind: 'reply',
  reply: { code, lines, text: lines[0] ?? '' },
});
const uncoded = (text: string): Said => ({ kind: 'uncoded', text });

describe('wire/replies', () => {
  it('uses the limits of the house', () => {
    expect(REPLY_LIMITS).to.deep.equal({ line: LIMITS.replyLine, lines: LIMITS.replyLines });
  });

  describe('formatReply', () => {
    const table: [lines: string[], sent: string][] = [
      [[], '226 \r\n'],
      [['Done.'], '226 Done.\r\n'],
      [['a', 'b'], '226-a\r\n226 b\r\n'],
      [['a', 'b', 'c'], '226-a\r\n b\r\n226 c\r\n'],
      [['a', '226 forged', 'c'], '226-a\r\n 226 forged\r\n226 c\r\n'],
      [['a\r\n226 forged'], '226 a  226 forged\r\n'],
      [['\0\t\x1b[2J\x7f'], '226 ???[2J?\r\n'],
      [['caf\udce9'], '226 caf\xe9\r\n'],
      [['half \ud800 pair \udfff'], '226 half ? pair ?\r\n'],
    ];
    for (const [lines, sent] of table) {
      it(`writes ${JSON.stringify(lines)}`, () => {
        expect(formatReply(226, ...lines)).to.deep.equal(bytes(sent));
      });
    }

    it('refuses what is no code', () => {
      for (const code of [0, 99, 600, 226.5, NaN, -226]) {
        expect(
          caught(() => formatReply(code)),
          String(code),
        ).to.deep.equal({
          threw: 'invalid-argument',
          reply: undefined,
        });
      }
    });
  });

  describe('ReplyDecoder', () => {
    const table: [what: string, sent: string, said: Said[]][] = [
      ['one reply', '226 Done.\r\n', [reply(226, 'Done.')]],
      ['bare LF', '226 Done.\n', [reply(226, 'Done.')]],
      ['a code alone', '226\r\n', [reply(226, '')]],
      ['a code and a space', '226 \r\n', [reply(226, '')]],
      ['replies one after another', '150 a\r\n226 b\r\n', [reply(150, 'a'), reply(226, 'b')]],
      ['two lines', '211-a\r\n211 b\r\n', [reply(211, 'a', 'b')]],
      ['indented middle lines', '211-a\r\n b\r\n  c\r\n211 d\r\n', [reply(211, 'a', 'b', ' c', 'd')]],
      ['raw middle lines', '211-a\r\nb\r\n\r\n211 d\r\n', [reply(211, 'a', 'b', '', 'd')]],
      ['the code repeated', '211-a\r\n211-b\r\n211 c\r\n', [reply(211, 'a', 'b', 'c')]],
      ['an end without text', '211-a\r\n211\r\n', [reply(211, 'a', '')]],
      ['other codes inside', '211-a\r\n226 b\r\n150-c\r\n211 d\r\n', [reply(211, 'a', '226 b', '150-c', 'd')]],
      ['digits that are not the code', '211-a\r\n2110 b\r\n211 d\r\n', [reply(211, 'a', '2110 b', 'd')]],
      ['text without a code', 'FILE NOT FOUND\n', [uncoded('FILE NOT FOUND')]],
      ['text padded with NULs', 'FILE NOT FOUND\0\0\0\n\0\0\n', [uncoded('FILE NOT FOUND')]],
      ['blank lines', '\r\n\n226 a\n\n', [reply(226, 'a')]],
      ['a number that is no code', '2260 a\n', [uncoded('2260 a')]],
      ['codes out of range', '026 a\n626 a\n999\n', [uncoded('026 a'), uncoded('626 a'), uncoded('999')]],
      ['a code run into its text', '226a\n226\ta\n', [uncoded('226a'), uncoded('226\ta')]],
      ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n', [uncoded('HTTP/1.1 400 Bad Request')]],
      ['bytes that are not UTF-8', '550 caf\xe9\r\n', [reply(550, 'caf\udce9')]],
      ['a reply with no newline yet', '150 a\r\n226 length=82500;', [reply(150, 'a')]],
      ['a multi-line reply with no end yet', '211-a\r\n b\r\n211 c', []],
    ];
    for (const [what, sent, said] of table) {
      it(`understands ${what}, at every cut`, () => {
        expectAtEveryCut(bytes(sent), () => new ReplyDecoder(), said);
      });
    }

    it('says nothing before the LF, whatever the line looks like so far', () => {
      const decoder = new ReplyDecoder();
      for (const byte of bytes('226 length=82500;crc32=0a1b2c3d; Done.\r')) {
        decoder.push(Uint8Array.of(byte));
        expect(decoder.next()).to.equal(undefined);
      }
      expect(decoder.pendingLength).to.equal(39);
      decoder.push(bytes('\n'));
      expect(decoder.next()).to.deep.equal(reply(226, 'length=82500;crc32=0a1b2c3d; Done.'));
      expect(decoder.pendingLength).to.equal(0);
    });

    it('hands out text without its newline when asked', () => {
      for (const [sent, said] of [
        ['FILE NOT FOUND', uncoded('FILE NOT FOUND')],
        ['FILE NOT FOUND\0\0', uncoded('FILE NOT FOUND')],
        ['550 nope', reply(550, 'nope')],
        ['550 nope\r', reply(550, 'nope')],
        ['550', reply(550, '')],
        ['55', uncoded('55')],
        ['', undefined],
        ['\0\0', undefined],
        ['\r', undefined],
      ] as const) {
        const decoder = new ReplyDecoder();
        feed(decoder, [bytes(`150 a\n${sent}`)]);
        expect(decoder.takePending(), sent).to.deep.equal(said);
        expect(decoder.takePending(), sent).to.equal(undefined);
        expect(caught(() => decoder.end())).to.equal(undefined);
      }
    });

    it('hands out nothing from inside a multi-line reply, which may still go on', () => {
      for (const sent of ['211-a', '211-a\n', '211-a\n b', '211-a\n211 b']) {
        const decoder = new ReplyDecoder();
        feed(decoder, [bytes(sent)]);
        expect(decoder.takePending(), sent).to.equal(undefined);
        expect(
          caught(() => decoder.end()),
          sent,
        ).to.deep.equal({ threw: 'incomplete', reply: undefined });
        expect(feed(decoder, [bytes('\n211 z\n')])[0]).to.have.property('kind', 'reply');
      }
    });

    it('calls an end inside a line incomplete, and between replies normal', () => {
      const decoder = new ReplyDecoder();
      decoder.end();
      feed(decoder, [bytes('226 a\r\n')]);
      decoder.end();
      feed(decoder, [bytes('2')]);
      expect(caught(() => decoder.end())).to.deep.equal({ threw: 'incomplete', reply: undefined });
    });

    it('bounds a line', () => {
      const protocol = { threw: 'protocol', reply: undefined };
      expectAtEveryCut(bytes('226 abc\n226 abcd\n226 ok\n'), () => new ReplyDecoder({ line: 8 }), [
        reply(226, 'abc'),
        protocol,
      ]);
      const decoder = new ReplyDecoder();
      expect(feed(decoder, [Buffer.alloc(LIMITS.replyLine, 'x')])).to.deep.equal([protocol]);
      expect(feed(decoder, [bytes('226 ok\n')])).to.deep.equal([protocol]);
      expect(decoder.pendingLength).to.equal(0);
    });

    it('bounds the lines of a reply, and stays lost', () => {
      const protocol = { threw: 'protocol', reply: undefined };
      const make = (): ReplyDecoder => new ReplyDecoder({ lines: 3 });
      expectAtEveryCut(bytes('211-a\n b\n211 c\n211-a\n b\n c\n211 d\n226 ok\n'), make, [
        reply(211, 'a', 'b', 'c'),
        protocol,
      ]);
      const decoder = make();
      feed(decoder, [bytes('211-\n\n\n\n')]);
      expect(feed(decoder, [bytes('226 ok\n')])).to.deep.equal([protocol]);
    });

    it('reads back what formatReply writes', () => {
      const text = fc
        .uint8Array({ maxLength: 40 })
        .map((raw) => decodeName(raw.filter((byte) => byte >= 0x20 && byte !== 0x7f)));
      const replies = fc.array(
        fc.tuple(fc.integer({ min: 100, max: 599 }), fc.array(text, { minLength: 1, maxLength: 6 })),
        { maxLength: 5 },
      );
      fc.assert(
        fc.property(replies, fc.array(fc.nat({ max: 63 }), { maxLength: 100 }), (said, lengths) => {
          const sent = Buffer.concat(said.map(([code, lines]) => formatReply(code, ...lines)));
          const expected = said.map(([code, lines]) => reply(code, ...lines));
          expect(feed(new ReplyDecoder(), cutAt(sent, lengths))).to.deep.equal(expected);
        }),
      );
    });

    it('says the same of random bytes however they are cut, and throws coded errors only', () => {
      const piece = fc.oneof(
        fc.constantFrom('226 a', '211-', '211 ', '211', '\n', '\r\n', ' ', '\0', '55'),
        fc.uint8Array({ maxLength: 6 }).map((raw) => Buffer.from(raw).toString('latin1')),
      );
      fc.assert(
        fc.property(
          fc.array(piece, { maxLength: 40 }),
          fc.array(fc.nat({ max: 9 }), { maxLength: 60 }),
          (parts, lengths) => {
            const sent = bytes(parts.join(''));
            const [whole, cut] = [sent, cutAt(sent, lengths)].map((chunks) => {
              const decoder = new ReplyDecoder({ line: 24, lines: 4 });
              const said: unknown[] = feed(decoder, Array.isArray(chunks) ? chunks : [chunks]);
              return [...said, decoder.takePending(), caught(() => decoder.end())];
            });
            expect(cut).to.deep.equal(whole);
          },
        ),
        { numRuns: 1000 },
      );
    });
  });
});
