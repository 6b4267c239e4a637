import type { BigIntStats } from 'node:fs';
import type { FileType, Stat } from './storage';

/** A local file's facts, from the kernel's. */

/** A file changed less than this ago may change again within one tick of its clock, unseen: no version yet. */
const SETTLED = 2000;

const TYPE_BITS = 0o170000n;
const REGULAR = 0o100000n;
const DIRECTORY = 0o040000n;
const SYMLINK = 0o120000n;

export function isLink(stats: BigIntStats): boolean {
  return (stats.mode & TYPE_BITS) === SYMLINK;
}

export function typeOf(stats: BigIntStats): FileType {
  const type = stats.mode & TYPE_BITS;
  return type === REGULAR ? 'file' : type === DIRECTORY ? 'dir' : 'other';
}

/** The part of `mode` that a replacement inherits: permissions, never set-uid bits. */
export function permissionsOf(stats: BigIntStats): number {
  return Number(stats.mode & 0o777n);
}

export function toStat(stats: BigIntStats, now: number): Stat {
  const type = typeOf(stats);
  const size = type === 'file' ? Number(stats.size) : 0;
  const modified = Number(stats.mtimeMs);
  if (type !== 'file' || now - Number(stats.ctimeMs) < SETTLED) return { type, size, modified };
  return {
    type,
    size,
    modified,
    // Worked out when read: most stats are never asked, and node:crypto costs 2 ms to load.
    get version() {
      return versionOf(stats);
    },
  };
}

/**
 * Opaque on purpose: peers compare it and must not read device numbers out of it. Device and inode tell a
 * replaced file, the times in nanoseconds one written in place; ctime cannot be set back by its owner.
 */
function versionOf(stats: BigIntStats): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return sha256(`${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`).slice(0, 16);
}

/** Lower-case hexadecimal; 64 digits. */
export function sha256(text: string): string {
  const crypto = require('node:crypto') as typeof import('node:crypto');
  return crypto.createHash('sha256').update(text).digest('hex');
}
