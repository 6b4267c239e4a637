import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { ownName } from '../../lib/storage/holders';
import { parsePartName, partName, whatOf, type PartName } from '../../lib/storage/partNames';
import type { LocalHarness } from './localHarness';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** What this process puts into the names of its parts. */
export const mine = parsePartName(ownName(whatOf('k', 'none'))) as PartName;
/** The number of a process that has ended. */
export const dead = spawnSync(process.execPath, ['-e', '']).pid;
/** A part that nobody holds. */
export const atRest = { host: '00000000', pid: 0, count: 0 };

export interface Left {
  readonly directory?: string;
  readonly text?: string;
  /** When it was last written, milliseconds since the epoch. */
  readonly at: number;
}

/** A part of `file` under key `k`, as some other process would have left or be holding it; its path. */
export function leavePart(
  house: LocalHarness,
  of: Partial<PartName>,
  { directory = '', text = 'part', at }: Left,
): string {
  const path = nodePath.join(directory, partName({ ...mine, what: whatOf('k', 'file'), count: 7, ...of }));
  fs.writeFileSync(house.at(path), text);
  fs.utimesSync(house.at(path), at / 1000, at / 1000);
  return path;
}
