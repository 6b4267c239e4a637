import { createHash } from 'node:crypto';
import type * as fs from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './programs';

/** `scripts/testfiles` for specs. It is plain JavaScript, since it must run before anything is compiled. */

export type Fill = (buffer: Buffer) => void;

export interface Entry {
  readonly path: Buffer;
  readonly size: number;
  readonly source?: () => Fill;
  readonly hard?: boolean;
  readonly empty?: boolean;
}

export interface View {
  begin(total: number): void;
  there(entry: Entry): void;
  skipped(entry: Entry, why: string): void;
  making(entry: Entry): void;
  wrote(size: number): void;
  made(entry: Entry): void;
  line(text: string): void;
  end(): void;
}

export interface Disk {
  readonly part: string;
}

export interface Counts {
  readonly made: number;
  readonly bytes: number;
  readonly there: number;
  readonly skipped: number;
}

const room = (name: string): unknown => require(join(ROOT, 'scripts/testfiles', name)) as unknown;

export const { digits } = room('digits.js') as { digits: (seed: number, name: string) => Fill };
export const { catalogue } = room('catalogue.js') as {
  catalogue: (which: { seed: number; small?: boolean }) => Entry[];
};
export const { refusal } = room('names.js') as { refusal: (name: Buffer, platform: string) => string | undefined };
export const { shown } = room('shown.js') as { shown: (name: Buffer) => string };
export const { Disk } = room('disk.js') as { Disk: new (into: string, io?: typeof fs.promises) => Disk };
export const { View, barLine } = room('view.js') as {
  View: new (stream: NodeJS.WritableStream, now?: () => number) => View;
  barLine: (done: number, total: number, seconds: number, name: string, columns: number) => string;
};
export const { make } = room('make.js') as {
  make: (
    entries: readonly Entry[],
    disk: Disk,
    view: View,
    options?: { force?: boolean; platform?: string },
  ) => Promise<Counts>;
};

/** All bytes of an entry, taken in pieces of `piece`. */
export function bytesOf(entry: Entry, piece = Math.max(entry.size, 1)): Buffer {
  const fill = entry.source?.();
  const bytes = Buffer.alloc(entry.size);
  for (let at = 0; at < bytes.length; at += piece) fill?.(bytes.subarray(at, at + piece));
  return bytes;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
