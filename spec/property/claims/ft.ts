import {
  formatRequest,
  isComplete,
  parseRequest,
  VERBS,
  type FtRequest,
  type RequestParts,
  type Verb,
} from '../../../lib/dialects/ft/grammar';
import { parseListing } from '../../../lib/dialects/ft/listing';
import { RequestDecoder, type Incoming } from '../../../lib/dialects/ft/requests';
import { LIMITS } from '../../../lib/options';
import { formatEntry, parseEntry } from '../../../lib/wire/facts';
import { decodeName, encodeName, printable } from '../../../lib/wire/names';
import { holds, outcome, same, type Claim } from '../claim';
import { Draw } from '../draw';
import { fed, sameHoweverCut } from '../splitting';

const TOKEN = '00112233445566778899aabbccddeeff';

export const REQUESTS = [
  '-l 8555',
  '-l --facts --recursive --digest=sha256 sub dir/x 8555',
  `-l --token=${TOKEN} 0`,
  '-g hello.txt 8555',
  '-g --offset=7 --length=9007199254740991 --version-is=a0b1 a b  c 65535',
  '-g --hex 68c3a9ff0a 1024',
  '-g -- --odd 8555',
  `-p --size=13 --confirm --modify=20261120143000.123 --if-exists=overwrite --token=${TOKEN} new.txt 0`,
  '-p --confirm --size=13 --modify=20200102030405 --offset=5 part.txt 8555',
  '-c 13 F4247453',
  '-s --part --size=1 --modify=20200102030405.000 new.txt',
  '-h --length=5 --digest=crc32 hello.txt',
  '-m --parents a/b/c',
  '-d a/b',
  '-r old name\tnew name',
  '-r --hex 61\t62',
  '-f',
  '-q',
  '-x',
];

export const FT_WORDS = [
  ...[
    '-l ',
    '-g ',
    '-p ',
    '-c ',
    '-s ',
    '-h ',
    '-m ',
    '-d ',
    '-r ',
    '-f',
    '-q',
    '-x',
    '-z',
    ' 8555',
    ' 0',
    ' 80',
    ' 65536',
    '\n',
    '\r\n',
    '\t',
  ],
  ...[
    '--hex ',
    '--facts ',
    '--recursive ',
    '--digest=',
    '--token=',
    '--offset=',
    '--length=',
    '--version-is=',
    '--size=',
    '--confirm ',
  ],
  ...[
    '--modify=',
    '--if-exists=',
    '--part ',
    '--parents ',
    '-- ',
    'fail',
    'overwrite',
    'crc32',
    'sha256',
    TOKEN,
    'ff',
    '00',
  ],
];

const isSyntax = (reply: number | undefined): boolean => reply === 500 || reply === 501 || reply === 504;

/** What a request says, sent again, says the same. */
const request: Claim = {
  name: 'ft-request',
  kind: 'codec',
  corpus: REQUESTS,
  words: FT_WORDS,
  check: (bytes) => {
    const parsed = outcome(() => parseRequest(bytes), 'syntax');
    same(
      'whole is what parses, for l and g',
      isComplete(bytes),
      'value' in parsed && ['l', 'g'].includes(parsed.value.verb),
    );
    if (!('value' in parsed)) return holds('a refusal has its reply', isSyntax(parsed.reply), parsed);
    const { value } = parsed;
    holds('its port can be dialled', value.port === 0 || (value.port >= 1024 && value.port <= 65535), value.port);
    holds('its path stays inside', !/(^|\/)(\.\.?)?(\/|$)/.test(value.path) || value.path === '', value.path);
    const line = outcome(() => formatRequest(parts(value)), 'invalid-name');
    if ('code' in line)
      return holds('only what is too long cannot be sent again', bytes.length > LIMITS.requestLine - 16, line);
    same('the same once more', comparable(parseRequest(withoutLf(line.value))), comparable(value));
  },
};

function parts({ named, to, options, ...rest }: FtRequest): RequestParts {
  return { ...rest, options, path: named, ...(to !== undefined && { to: to.named }) };
}

