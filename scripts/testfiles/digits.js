'use strict';
// Random digits that are the same on every machine, in every version of Node and in every language:
//
//   key     SHA-256 of the ASCII text `twinport testfiles/SEED/NAME`: SEED in decimal, NAME the file's path below the
//           generated directory, with `/` (`twinport testfiles/1/imegU.txt`)
//   stream  AES-256 in counter mode under that key over zeros: the encryptions of the 16-byte big-endian
//           numbers 0, 1, 2, … (NIST SP 800-38A §6.5), as `openssl enc -aes-256-ctr -K KEY -iv 0` gives them
//   digits  each byte of the stream below 250 gives its value mod 10, in ASCII; 250 and more give nothing.
//           250 is 25 times 10: with the six values above, the digits 0 to 5 would be commoner than the others
//
// Math.random has no seed, and its algorithm is each engine's own; a cipher is a standard, and processors have it built in.
const crypto = require('node:crypto');

const BELOW = 250;
/** Bytes of stream made at a time: few calls, and still in the processor's cache when they become digits. */
const STREAM = 65_536;
const ZEROS = Buffer.alloc(STREAM);
/** By byte of the stream: the digit, and whether it counts. Looked up, because a branch is guessed wrong too often. */
const DIGIT = Uint8Array.from({ length: 256 }, (_, byte) => 0x30 + (byte % 10));
const STEP = Uint8Array.from({ length: 256 }, (_, byte) => (byte < BELOW ? 1 : 0));

/** Returns a function that fills each buffer it is given with the digits that come next; how they are cut is the same. */
function digits(seed, name) {
  const key = crypto.createHash('sha256').update(`twinport testfiles/${seed}/${name}`).digest();
  const cipher = crypto.createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  let stream = Buffer.alloc(0);
  let used = 0;
  return function fill(buffer) {
    let at = 0;
    while (at < buffer.length) {
      if (used === stream.length) {
        stream = cipher.update(ZEROS);
        used = 0;
      }
      // A byte gives one digit at most, so what is looked at here never fills more than there is room for.
      const end = Math.min(stream.length, used + buffer.length - at);
      for (; used < end; used++) {
        const byte = stream[used];
        buffer[at] = DIGIT[byte];
        at += STEP[byte];
      }
    }
  };
}

module.exports = { digits };
