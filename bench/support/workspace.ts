import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { randomBytes, randomFillSync } from 'node:crypto';

/** linux/magic.h */
const TMPFS = 0x01021994;

/** A temporary directory in memory, so that no disk is measured; gone with `remove`. */
export interface Workspace {
  /** What is served, and where it arrives. */
  readonly source: string;
  readonly arrival: string;
  /** For what programs print, and their configuration. */
  readonly notes: string;
  remove(): void;
}

export function workspace(bytes: number): Workspace {
  const parent = ['/dev/shm', os.tmpdir()].find((dir) => fs.existsSync(dir) && fs.statfsSync(dir).type === TMPFS);
  if (parent === undefined) throw new Error('There is no tmpfs here (/dev/shm): a disk would be measured instead.');
  const { bavail, bsize } = fs.statfsSync(parent);
  const free = Math.min(bavail * bsize, os.freemem() + reclaimable());
  if (free < bytes) {
    throw new Error(`${parent} has room for ${free} bytes, and ${bytes} are needed: choose a smaller --size.`);
  }
  const base = fs.mkdtempSync(path.join(parent, 'twinport-bench-'));
  const [source, arrival, notes] = ['source', 'arrival', 'notes'].map((name) => path.join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const dir of [source, arrival, notes]) fs.mkdirSync(dir);
  // vsftpd serves it as another user.
  fs.chmodSync(base, 0o755);
  fs.chmodSync(source, 0o755);
  return { source, arrival, notes, remove: () => fs.rmSync(base, { recursive: true, force: true }) };
}

/** What Linux would free if asked: caches are not in the way. */
function reclaimable(): number {
  const found = /^MemAvailable: +([0-9]+) kB$/m.exec(fs.readFileSync('/proc/meminfo', 'utf8'));
  return found === null ? 0 : Math.max(0, Number(found[1]) * 1024 - os.freemem());
}

/** A file of bytes that no two blocks have in common: nothing along the way may be cleverer than it is. */
export function makeFile(file: string, size: number): void {
  const block = Buffer.alloc(1024 * 1024);
  const fd = fs.openSync(file, 'wx', 0o644);
  try {
    for (let at = 0; at < size; at += block.length) {
      if (at % (64 * block.length) === 0) randomFillSync(block);
      randomBytes(64).copy(block);
      fs.writeSync(fd, block, 0, Math.min(block.length, size - at));
    }
  } finally {
    fs.closeSync(fd);
  }
}
