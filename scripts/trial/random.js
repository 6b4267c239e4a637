'use strict';
const crypto = require('node:crypto');

/** Numbers that are the same for the same seed, on every machine (splitmix32, by way of a digest of the seed). */
class Random {
  constructor(seed) {
    this.state = crypto.createHash('sha256').update(`twinport ${seed}`).digest().readUInt32LE(0);
  }

  /** From 0 up to, and without, 1. */
  next() {
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  one(values) {
    return values[this.whole(0, values.length - 1)];
  }

  /** So many bytes that no two calls share: AES in counter mode makes gigabytes a second. */
  bytes(length) {
    const key = Buffer.alloc(16);
    key.writeUInt32LE(this.whole(0, 2 ** 32 - 1), 0);
    const cipher = crypto.createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
    return cipher.update(Buffer.alloc(length));
  }
}

module.exports = { Random };
