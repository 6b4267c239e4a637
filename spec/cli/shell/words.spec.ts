import { expect } from 'chai';
import * as fc from 'fast-check';
import { isUntypable, quoted } from '../../../lib/cli/shell/quoting';
import { scanWords, splitWords, type Quote } from '../../../lib/cli/shell/words';
import { UsageError } from '../../../lib/cli/usage';
import { decodeName } from '../../../lib/wire/names';

const texts = (line: string, comments = false): string[] => splitWords(line, comments).map(({ text }) => text);

describe('the words of a line', () => {
  const LINES: readonly [line: string, ...words: string[]][] = [
    [''],
    [' \t '],
    ['get a b', 'get', 'a', 'b'],
    ['  get\ta  ', 'get', 'a'],
    ["'a b'", 'a b'],
    ['"a b"', 'a b'],
    ['a\\ b', 'a b'],
    ["''", ''],
    ['"" x', '', 'x'],
    [`a'b c'd"e f"g`, 'ab cde fg'],
    [`'a"b'`, 'a"b'],
    [`"a'b"`, "a'b"],
    ['"a\\"b"', 'a"b'],
    ['"a\\\\b"', 'a\\b'],
    ['"a\\nb"', 'a\\nb'],
    ["'a\\'", 'a\\'],
    ['\\\\', '\\'],
    ["\\'", "'"],
    ["'it'\\''s'", "it's"],
    ['\\#a', '#a'],
    ['#a', '#a'],
    ['a#b', 'a#b'],
    ['-rf', '-rf'],
    ['007 1e3 true', '007', '1e3', 'true'],
    ['日本語 \u{1f600}', '日本語', '\u{1f600}'],
    ['a\u00a0b', 'a\u00a0b'],
    ["$'a\\x1bb'", 'a\x1bb'],
    ["$'\\n\\t\\r\\e\\\\\\'\\\"'", '\n\t\r\x1b\\\'"'],
    ["$'\\xe4\\xb8\\xad'", '中'],
    ["$'a\\u202eb\\u202Fc'", 'a\u202eb\u202fc'],
    ["$'\\u12'", '\\u12'],
    ["$'\\ud800'", '\\ud800'],
    ["$'\\xff'", decodeName(Buffer.of(0xff))],
    ["$'\\q'", '\\q'],
    ["$'\\x'", '\\x'],
    ["a$'\\x20'b", 'a b'],
    ['$HOME $', '$HOME', '$'],
    ['"$\'a"', "$'a"],
  ];

  for (const [line, ...words] of LINES) {
    it(`of ${JSON.stringify(line)}`, () => expect(texts(line)).to.deep.equal(words));
  }

  it('end at a comment, in a batch', () => {
    expect(texts('get a # b', true)).to.deep.equal(['get', 'a']);
    expect(texts('# get a', true)).to.deep.equal([]);
    expect(texts("get a#b '#c' \\#d \"#e\" $'#f' #g", true)).to.deep.equal(['get', 'a#b', '#c', '#d', '#e', '#f']);
  });

  it('are told as a sentence where they are not finished', () => {
    const WRONG: readonly [line: string, sentence: string][] = [
      ["get 'a", "the quote ' is not closed"],
      ['get "a', 'the quote " is not closed'],
      ["get $'a", "the quote $' is not closed"],
      ["get $'a\\", "the quote $' is not closed"],
      ['get "a\\', 'the quote " is not closed'],
      ['get a\\', 'a backslash at the end of the line quotes nothing'],
      ["get $'\\x00'", 'a name cannot hold NUL'],
      ['get a\0b', 'a name cannot hold NUL'],
    ];
    for (const [line, sentence] of WRONG) expect(() => splitWords(line), line).to.throw(UsageError, sentence);
  });

  it('know at every letter what they stand in, and never throw', () => {
    for (const [line] of LINES) {
      for (let end = 0; end <= line.length; end++) {
        const words = scanWords(line.slice(0, end));
        for (const { start, end: last } of words) expect(start, line).to.be.below(last);
        expect(words.at(-1)?.end ?? 0).to.be.at.most(end);
        expect(
          words.slice(0, -1).every(({ quote }) => quote === ''),
          line,
        ).to.equal(true);
      }
    }
    const quoteAt = (line: string): Quote | undefined => scanWords(line).at(-1)?.quote;
    expect([quoteAt("get 'a b"), quoteAt('get "a b'), quoteAt("get $'a"), quoteAt("get 'a'")]).to.deep.equal([
      "'",
      '"',
      "$'",
      '',
    ]);
  });

  it('tell a name from an option, and a pattern from a name', () => {
    const literal = (line: string): boolean | undefined => splitWords(line)[0]?.literal;
    expect(["'-r'", '"-r"', '\\-r', "$'-r'"].map(literal)).to.deep.equal([true, true, true, true]);
    expect(['-r', "-'r'", '$x'].map(literal)).to.deep.equal([false, false, false]);
    const glob = (line: string): string | undefined => splitWords(line)[0]?.glob;
    const names = ['a', "'*'", '"*"', '\\*', "$'*'", 'a\\[b', '{a}', '[', 'a[b', '[]', "[a']'", '[a/b]'];
    expect(names.map(glob)).to.deep.equal(names.map(() => undefined));
    expect(['*', 'a?', '[ab]', "'a*'*", '\\[*', '"a-]"*', "$'\\\\'*"].map(glob)).to.deep.equal([
      '*',
      'a?',
      '[ab]',
      'a\\**',
      '\\[*',
      'a\\-\\]*',
      '\\\\*',
    ]);
  });
});

