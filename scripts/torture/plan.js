'use strict';
const { Random } = require('../trial/random.js');

const MIB = 1024 * 1024;
/** How the source may have become another between a kill and the next try. */
const CHANGES = ['size', 'content', 'content, but not its time', 'the end', 'more of it'];

/** What one round does: all of it, but for what the machine's own haste decides, follows from the seed. */
function planOf(seed, only) {
  const random = new Random(seed);
  const verb = random.one(['get', 'put']);
  const size = random.chance(0.1) ? random.whole(0, 65536) : random.whole(256 * 1024, 8 * MIB);
  // Long enough that a kill finds it under way: a few tenths of a second, and never slow enough to count as stalled.
  const seconds = 0.15 + random.next() * 0.45;
  const old = random.chance(0.5);
  return {
    seed,
    random,
    verb: only ?? verb,
    size,
    milliseconds: seconds * 1000,
    rate: Math.max(256 * 1024, Math.round(size / seconds)),
    old,
    // What replaces is asked for where there is something: otherwise nothing would be in flight half of the time.
    onExists: old && random.chance(0.8) ? 'overwrite' : random.one(['overwrite', 'resume', 'fail']),
    passive: random.chance(0.5),
    sha256: random.chance(0.3),
    fsync: random.chance(0.2),
    /** Tries that somebody is killed in; one more, that nobody is, comes after them. */
    kills: Array.from({ length: random.whole(1, 3) }, () => killOf(random)),
    change: random.chance(0.25) ? random.one(CHANGES) : undefined,
    /** The server comes back on its port, and the client that lost it tries again by itself. */
    retry: random.chance(0.12),
  };
}

function killOf(random) {
  return {
    victim: random.one(['client', 'server', 'client', 'server', 'both']),
    /** From when on: the start of the client, the first sign of a part, or all bytes being there: the commit. */
    from: random.one(['start', 'part', 'part', 'part', 'whole', 'whole']),
    share: random.next(),
  };
}

/** The source as it is after a change, and whether its time stays. */
function changed(random, how, bytes) {
  switch (how) {
    case 'size':
      return random.bytes(random.whole(0, 2 * bytes.length + 10));
    case 'content':
    case 'content, but not its time':
      return random.bytes(bytes.length);
    case 'the end': {
      const kept = random.whole(0, bytes.length);
      return Buffer.concat([bytes.subarray(0, kept), random.bytes(bytes.length - kept)]);
    }
    default:
      return Buffer.concat([bytes, random.bytes(random.whole(1, 256 * 1024))]);
  }
}

module.exports = { planOf, changed };