/** Of the root there is nothing in hexadecimal. */
function comparable({ options, ...rest }: FtRequest): unknown {
  const { hex, ...others } = options;
  return rest.named === '' || hex === undefined
    ? { ...rest, options: others }
    : { ...rest, options: { ...others, hex } };
}

function withoutLf(line: Buffer): Buffer {
  same('one LF, at its end', line.indexOf(0x0a), line.length - 1);
  holds('no NUL', !line.includes(0));
  return line.subarray(0, -1);
}

/** Whatever a caller passes, what goes out is one line that means it, or nothing goes out. */
const requestFormat: Claim = {
  name: 'ft-request-format',
  kind: 'codec',
  corpus: ['\x00\x05hello\x00\x01\x00\x06\x00\x00', '\x02\x06--odd \x00\x01\x00\x06\x08\x01\x01\x01\x01\x01'],
  words: ['\n', '\0', '--', '\t', ' '],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const verb = draw.pick(Object.keys(VERBS) as Verb[]);
    const { shape } = VERBS[verb];
    const path = draw.text(30);
    const to = shape === 'two-paths' || draw.oneIn(20) ? draw.text(20) : undefined;
    const port = draw.oneIn(4) ? draw.number() : draw.pick([0, 8555, 1024, 65535]);
    const asked = {
      verb,
      path,
      port,
      options: drawOptions(draw, verb),
      ...(to !== undefined && { to }),
      ...count(draw, verb),
    };
    const line = outcome(
      () => formatRequest(asked as RequestParts),
      'invalid-name',
      'invalid-port',
      'invalid-argument',
    );
    if ('code' in line) return;
    holds('it is no longer than a line', line.value.length <= LIMITS.requestLine);
    const got = parseRequest(withoutLf(line.value));
    same('the verb', got.verb, verb);
    const takesPath = shape !== 'nothing' && shape !== 'count';
    if (takesPath)
      holds(
        'the path',
        encodeName(got.named).equals(encodeName(path === '' && shape !== 'maybe-path-port' ? '.' : path)),
        got,
      );
    if (shape === 'two-paths')
      holds(
        'the other path',
        encodeName(got.to?.named ?? '').equals(encodeName(to === undefined || to === '' ? '.' : to)),
        got,
      );
    if (shape === 'path-port' || shape === 'maybe-path-port') same('the port', got.port, port);
    const { hex: _hex, ...options } = got.options;
    const { hex: _asked, ...wanted } = Object.fromEntries(
      Object.entries(asked.options).filter(([, value]) => value !== undefined),
    );
    // The wire has whole milliseconds.
    if (typeof wanted['modify'] === 'number') wanted['modify'] = Math.floor(wanted['modify']);
    same('the options', options, wanted);
  },
};

function drawOptions(draw: Draw, verb: Verb): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const key of VERBS[verb].options) {
    if (!draw.oneIn(3)) continue;
    const wrong = draw.oneIn(9);
    const value = {
      token: () => Buffer.alloc(wrong ? draw.below(40) : 16 + draw.below(17), draw.byte()),
      digest: () => (wrong ? draw.text(6) : draw.pick(['crc32', 'sha256'])),
      ifExists: () => (wrong ? draw.text(6) : draw.pick(['fail', 'overwrite'])),
      versionIs: () => (wrong ? draw.text(9) : 'a0b1'),
      modify: () => (wrong ? draw.number() : Math.floor(draw.number() % 1e12) || 0),
    }[key as string];
    const isCount = key === 'offset' || key === 'length' || key === 'size';
    options[key] = value?.() ?? (isCount ? (wrong ? draw.number() : draw.pick([0, 1, 2 ** 53 - 1])) : true);
  }
  if (draw.oneIn(30)) options[draw.pick(['part', 'facts', 'nothing', 'size'])] = true;
  return options;
}

function count(draw: Draw, verb: Verb): { length?: number; crc32?: string } {
  if (verb !== 'c') return {};
  return { length: draw.number(), crc32: draw.oneIn(3) ? draw.text(10) : 'F4247453' };
}

