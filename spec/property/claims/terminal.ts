import { columnsOf, lastColumns } from '../../../lib/cli/report/columns';
import { jsonLine, type JsonValue } from '../../../lib/cli/report/jsonLine';
import { amount, progressLine, timeLeft } from '../../../lib/cli/report/progressLine';
import { configurationOf } from '../../../lib/cli/serve/configuration';
import { environmentOf } from '../../../lib/cli/serve/environment';
import { SERVER_FLAGS } from '../../../lib/cli/serverOptions';
import { byteCount, seconds } from '../../../lib/cli/usage';
import { hostPort, isLoopback, plainAddress, sameAddress } from '../../../lib/wire/addresses';
import { decodeName } from '../../../lib/wire/names';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { holds, outcome, same, type Claim } from '../claim';
import { Draw } from '../draw';

/** One line, narrower than the terminal, with nothing in it that drives one. */
const progress: Claim = {
  name: 'progress-line',
  kind: 'codec',
  corpus: ['\x00\x50\x01\x05\x00\x00\x00\x0c\x03\x05hello.txt', '\x00\x0a\x01\x03\x01\x00\x00\x00名前.txt'],
  words: ['名前', '👩‍👩‍👧', 'a\u0301', '\u202e', '\x1b[2J', '\t', '\u200d', '🇩🇪'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const columns = draw.oneIn(8) ? draw.below(1000) : 1 + draw.below(120);
    const natural = (): number => Math.floor(Math.min(Math.abs(draw.number()) || 0, 2 ** 53 - 1));
    const total = draw.oneIn(3) ? undefined : natural();
    const moved = draw.oneIn(4) || total === undefined ? natural() : Math.floor(total * (draw.byte() / 255));
    const rate = draw.oneIn(4) ? 0 : natural();
    const place = draw.oneIn(2)
      ? { index: 1 + draw.below(9), count: 1 + draw.below(20000), name: draw.text(60) }
      : undefined;
    const line = progressLine({ bytes: moved, ...(total !== undefined && { total }) }, rate, columns, place);
    holds('narrower than the terminal', columnsOf(line) <= Math.max(0, columns - 1), columns, columnsOf(line), line);
    holds('nothing in it drives a terminal', !/[\p{Cc}\p{Bidi_Control}\p{Surrogate}]/u.test(line), line);
    holds(
      'an amount has eight columns at most',
      total === undefined || total > 2 ** 52 || amount(total).length <= 8,
      total,
    );
    holds('a time has five columns', timeLeft(draw.below(360000)).length <= 5);
    const name = draw.text(30);
    const room = 3 + draw.below(20);
    holds('the end of a text fits', columnsOf(lastColumns(name, room)) <= room, name, room);
  },
};

const json: Claim = {
  name: 'json-line',
  kind: 'codec',
  corpus: ['\x05hello', '\x06\u2028\u202e'],
  words: ['\u2028', '\u2029', '\u202e', '\x85', '"', '\\', '\n'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const members: Record<string, JsonValue> = {};
    while (draw.left > 0 && Object.keys(members).length < 9) members[`m${Object.keys(members).length}`] = draw.text(30);
    const line = jsonLine(members);
    holds('one line, of nothing that drives a terminal', !/[\p{Cc}\u2028\u2029]/u.test(line.replace(/\n$/, '')), line);
    holds('it can be read', typeof JSON.parse(line) === 'object');
  },
};

