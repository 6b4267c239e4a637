'use strict';
// Sizes at which something happens, and contents that a small protocol can take for its own words. The names are
// plain and at most 28 bytes long, so that every dialect can ask for them.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes; the file is called `bytes-SIZE` and holds random digits. */
const SIZES = [
  ...[0, 1, 2],
  ...[64 * KIB - 1, 64 * KIB, 64 * KIB + 1], // the most that one read from a socket gives
  ...[199_998, 199_999, 200_000], // the original pair pads to 199,999 with NULs
  ...[MIB - 1, MIB, MIB + 1], // our own buffers
];
/** privateshare reads so much at a time. */
const LARGE_SIZES = [32 * MIB - 1, 32 * MIB, 32 * MIB + 1];

const text = (string) => Buffer.from(string);
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
const REST = 'and this still belongs to the file\n';

/** [name, bytes] */
const CONTENTS = [
  // privateshare's codes, alone and with more behind them
  ['exactly-pass', text('pass')],
  ['exactly-cancel', text('cancel')],
  ['begins-with-pass', text(`pass${REST}`)],
  ['begins-with-cancel', text(`cancel${REST}`)],
  // errors that are told among the data
  ['exactly-file-not-found', text('File not found.')],
  ['exactly-error', text('ERROR')],
  ['begins-with-error', text(`ERROR ${REST}`)],
  // requests, greetings and replies
  ['begins-with-l-8555', text(`-l 8555\n${REST}`)],
  ['begins-with-5-get-x', text(`5:get x${REST}`)],
  ['begins-with-name-put', text(`name:PUT${REST}`)],
  ['begins-with-list', text(`list${REST}`)],
  ['exactly-ok', text('OK')],
  ['exactly-accio', text('accio\r\n')],
  ['begins-with-confirm-accio', text(`confirm-accio\r\n${REST}`)],
  ['begins-with-550', text(`550 FILE NOT FOUND\r\n${REST}`)],
  ['exactly-226', text('226 length=0;crc32=00000000; Transfer complete.\r\n')],
  ['begins-with-tls', Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0]), text(REST)])],
  // bytes that somebody converts, strips or stops at
  ['begins-with-nuls', Buffer.concat([Buffer.alloc(16), text(REST)])],
  ['ends-in-nuls', Buffer.concat([text(REST), Buffer.alloc(16)])],
  ['every-byte', EVERY_BYTE],
  ['not-utf-8', Buffer.from([0xff, 0xfe, 0x80, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xc3])],
  ['begins-with-bom', text(`\ufeff${REST}`)],
  ['crlf-text', text('one\r\ntwo\r\n\r\nfour, without an end')],
  ['mixed-line-ends', text('lf\ncrlf\r\ncr\rnothing')],
  ['ends-in-ctrl-z', text('CP/M ends here\x1a')],
];

/** The original's client strips trailing NULs from exactly this many bytes: these are not padding, but nobody can tell. */
const PADDED = { name: 'bytes-199999-ends-in-nuls', size: 199_999, nuls: 1000 };

module.exports = { CONTENTS, LARGE_SIZES, PADDED, SIZES };
