'use strict';
// How an entry gets onto the disk: under a temporary name, then renamed, so that what has its name is whole.
// Paths are bytes, because some names are no text.
const fs = require('node:fs');
const path = require('node:path');

/** Bytes made at a time; two such buffers are all that a file of any size needs. */
const CHUNK = 1024 * 1024;
/** How much of a file is compared to tell whether it is there: enough to tell one seed from another. */
const BEGINNING = 65_536;
const PART = /^\.making-(\d+)$/;

/** The file system will not have this name; nothing was left behind. */
class Refused extends Error {}

/** What systems answer to a name that they cannot hold. */
const REFUSALS = new Set(['EILSEQ', 'EINVAL', 'ENAMETOOLONG', 'ENOENT', 'EPROTO']);
const refuses = (error) => REFUSALS.has(error.code);

/** `EILSEQ: illegal byte sequence`, without the paths behind it. */
const reason = (error) => error.message.split(',', 1)[0];

const inside = (directory, name) => Buffer.concat([Buffer.from(directory), Buffer.from('/'), name]);
const endOfDirectory = (file) => file.lastIndexOf('/');

async function writeAll(handle, bytes) {
  // A disk that is nearly full takes a part, and says why only to the next write.
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}

/** The next piece is made while the last is being written; never more than one waits. */
async function writeFrom(fill, size, handle, wrote) {
  let making = Buffer.allocUnsafe(Math.min(size, CHUNK));
  let writing = Buffer.allocUnsafe(making.length);
  let written = Promise.resolve();
  for (let left = size; left > 0;) {
    const piece = making.subarray(0, Math.min(left, making.length));
    try {
      fill(piece);
    } finally {
      await written;
    }
    written = writeAll(handle, piece).then(() => wrote(piece.length));
    // Awaited in the next turn or below; meanwhile its failure is nobody's surprise.
    written.catch(() => undefined);
    left -= piece.length;
    [making, writing] = [writing, making];
  }
  await written;
}

/** One directory to make files in. `io` is node:fs/promises; specs put file systems of other kinds in its place. */
class Disk {
  constructor(into, io = fs.promises) {
    this.into = into;
    this.io = io;
    this.part = path.join(into, `.making-${process.pid}`);
  }

  /** Makes the directory, and removes what runs that were killed have left. */
  async prepare() {
    await this.io.mkdir(this.into, { recursive: true });
    for (const name of await this.io.readdir(this.into)) {
      const pid = Number(PART.exec(name)?.[1] ?? NaN);
      if (pid > 0 && (pid === process.pid || !isAlive(pid))) await this.io.unlink(path.join(this.into, name));
    }
  }

  /** Whether the entry is there: its size, and how it begins. The end is sure: nothing half is ever given a name. */
  async isThere(entry) {
    const file = inside(this.into, entry.path);
    const stat = await this.lstat(file);
    if (stat === undefined) return false;
    if (entry.empty) return stat.isDirectory();
    if (!stat.isFile() || stat.size !== entry.size) return false;
    if (entry.hard && !(await this.isListed(file))) return false;
    const wanted = Buffer.alloc(Math.min(entry.size, BEGINNING));
    entry.source()(wanted);
    const handle = await this.io.open(file, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(wanted.length), 0, wanted.length, 0);
      return bytesRead === wanted.length && buffer.equals(wanted);
    } finally {
      await handle.close();
    }
  }

  lstat(file) {
    return this.io.lstat(file).catch((error) => {
      if (refuses(error)) return undefined;
      throw error;
    });
  }

  /** True when the directory holds exactly these bytes, and not what the system takes for the same name. */
  async isListed(file) {
    const slash = endOfDirectory(file);
    const name = file.subarray(slash + 1);
    const names = await this.io.readdir(file.subarray(0, slash), { encoding: 'buffer' });
    return names.some((one) => name.equals(one));
  }

  /** Makes the entry, in place of what has its name. `wrote` is told of bytes. A Refused is no failure. */
  async make(entry, wrote) {
    const file = inside(this.into, entry.path);
    if (entry.empty) {
      await this.io.mkdir(file, { recursive: true });
      return;
    }
    await this.io.mkdir(file.subarray(0, endOfDirectory(file)), { recursive: true });
    try {
      const handle = await this.io.open(this.part, 'wx');
      try {
        await writeFrom(entry.source(), entry.size, handle, wrote);
      } finally {
        await handle.close();
      }
      await (entry.hard ? this.giveHardName(file) : this.io.rename(this.part, file));
    } finally {
      this.discard();
    }
  }

  /** Some systems refuse names, some change them, some take two for one: what is listed afterwards is what counts. */
  async giveHardName(file) {
    if ((await this.lstat(file)) !== undefined && !(await this.isListed(file))) {
      throw new Refused('this file system takes it for a name that is there');
    }
    try {
      await this.io.rename(this.part, file);
    } catch (error) {
      // ENOENT is the name's fault only while there is something to be renamed.
      if (!refuses(error) || !fs.existsSync(this.part)) throw error;
      throw new Refused(`this file system refuses it (${reason(error)})`);
    }
    if (await this.isListed(file)) return;
    await this.io.unlink(file);
    throw new Refused('this file system makes another name of it');
  }

  /** Removes what is half made; at once, because the process may be about to end. */
  discard() {
    fs.rmSync(this.part, { force: true });
  }
}

/** Is there a process of that number that may still write? A zombie never will: some containers keep theirs for ever. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code !== 'ESRCH';
  }
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // proc(5): the state stands behind the program's name, which is in parentheses and may hold anything.
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')));
  } catch {
    // No such thing on this system, or gone meanwhile: then the next run removes its part.
    return true;
  }
}

module.exports = { Disk, Refused, reason };
