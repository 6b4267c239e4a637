import { TextDecoder } from 'node:util';
import * as nodePath from 'node:path';
import { Unread } from '../../../lib/wire/bytes';
import { formatFacts, formatTime, parseFacts, parseTime } from '../../../lib/wire/facts';
import { LineDecoder } from '../../../lib/wire/lines';
import { decodeName, encodeName, escaped, hasControl, isUtf8Clean, printable } from '../../../lib/wire/names';
import { parseDecimal } from '../../../lib/wire/numbers';
import { baseName, isPlainName, normalisePath } from '../../../lib/wire/paths';
import { formatReply, ReplyDecoder, type Said } from '../../../lib/wire/replies';
import { holds, outcome, same, type Claim } from '../claim';
import { Draw, unitsOf } from '../draw';
import { fed, sameHoweverCut } from '../splitting';

const REPLIES = [
  '150 type=file;size=13;modify=20261120143000.123;version=abc; hello.txt\r\n226 length=13;crc32=f4247453; Transfer complete.\r\n',
  '211-Features:\r\n SIZE\r\n211 End\r\n',
  '550 FILE NOT FOUND\r\nFILE NOT FOUND\n\0\0\0',
  '451-not read:\r\n451-a\r\n b\r\nc\r\n451 done\r\n220 hello\r\n120 Still reading.\r\n',
];

/** Lines, however they are cut, are what a split at LF gives, as long as they are short enough. */
const lines: Claim = {
  name: 'lines',
  kind: 'codec',
  corpus: ['\x20\x01one\ntwo\r\nthree', '\x05\x02long line\n', '\x06\x03exact\nexact\r\n\r\r\n\n'],
  words: ['\n', '\r\n', '\r', 'x'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const limit = 1 + draw.byte();
    const seed = draw.byte();
    const stream = draw.rest();
    const got = sameHoweverCut('lines', stream, seed, (chunks) => {
      const decoder = new LineDecoder(limit);
      return fed(
        decoder,
        chunks,
        (line) => line.toString('latin1'),
        () => decoder.pending.toString('latin1'),
      );
    });
    const wanted = { out: [] as string[] };
    let from = 0;
    for (let lf; (lf = stream.indexOf(0x0a, from)) !== -1 && lf - from < limit; from = lf + 1) {
      wanted.out.push(stream.toString('latin1', from, lf).replace(/\r$/, ''));
    }
    const tooLong = stream.indexOf(0x0a, from) !== -1 || stream.length - from >= limit;
    if (!tooLong) wanted.out.push(stream.toString('latin1', from));
    same(
      'lines as split',
      got,
      tooLong ? { ...wanted, threw: `syntax 500 A line is longer than ${limit} bytes.` } : wanted,
    );
  },
};

const replies: Claim = {
  name: 'replies',
  kind: 'codec',
  corpus: REPLIES.map((text) => `\x07${text}`),
  words: ['150 ', '226 ', '226-', '211-', '421', ' 226 ', '\r\n', '600 ', '099 '],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const seed = draw.byte();
    sameHoweverCut('replies', draw.rest(), seed, (chunks) => {
      const decoder = new ReplyDecoder({ line: 256, lines: 4 });
      return fed(decoder, chunks, sound, () => [decoder.takePending(), outcome(() => decoder.end())]);
    });
  },
};

function sound(said: Said): Said {
  if (said.kind === 'uncoded') return said;
  const { code, lines: all, text } = said.reply;
  holds('a code is one', Number.isInteger(code) && code >= 100 && code <= 599, code);
  holds('lines are bounded', all.length >= 1 && all.length <= 4 + 1, all.length);
  same('the text is the first line', text, all[0]);
  return said;
}

