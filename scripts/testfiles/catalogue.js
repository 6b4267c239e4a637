'use strict';
// What there is to be made: one entry for each file and each empty directory.
//
//   path    bytes, below the generated directory, with `/`
//   size    bytes
//   source  () => fill: a fresh function that fills each buffer it is given with what comes next
//   hard    the file system may refuse the name
//   empty   it is a directory
const fs = require('node:fs');
const path = require('node:path');
const { CONTENTS, LARGE_SIZES, PADDED, SIZES } = require('./contents.js');
const { digits } = require('./digits.js');
const { EMPTY_DIRECTORIES, NAMES } = require('./names.js');

const SERVERTEST = path.resolve(__dirname, '../../testfiles/servertest.txt');

function copyOf(bytes) {
  let at = 0;
  return (buffer) => {
    at += bytes.copy(buffer, 0, at, at + buffer.length);
  };
}

const given = (name, bytes) => ({ path: Buffer.from(name), size: bytes.length, source: () => copyOf(bytes) });
const random = (seed, name, size) => ({ path: Buffer.from(name), size, source: () => digits(seed, name) });

function padded(seed) {
  const name = `sizes/${PADDED.name}`;
  const bytes = Buffer.alloc(PADDED.size);
  digits(seed, name)(bytes.subarray(0, PADDED.size - PADDED.nuls));
  return given(name, bytes);
}

/** Each holds its own name, in hexadecimal: whoever was given one can tell whether it was the right one. */
function named(name) {
  const entry = given('', Buffer.from(`${name.toString('hex')}\n`));
  return { ...entry, path: Buffer.concat([Buffer.from('names/'), name]), hard: true };
}

/** Every entry, in the order of making: igigS.txt last, for whoever loses patience or runs out of disk. */
function catalogue({ seed, small }) {
  const sizes = small ? SIZES : [...SIZES, ...LARGE_SIZES];
  return [
    random(seed, 'imegU.txt', 1_000_000),
    given('servertest.txt', fs.readFileSync(SERVERTEST)),
    ...sizes.map((size) => random(seed, `sizes/bytes-${size}`, size)),
    padded(seed),
    ...CONTENTS.map(([name, bytes]) => given(`contents/${name}`, bytes)),
    ...NAMES.map(named),
    ...EMPTY_DIRECTORIES.map((name) => ({
      path: Buffer.concat([Buffer.from('names/'), name]),
      size: 0,
      empty: true,
    })),
    ...(small ? [] : [random(seed, 'igigS.txt', 1_000_000_000)]),
  ];
}

module.exports = { catalogue };
