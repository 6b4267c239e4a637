import * as fc from 'fast-check';
import { corpusOf, type Claim } from './claim';

/** What breaks parsers: ends, quotes, halves of letters, numbers at the edge of exactness, digits of other scripts. */
export const HOSTILE: readonly Buffer[] = [
  ...[
    '\n',
    '\r',
    '\r\n',
    '\0',
    '\0\0\0\0',
    '\t',
    ' ',
    '  ',
    '\x1b[2J',
    '\x7f',
    '\x85',
    '\u2028',
    '\u202e',
    '\ufeff',
    '\ufffd',
  ],
  ...['é', '名前', '👩‍👩‍👧', 'a\u0301', '\u0661\u0662', '１０２４', '٣', 'K', 'ſ', 'İ'],
  ...['-1', '0', '00', '007', '1e3', '0x10', '+1', '1.0', '1024', '65535', '65536', '4294967296'],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '9223372036854775808',
    '18446744073709551616',
    '0000000000000001',
  ],
  ...[
    '/',
    '//',
    '..',
    '../',
    '/../..',
    './',
    '\\',
    '..\\',
    'C:\\',
    '~',
    '-',
    '--',
    '-rf',
    ';',
    '=',
    ',',
    ':',
    '*',
    '?',
    '[',
    ']',
    '"',
    "'",
    '`',
    '$',
    '\\x',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'NaN', 'null', 'undefined', 'true'],
].map((text) => Buffer.from(text, 'utf8'));

const RAW: readonly Buffer[] = [
  // Overlong, surrogates in UTF-8, cut sequences, beyond U+10FFFF, stray continuation bytes.
  ...[
    [0xc0, 0xaf],
    [0xc0, 0x80],
    [0xe0, 0x80, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xed, 0xb2, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
  ],
  ...[[0xe2, 0x82], [0xf0, 0x9f, 0x92], [0x80], [0xff], [0xfe, 0xff], [0xc3], [0xc3, 0x28]],
].map((bytes) => Buffer.from(bytes));

/** Pieces that the fuzzer and fast-check both put together. */
export function piecesOf(claim: Claim): Buffer[] {
  return [...claim.words.map((word) => Buffer.from(word, 'utf8')), ...HOSTILE, ...RAW];
}

/** Bytes for a claim: noise; pieces of its language; what is valid, with one thing wrong; what is long. */
export function bytesFor(claim: Claim): fc.Arbitrary<Buffer> {
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const pieces = piecesOf(claim);
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)) },
  );
  const composed = fc.array(piece, { maxLength: 24 }).map((parts) => Buffer.concat(parts));
  const valid = corpusOf(claim);
  if (valid.length === 0) return fc.oneof(noise, composed);
  const spoilt = fc.tuple(fc.constantFrom(...valid), fc.nat(), fc.nat(8), piece).map(([bytes, where, drop, put]) => {
    const at = where % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]);
  });
  const joined = fc.array(fc.constantFrom(...valid), { maxLength: 4 }).map((parts) => Buffer.concat(parts));
  const long = fc
    .tuple(piece, fc.constantFrom(...valid), fc.integer({ min: 1, max: 6000 }))
    .map(([put, bytes, count]) => Buffer.concat([bytes, Buffer.alloc(put.length === 0 ? 0 : count, put), bytes]));
  return fc.oneof(
    { weight: 3, arbitrary: noise },
    { weight: 5, arbitrary: composed },
    { weight: 6, arbitrary: spoilt },
    { weight: 3, arbitrary: joined },
    { weight: 1, arbitrary: long },
  );
}

/**
 * A claim about anything bytes can be. The seed is always the same, and named when it fails: the run is the same on
 * every machine, and what it finds can be had again (`npm run fuzz` is for what has never been tried).
 */
export async function expectHolds(claim: Claim, numRuns: number, seed = 20261121): Promise<void> {
  const { stackTraceLimit } = Error;
  // Mocha wants whole stacks, and errors within deep nesting then take seconds.
  Error.stackTraceLimit = 10;
  try {
    await fc.assert(
      fc.asyncProperty(bytesFor(claim), async (bytes) => {
        await claim.check(bytes);
      }),
      { seed, numRuns, reporter: (run) => report(claim, run) },
    );
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function report(claim: Claim, run: fc.RunDetails<[Buffer]>): void {
  if (!run.failed) return;
  const bytes = run.counterexample?.[0] ?? Buffer.alloc(0);
  const shown =
    bytes.length > 300 ? `${bytes.toString('hex', 0, 300)}… (${bytes.length} bytes)` : bytes.toString('hex');
  const why = run.errorInstance instanceof Error ? run.errorInstance.message : String(run.errorInstance);
  throw new Error(`${claim.name} is wrong (seed ${run.seed}, path ${run.counterexamplePath}) for ${shown}\n${why}`);
}