/** A configuration is settings or one sentence, whatever it is. */
const configuration: Claim = {
  name: 'configuration',
  kind: 'codec',
  corpus: [
    'root: /srv/files\nport: 3555\nwritable: true\nlisten:\n  - framed:50001\n  - {dialect: auto, port: 3556}\n',
    'allow: [list, read]\n# nothing\nhost: "::1"\n',
    '%YAML 1.2\n---\nroot: &a x\nhost: *a\n...\n---\n',
    'root: |\n  text\n   more\n',
    '? root\n: !!str x\n',
  ],
  words: [
    'root: ',
    'port: ',
    'listen:\n',
    '  - ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ': ',
    '? ',
    '&a ',
    '*a',
    '!!str ',
    '|',
    '>',
    '---\n',
    '...\n',
    '# ',
    '\n',
    '\t',
    '"',
    "'",
    '%TAG ! x\n',
    '\ufeff',
  ],
  check: (bytes) => {
    const read = outcome(
      () => configurationOf(bytes.toString('utf8'), '/etc/ftserver.yaml', SERVER_FLAGS),
      'invalid-argument',
    );
    if ('code' in read) return;
    for (const values of read.value.values())
      for (const { text, origin } of values)
        holds('a value is text with a place', !/\p{Cc}/u.test(text) && (origin.line ?? 0) > 0, text);
  },
};

const environment: Claim = {
  name: 'environment',
  kind: 'codec',
  corpus: [
    'FTSERVER_ROOT\0/srv\0FTSERVER_LISTEN\0framed:1 auto:2',
    'FTSERVER_PORT\0tcp://10.0.0.1:80',
    'FTSERVER_WRITABLE\0yes',
  ],
  words: ['FTSERVER_', 'ROOT', 'PORT', 'LISTEN', 'WRITABLE', '\0', ',', ' ', 'tcp://', '__proto__', 'CONFIG'],
  check: (bytes) => {
    const parts = decodeName(bytes).split('\0');
    const env: Record<string, string> = Object.create(null) as Record<string, string>;
    for (let at = 0; at + 1 < parts.length; at += 2) env[parts[at] ?? ''] = parts[at + 1] ?? '';
    const read = outcome(() => environmentOf(env, SERVER_FLAGS), 'invalid-argument');
    if ('code' in read) return;
    for (const values of read.value.layer.values())
      for (const { text } of values) holds('no control', !/\p{Cc}/u.test(text), text);
  },
};

const typed: Claim = {
  name: 'typed-numbers',
  kind: 'codec',
  corpus: ['0.5', '64K', '64kB', '1.5MiB', '86400', '9007199254740991'],
  words: ['K', 'M', 'iB', 'B', '.', '0', '9', 'e', '-'],
  check: (bytes) => {
    const word = decodeName(bytes);
    for (const run of [() => seconds('it', word, 0), () => byteCount('it', word, 0)]) {
      const read = outcome(run, 'invalid-argument');
      if ('value' in read) holds('a number', Number.isSafeInteger(read.value) && read.value >= 0, read.value, word);
    }
  },
};

const addresses: Claim = {
  name: 'addresses',
  kind: 'codec',
  corpus: [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    'fe80::1%eth0',
    '2001:DB8::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:0:127.0.0.1',
    '1::2::3',
    '10.0.0.256',
  ],
  words: ['::', ':', 'ffff', '127', '.', '0', '1', '%eth0', '%', '255', '256', 'FE80'],
  check: (bytes) => {
    const text = decodeName(bytes);
    const plain = plainAddress(text);
    same('once is enough', plainAddress(plain), plain);
    holds('it is the same as itself', sameAddress(text, plain) && sameAddress(plain, text));
    same('loopback by any spelling', isLoopback(plain), isLoopback(text));
    const family = isIP(text);
    if (family !== 0 && !text.includes('%')) {
      const { address } = new SocketAddress({ address: text, family: family === 6 ? 'ipv6' : 'ipv4' });
      holds('as the system spells it', sameAddress(text, address), address);
    }
    if (isIPv6(text) && !text.includes('%')) {
      const url = new URL(`ftp://${hostPort(text, 3555)}`);
      holds('its brackets hold it', sameAddress(url.hostname.slice(1, -1), text) && url.port === '3555', url.href);
    }
  },
};

export const TERMINAL: readonly Claim[] = [progress, json, configuration, environment, typed, addresses];