/** Whatever an error's sentence or a file's name holds, it is one reply, and no other can be forged inside of it. */
const replyFormat: Claim = {
  name: 'reply-format',
  kind: 'codec',
  corpus: ['\x00\x02\x08hostile\n\x00', '\x40\x03\x05226 x\x00\x09226-\r\n226 \x00\x03abc\x00'],
  words: ['226 ', '226-', '\r\n', ' '],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const code = 100 + draw.below(500);
    const all = Array.from({ length: draw.below(5) }, () => draw.text());
    const decoder = new ReplyDecoder();
    decoder.push(formatReply(code, ...all));
    const said = decoder.next();
    if (said?.kind !== 'reply') throw new Error('no reply came of it');
    same('nothing behind it', [decoder.next(), decoder.pendingLength], [undefined, 0]);
    same('its code', said.reply.code, code);
    const harmless = (line: string): string =>
      line
        .replace(/[\r\n]/g, ' ')
        .replace(/[\0-\x1f\x7f]/g, '?')
        .replace(/[\ud800-\udc7f\udd00-\udfff]/gu, '?');
    // As bytes: stray ones may stand beside each other and become a letter.
    const wanted = (all.length === 0 ? [''] : all).map((line) => encodeName(harmless(line)).toString('hex'));
    same(
      'its lines',
      said.reply.lines.map((line) => encodeName(line).toString('hex')),
      wanted,
    );
  },
};

const facts: Claim = {
  name: 'facts',
  kind: 'codec',
  corpus: [
    'size=13;modify=20261120143000.123;type=file; a name',
    'Type=dir;;size=; x',
    'a=b;a=c; ',
    '20261120143060.5',
    '00000101000000',
  ],
  words: ['size=', 'modify=', 'type=', 'version=', ';', '=', ' ', '99991231235960', '20240229', '.999999999'],
  check: (bytes) => {
    const text = decodeName(bytes);
    const parsed = parseFacts(text);
    holds('what is no fact is rest', parsed.facts.size > 0 || parsed.rest === text, parsed);
    const formatted = outcome(() => formatFacts(Object.fromEntries(parsed.facts)), 'invalid-argument');
    // A name such as __proto__ has no place in an object literal, and none in our facts.
    if ('value' in formatted && parsed.facts.size > 0 && !parsed.facts.has('__proto__')) {
      const again = parseFacts(`${formatted.value} ${parsed.rest}`);
      same('facts once more', [[...again.facts], again.rest], [[...parsed.facts], parsed.rest]);
    }
    const time = parseTime(text.slice(0, 30));
    if (time === undefined) return;
    const shown = outcome(() => formatTime(time), 'invalid-argument');
    if ('value' in shown) same('a time once more', parseTime(shown.value), time);
  },
};

const names: Claim = {
  name: 'names',
  kind: 'codec',
  corpus: [
    'hello.txt',
    'Ünïcode 名前 👩‍👩‍👧',
    Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf0, 0x9f]),
    'a\r\nb\x1b[2J\x9b',
  ],
  words: [],
  check: (bytes) => {
    const name = decodeName(bytes);
    holds('bytes come back', encodeName(name).equals(bytes), name);
    // The long way is slow: what is long says nothing that what is short does not.
    if (bytes.length < 100) same('as surrogateescape has it', name, escapedBytes(bytes));
    holds('printable is one line', !/[\0-\x1f\x7f]/.test(printable(name)), name);
    holds('escaped has no control', !hasControl(escaped(name)) && !/[\udc80-\udc9f]/u.test(escaped(name)), name);
    const any = unitsOf(bytes);
    const encoded = outcome(() => encodeName(any), 'invalid-name');
    if ('value' in encoded)
      holds('a string comes back as its bytes', encodeName(decodeName(encoded.value)).equals(encoded.value), any);
    else holds('only half a pair cannot be encoded', /[\ud800-\udc7f\udd00-\udfff]/u.test(any), any);
    if (isUtf8Clean(any)) same('clean text comes back', decodeName(encodeName(any)), any);
  },
};

