import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAtRest, partName, type PartName } from './partNames';
import { sha256 } from './stats';

/** Who writes which part: one writer at a time, in this process and in others that share the directory. */

/** Parts this process is writing, by the directory's identity and what they are. */
const writing = new Set<string>();
/** Names of the parts this process made or claimed and has not let go. */
const held = new Set<string>();
let count = 0;
let tag: string | undefined;

/** Reserves the part for one writer; false when this process has one already. Undone by `release`. */
export function reserve(place: string): boolean {
  if (writing.has(place)) return false;
  writing.add(place);
  return true;
}

export function release(place: string): void {
  writing.delete(place);
}

/** A name that says this process holds the part; no two are the same. Undone by `letGo`. */
export function ownName(what: string): string {
  count += 1;
  const name = partName({ what, host: hostTag(), pid: process.pid, count });
  held.add(name);
  return name;
}

export function letGo(name: string): void {
  held.delete(name);
}

/**
 * Does somebody hold this part? `modified` is when it last grew, `now` the time, `lifetime` how long a part
 * may be left alone, all in milliseconds: a holder that has not written for that long has none.
 */
export function isHeld(name: string, part: PartName, modified: number, now: number, lifetime: number): boolean {
  if (isAtRest(part)) return false;
  if (held.has(name)) return true;
  if (now - modified >= lifetime) return false;
  // Over a shared file system nobody can be asked.
  if (part.host !== hostTag()) return true;
  // Our number and not in our books: a process before us (containers all start at 1).
  if (part.pid === process.pid) return false;
  return isAlive(part.pid, modified);
}

/** This machine, or this container: where its process numbers mean something. */
function hostTag(): string {
  if (tag === undefined) {
    let namespace = '';
    try {
      namespace = readlinkSync('/proc/self/ns/pid');
    } catch {
      // No such thing here.
    }
    tag = sha256(`${hostname()}\0${namespace}`).slice(0, 8);
  }
  return tag;
}

/** Is there a process of that number, and was there before the part last grew? */
function isAlive(pid: number, modified: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const started = startOf(pid);
  // A number is used again, after a restart of the machine at the latest: without this a part would stay
  // held until it expires. Two seconds for the coarse clocks involved.
  return started === undefined || started < modified + 2000;
}

/** When the process began, milliseconds since the epoch; undefined where that cannot be known (proc(5)). */
function startOf(pid: number): number | undefined {
  try {
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses and may hold anything; starttime is the 22nd,
    // in ticks of which Linux shows user space a hundred a second.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const started = boot * 1000 + ticks * 10;
    return Number.isFinite(started) ? started : undefined;
  } catch {
    return undefined;
  }
}
