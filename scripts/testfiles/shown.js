'use strict';
// Names and amounts as a reader can be shown them.

/** `\x1b`, `\u{202e}`; what only could be mistaken stays readable: `\"`. */
function escaped(letter) {
  if (letter === '\\' || letter === '"') return `\\${letter}`;
  const code = letter.codePointAt(0);
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** A name in quotes. Escaped are what could move the cursor, hide or reorder, and bytes that are no character. */
function shown(name) {
  const text = name.toString('utf8');
  const safe = Buffer.from(text).equals(name)
    ? text.replace(/["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
    : Array.from(name, (byte) => {
        if (byte >= 0x80) return `\\x${byte.toString(16)}`;
        return String.fromCharCode(byte).replace(/["\\\x00-\x1f\x7f]/, escaped);
      }).join('');
  return `"${safe}"`;
}

/** `358 bytes`, `1,000,000 bytes`: exact, as sizes are what these files are about. */
const bytes = (size) => `${size.toLocaleString('en')} byte${size === 1 ? '' : 's'}`;

/** `310 MB`: for what changes while one looks. */
const megabytes = (size) => `${Math.floor(size / 1e6)} MB`;

/** `7 files`, `1 file`. */
const count = (number, what) => `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;

module.exports = { bytes, count, megabytes, shown };