/** Letter by letter, the long way round. */
function escapedBytes(bytes: Buffer): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let name = '';
  for (let at = 0; at < bytes.length;) {
    let taken = 0;
    for (let length = 1; length <= 4 && taken === 0; length += 1) {
      if (at + length > bytes.length) break;
      try {
        const letter = strict.decode(bytes.subarray(at, at + length));
        if ([...letter].length !== 1) break;
        name += letter;
        taken = length;
      } catch {
        // Not yet, or never.
      }
    }
    if (taken === 0) name += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += Math.max(1, taken);
  }
  return name;
}

/** No path names what lies outside, and no name that came from elsewhere leaves its directory. */
const paths: Claim = {
  name: 'paths',
  kind: 'codec',
  corpus: ['a/b/../c', '../../etc/passwd', '/a//b/./', '..\\..\\x', 'C:/x', 'a/..', '...'],
  words: ['..', '/', '../', './', '\\', '\0', 'C:', 'x'],
  check: (bytes) => {
    const raw = decodeName(bytes);
    const done = outcome(() => normalisePath(raw), 'invalid-name');
    same('NUL and nothing else is refused', 'code' in done, raw.includes('\0'));
    if ('value' in done) {
      const path = done.value;
      same('as POSIX has it', `/${path}`, nodePath.posix.normalize(`/${raw}/`).replace(/(?<=[^])\/$/, ''));
      same('once is enough', normalisePath(path), path);
      const real = nodePath.posix.resolve('/srv', path);
      holds('it lies under the root', real === '/srv' || real.startsWith('/srv/'), path);
      same('the last segment', baseName(path), path.split('/').at(-1));
    }
    if (isPlainName(raw)) same('a plain name stays where it is', nodePath.posix.join('/d', raw), `/d/${raw}`);
    if (isPlainName(raw, true))
      same('on Windows too', nodePath.win32.dirname(nodePath.win32.join('C:\\d', raw)), 'C:\\d');
  },
};

const numbers: Claim = {
  name: 'numbers',
  kind: 'codec',
  corpus: ['0', '007', '9007199254740991', '9007199254740992', '9223372036854775808', '1e3', '-1', ' 1', '１'],
  words: ['0', '9', '1', '.', 'e', '-', '+', ' ', '\n'],
  check: (bytes) => {
    const text = decodeName(bytes);
    const exact =
      /^[0-9]{1,16}$/.test(text) && !text.includes('\n') && BigInt(text) < 2n ** 53n ? Number(BigInt(text)) : undefined;
    same('a number is exact or none', parseDecimal(text), exact);
  },
};

/** The buffer under all decoders, against the plainest one there is. */
const unread: Claim = {
  name: 'unread',
  kind: 'codec',
  corpus: ['\x00\x10abcdefghijklmnop\x01\x03\x02\x02\x00\x01x\x03\x00'],
  words: [],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const real = new Unread();
    let model = Buffer.alloc(0);
    for (let turn = 0; draw.left > 0 && turn < 200; turn += 1) {
      const count = draw.below(4) === 3 ? draw.below(600) : draw.below(24);
      switch (draw.below(4)) {
        case 0: {
          const more = draw.oneIn(6) ? Buffer.alloc(count * 7, count) : draw.take(count);
          real.append(more);
          model = Buffer.concat([model, more]);
          break;
        }
        case 1: {
          same('taken', real.take(count).toString('latin1'), model.toString('latin1', 0, count));
          model = model.subarray(count);
          break;
        }
        case 2:
          real.drop(count);
          model = model.subarray(count);
          break;
        default:
          same('at', real.at(count), model[count]);
          same('found', real.indexOf(0x61, count), model.indexOf(0x61, count));
      }
      same('length', real.length, model.length);
      holds('content', real.view().equals(model));
    }
  },
};

export const WIRE: readonly Claim[] = [lines, replies, replyFormat, facts, names, paths, numbers, unread];
