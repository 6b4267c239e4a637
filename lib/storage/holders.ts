import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
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

/** Does this very process write that part? */
export function isOurs(name: string): boolean {
  return held.has(name);
}

/** Milliseconds since the epoch, and how long a part may be left alone. */
export interface PartTime {
  readonly now: number;
  readonly lifetime: number;
}

/**
 * Left alone for too long. In either direction: what was written by a clock that was years ahead would otherwise be kept
 * for years.
 */
export function isPast(time: number, { now, lifetime }: PartTime): boolean {
  return Math.abs(now - time) >= lifetime;
}

/**
 * Does somebody hold this part? `touched` is when it was last written or changed in any way, milliseconds since the
 * epoch; not its modification time alone, which a commit sets to the sent file's just before it publishes.
 */
export function isHeld(name: string, part: PartName, touched: number, time: PartTime): boolean {
  if (isAtRest(part)) return false;
  if (held.has(name)) return true;
  const past = isPast(touched, time);
  // Over a shared file system nobody can be asked.
  if (part.host !== hostTag()) return !past;
  // Our number and not in our books: a process before us (containers all start at 1).
  if (part.pid === process.pid || !isThere(part.pid)) return false;
  if (!past && isOlder(part.pid, touched)) return true;
  // The clock may have been set since, and then none of these times means anything; an open file does.
  return hasOpen(part.pid, name);
}

/** This process, as a text that no other one on any machine has, before or after. */
export function holderHere(): string {
  return `${hostTag()}-${process.pid}-${ticksOf(process.pid) ?? 'x'}`;
}

/** Is the process of that text still there? True too where nobody can tell. */
export function mayBeAlive(holder: string): boolean {
  const [, host, pid, ticks] = /^([0-9a-f]{8})-(\d{1,10})-(\d+|x)$/.exec(holder) ?? [];
  if (host === undefined || host !== hostTag()) return true;
  if (!isThere(Number(pid))) return false;
  const now = ticksOf(Number(pid));
  // The number may be another process's by now.
  return now === undefined || ticks === 'x' || String(now) === ticks;
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

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Killed, and not yet fetched by its parent, which in a container without an init may never be: it writes nothing.
    const state = statOf(pid)?.[0];
    return state !== 'Z' && state !== 'X';
  } catch (error) {
    // EPERM: it is there and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Was the process of that number there before the part was last touched? */
function isOlder(pid: number, touched: number): boolean {
  const started = startOf(pid);
  // A number is used again, after a restart of the machine at the latest: without this a part would stay
  // held until it expires. Two seconds for the coarse clocks involved.
  return started === undefined || started < touched + 2000;
}

/** Has this process a file of that name open? False where nobody tells: not Linux, or another user's process. */
function hasOpen(pid: number, name: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return basename(readlinkSync(`/proc/${pid}/fd/${fd}`)) === name;
      } catch {
        // Closed meanwhile.
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** When the process began, milliseconds since the epoch; undefined where that cannot be known (proc(5)). */
function startOf(pid: number): number | undefined {
  const ticks = ticksOf(pid);
  if (ticks === undefined) return undefined;
  try {
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]);
    const started = boot * 1000 + ticks * 10;
    return Number.isFinite(started) ? started : undefined;
  } catch {
    return undefined;
  }
}

/** The same in hundredths of a second since the machine was started, which no setting of the clock changes. */
function ticksOf(pid: number): number | undefined {
  // starttime, the 22nd field, in ticks of which Linux shows user space a hundred a second.
  const ticks = Number(statOf(pid)?.[19]);
  return Number.isSafeInteger(ticks) ? ticks : undefined;
}

/** The fields from the third on, the state; the second is the program's name in parentheses and may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