/** A stream of requests gives the same however it is cut, and never more than a coded refusal. */
const requests: Claim = {
  name: 'ft-requests',
  kind: 'codec',
  corpus: [
    ...REQUESTS.map((line) => `\x01${line}\n`),
    `\x02${REQUESTS.join('\n')}\r\n`,
    '\x03-g hello.txt 8555\0\0\0-l 8555\0',
    '\x04-d a/b',
    '\x05-l 8555',
  ],
  words: [...FT_WORDS, '\0'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const seed = draw.byte();
    sameHoweverCut('requests', draw.rest(), seed, (chunks) => {
      const decoder = new RequestDecoder();
      return fed(decoder, chunks, understood, () => {
        const last: unknown[] = [decoder.waiting];
        for (let more = decoder.end(); more !== undefined; more = decoder.end()) last.push(understood(more));
        return last;
      });
    });
  },
};

function understood(incoming: Incoming): unknown {
  if ('request' in incoming) return [incoming.request, incoming.half, incoming.line];
  holds('a refusal has its reply', isSyntax(incoming.refusal.reply), incoming);
  return [incoming.refusal.reply, incoming.refusal.message, incoming.line];
}

const LISTING =
  'type=cdir;modify=20261120143000.123; .\ntype=file;size=13;modify=20200101000000;version=ab; hello.txt\r\ntype=OS.unix=other; fifo\n';

const listing: Claim = {
  name: 'ft-listing',
  kind: 'codec',
  corpus: [
    `\x01${LISTING}`,
    '\x00.\n..\nhello.txt\r\nlast',
    '\x01type=file;size=1;hexname=610a62; a?b\n',
    '\x01type=dir;hexname=ff80; \xff\n',
  ],
  words: ['type=', 'file', 'dir', 'cdir', 'pdir', 'size=', 'hexname=', '; ', ';', '\n', '\r\n', '610a62', 'modify='],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const withFacts = draw.byte() % 2 === 1;
    const text = draw.rest();
    const read = outcome(() => parseListing(text, withFacts), 'protocol');
    if ('code' in read) return;
    holds(
      'no name is empty or two lines',
      read.value.every(({ name }) => name !== '' && (withFacts || !name.includes('\n'))),
    );
    if (!withFacts) return;
    for (const line of text.toString('latin1').split('\n')) {
      const raw = Buffer.from(line.replace(/\r$/, ''), 'latin1');
      if (raw.length === 0) continue;
      const entry = parseEntry(raw);
      const again = outcome(() => formatEntry(entry), 'invalid-argument', 'invalid-name');
      if ('code' in again) continue;
      same('one line of it', again.value.indexOf(0x0a), again.value.length - 1);
      const got = parseEntry(again.value.subarray(0, -1));
      same(
        'an entry once more',
        { ...got, name: encodeName(got.name).toString('hex') },
        { ...entry, name: encodeName(entry.name).toString('hex') },
      );
    }
  },
};

/** What lies on a disk, listed with facts, is what the other end reads. */
const entryFormat: Claim = {
  name: 'ft-entry-format',
  kind: 'codec',
  corpus: ['a\nb', Buffer.from([0x61, 0xff, 0x0d, 0x62]), ' leading', 'a; b=c;', '\x7f', '?'],
  words: ['\n', '\r', ' ', ';'],
  check: (bytes) => {
    // A directory holds no such name, and no path is longer: escaped, it fits into a line.
    if (bytes.length === 0 || bytes.length > LIMITS.requestLine || bytes.includes(0)) return;
    const name = decodeName(bytes);
    const line = formatEntry({ name, type: 'file', size: bytes.length });
    same('one line', line.indexOf(0x0a), line.length - 1);
    const [entry, more] = parseListing(line, true);
    same('alone', more, undefined);
    holds('the same bytes', encodeName(entry?.name ?? '').equals(bytes), entry);
    holds('the plain form is one line', !/[\0-\x1f\x7f]/.test(printable(name)));
  },
};

export const FT: readonly Claim[] = [request, requestFormat, requests, listing, entryFormat];
