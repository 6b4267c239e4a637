'use strict';
// One run: looks what is there, makes what is missing, and tells a view of each.
const { Refused, reason } = require('./disk.js');
const { refusal } = require('./names.js');
const { bytes, shown } = require('./shown.js');

/** It cannot go on, for a reason that its reader can do something about. */
class Failure extends Error {}

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'EROFS']);
const IN_THE_WAY = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY']);

/** One sentence for what the system refuses; a defect of ours stays what it is. */
function failure(error, into, entry) {
  if (error.syscall === undefined || error.code === undefined) return error;
  const what = entry === undefined ? into : `${shown(entry.path)} in ${into}`;
  if (FULL.has(error.code)) {
    const size = entry === undefined ? '' : ` (${bytes(entry.size)})`;
    return new Failure(`The disk is full: there is no room for ${what}${size}; --small leaves the large files out.`);
  }
  if (error.code === 'EFBIG')
    return new Failure(`Files as large as ${what} (${bytes(entry.size)}) are not allowed here.`);
  if (FORBIDDEN.has(error.code)) return new Failure(`It is not allowed to write ${what} (${reason(error)}).`);
  if (IN_THE_WAY.has(error.code)) return new Failure(`Something else is in the way of ${what} (${reason(error)}).`);
  return new Failure(`Cannot make ${what}: ${reason(error)}.`);
}

async function guarded(work, into, entry) {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Refused ? error : failure(error, into, entry);
  }
}

/** Makes the entries that are missing, or all. Throws a Failure with a sentence. Returns how many of each. */
async function make(entries, disk, view, { force = false, platform = process.platform } = {}) {
  const counts = { made: 0, bytes: 0, there: 0, skipped: 0 };
  const skip = (entry, why) => {
    counts.skipped += 1;
    view.skipped(entry, why);
  };

  await guarded(() => disk.prepare(), disk.into);
  const missing = [];
  for (const entry of entries) {
    const why = entry.hard ? refusal(entry.path.subarray('names/'.length), platform) : undefined;
    if (why !== undefined) skip(entry, why);
    else if (force || !(await guarded(() => disk.isThere(entry), disk.into, entry))) missing.push(entry);
    else {
      counts.there += 1;
      view.there(entry);
    }
  }

  view.begin(missing.reduce((sum, { size }) => sum + size, 0));
  for (const entry of missing) {
    view.making(entry);
    try {
      await guarded(() => disk.make(entry, (size) => view.wrote(size)), disk.into, entry);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      skip(entry, error.message);
      continue;
    }
    counts.made += 1;
    counts.bytes += entry.size;
    view.made(entry);
  }
  return counts;
}

module.exports = { Failure, make };
