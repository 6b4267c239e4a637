import { sha256 } from './stats';

/**
 * The names of part files: `.twinport-<what>-<host>-<pid>-<n>.part`, hidden, beside the file they are to
 * become (a rename is atomic within one directory's file system only), and short however long that file's
 * name is. `what` is 32 hexadecimal digits for a part that can be continued, 16 for one that cannot; the
 * rest says who holds it. A part at rest is held by nobody: all zeros, one name that anyone can claim.
 */
export interface PartName {
  readonly what: string;
  readonly host: string;
  readonly pid: number;
  readonly count: number;
}

// Any case: a directory may not distinguish (macOS), and a request must not reach a part by shouting.
const PATTERN = /^\.twinport-([0-9a-f]{32}|[0-9a-f]{16})-([0-9a-f]{8})-(\d{1,10})-(\d{1,15})\.part$/i;
const NOBODY = '00000000';

export function isPartName(name: string): boolean {
  // Asked for every entry of every listing.
  return name.length > 30 && name.startsWith('.') && PATTERN.test(name);
}

export function parsePartName(name: string): PartName | undefined {
  const [, what, host, pid, count] = PATTERN.exec(name) ?? [];
  if (what === undefined || host === undefined) return undefined;
  return { what, host, pid: Number(pid), count: Number(count) };
}

export function partName({ what, host, pid, count }: PartName): string {
  return `.twinport-${what}-${host}-${pid}-${count}.part`;
}

/** Which part continues the file `name` under this key. */
export function whatOf(key: string, name: string): string {
  return sha256(`${key}\0${name}`).slice(0, 32);
}

/** For a part that is never continued. No secret: it is created exclusively, and a clash is only an error. */
export function whatOfNothing(): string {
  const half = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
}

export function isKeyed(part: PartName): boolean {
  return part.what.length === 32;
}

/** The one name under which a kept part waits. */
export function restName(what: string): string {
  return partName({ what, host: NOBODY, pid: 0, count: 0 });
}

export function isAtRest(part: PartName): boolean {
  return part.host === NOBODY && part.pid === 0;
}
