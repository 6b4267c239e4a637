'use strict';
// Names that hurt: somebody takes a part of them for an option, a number, a separator, a path, an escape sequence or
// the end. They are made and never committed, because a checkout on some file systems would fail.

const utf8 = (name) => Buffer.from(name);
const bytes = (...values) => Buffer.from(values);
/** A name of exactly so many bytes that says so. */
const long = (length, letter) => {
  const begun = `${length}-bytes-`;
  const size = Buffer.byteLength(letter);
  const whole = Math.floor((length - begun.length) / size);
  return utf8((begun + letter.repeat(whole)).padEnd(begun.length + whole + ((length - begun.length) % size), '-'));
};

/** Files; a `/` leads into a directory. */
const NAMES = [
  ...['space inside', '  spaces before', 'spaces after  ', ' '].map(utf8),
  // options and requests
  ...['-', '--', '-l', '-g', '-rf', '--odd', '--help', '-l 8555', '-g x 8555', '@file'].map(utf8),
  // numbers and words that a parser makes values of
  ...['0', '007', '1e3', '0x10', '8555', 'true', 'null', 'NaN', 'undefined', '__proto__', 'constructor'].map(utf8),
  // the shell's
  ...["it's", '"quoted"', 'back\\slash', '$(id)', '`id`', '${HOME}', '$HOME', '~', '!!', '#', 'a&b', 'a;b', 'a|b'].map(
    utf8,
  ),
  ...['*', '?', '[a-z]', '{a,b}', 'a<b>c', 'a=b'].map(utf8),
  // escapes that somebody undoes once too often
  ...['%41', '%00', '%2e%2e%2fup', '%s%n', '\\n', '\\x41', '&amp;'].map(utf8),
  // the small dialects' separators and words
  ...['a, b', 'a,b', ', ', 'a:PUT', 'a : GET', 'a:SEND', '5:get x', 'list', 'get,x', 'pass', 'cancel', '1.file'].map(
    utf8,
  ),
  // control characters: C0, DEL, C1
  ...['line\nfeed', 'ends in newline\n', 'carriage\rreturn', 'crlf\r\n', '\t', 'tab\tinside', '\x01', '\x7f'].map(utf8),
  ...['\x1b[31mred\x1b[0m', '\x1b]0;title\x07', '\u0085', '\u009b31m'].map(utf8),
  // not UTF-8: Latin-1, a lone continuation, C1 alone, an overlong slash, an encoded surrogate, a cut-off sequence
  ...[bytes(0x63, 0x61, 0x66, 0xe9), bytes(0x80), bytes(0x9b), bytes(0xff, 0xfe), bytes(0xc0, 0xaf)],
  ...[bytes(0xed, 0xa0, 0x80), bytes(0xe2, 0x82)],
  // one word twice: composed and decomposed (NFC, NFD), large and small
  ...['caf\u00e9', 'cafe\u0301', 'CASE', 'case'].map(utf8),
  // what a terminal shows otherwise than it is
  ...[
    '\u{1f34e}.jpg',
    '\u{1f469}\u200d\u{1f52c}',
    '\u05e9\u05dc\u05d5\u05dd.txt',
    'gpj.\u202eexe',
    '\u200b',
    '\ufeffbom',
  ].map(utf8),
  ...['no\u00a0break', 'a\u2028b', 'a\uff0fb', '\u3000'].map(utf8),
  // the longest that most file systems take, in letters of one and of two bytes; the longest that privateshare takes
  ...[long(255, 'x'), long(255, '\u00e9'), long(28, 'x'), long(29, 'x')],
  // dots, and what looks like a way up or a drive
  ...['.hidden', '..hidden', '...', '..\\up', 'C:', 'C:\\x', 'trailing.', '.twinport'].map(utf8),
  // names that a get makes by itself, and devices of other systems
  ...['name', 'name.1', 'con', 'nul.txt', 'aux', 'lpt1'].map(utf8),
  ...['a directory/inside.txt', 'a directory/-l', 'nested/deeper/deepest/file.txt'].map(utf8),
];

/** A listing without entries, and one that a recursive walk must not lose. */
const EMPTY_DIRECTORIES = ['empty directory', 'nested/empty'].map(utf8);

const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/**
 * Why this system cannot hold the name, where trying would do harm instead of failing: Windows takes `a:PUT` for
 * a stream of the file `a`, `\` for a way, `con` for the console, and drops dots and spaces at the end. undefined: try.
 */
function refusal(name, platform) {
  if (platform !== 'win32') return undefined;
  const text = name.toString('utf8');
  if (!Buffer.from(text).equals(name)) return 'Windows takes only names of characters';
  const segments = text.split('/');
  if (segments.some((segment) => /[<>:"\\|?*\x00-\x1f]/.test(segment))) return 'Windows forbids one of its characters';
  if (segments.some((segment) => /[. ]$/.test(segment))) return 'Windows drops dots and spaces at the end';
  if (segments.some((segment) => WINDOWS_DEVICE.test(segment))) return 'to Windows it is a device';
  return undefined;
}

module.exports = { EMPTY_DIRECTORIES, NAMES, refusal };