describe('a name as it is typed', () => {
  const HARD = ['a b', "it's", 'quo"te', 'back\\slash', 'st*r', 'w[h]y?', '-rf', '--', '#hash', '~', "$'x'", '$x'];
  const UNTYPABLE = [
    'esc\x1b[31m',
    'new\nline',
    'tab\t',
    decodeName(Buffer.of(0x61, 0xff)),
    "\x07'\\",
    '\x9b',
    'inv\u202efdp',
    '\u2066\u061c',
  ];

  it('is read as itself, in each manner of quoting', () => {
    for (const name of [...HARD, ...UNTYPABLE, 'plain', '日本語']) {
      for (const quote of ['', "'", '"', "$'"] as const) {
        const closing = quote === "$'" ? "'" : quote;
        const line = `${quote}${quoted(name, quote)}${closing}`;
        expect(texts(line), line).to.deep.equal([name]);
        expect(splitWords(line, true)[0]?.glob, line).to.equal(undefined);
        expect(/[\p{Cc}\p{Bidi_Control}]/u.test(line), JSON.stringify(line)).to.equal(false);
      }
    }
  });

  it('is read as itself whatever is in it', () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 12 })
      .map((bytes) => decodeName(bytes.map((byte) => (byte === 0 ? 0x27 : byte))));
    const quote = fc.constantFrom<Quote>('', "'", '"', "$'");
    fc.assert(
      fc.property(name, quote, (text, how) => {
        const line = `x ${how}${quoted(text, how)}${how === "$'" ? "'" : how} y`;
        expect(splitWords(line, true).map((word) => word.text)).to.deep.equal(['x', text, 'y']);
        expect(isUntypable(line)).to.equal(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('has no more quotes than it needs', () => {
    expect(['plain.txt', 'a-b', 'a#b', 'a~', '{a}', 'ä'].map((name) => quoted(name))).to.deep.equal([
      'plain.txt',
      'a-b',
      'a#b',
      'a~',
      '{a}',
      'ä',
    ]);
    expect(HARD.slice(0, 3).map((name) => quoted(name))).to.deep.equal(['a\\ b', "it\\'s", 'quo\\"te']);
  });
});
