import { expect } from 'chai';
import { isTwinportError, type ErrorCode } from '../../lib/errors';
import type { Entry, Storage, Target, WriteOptions } from '../../lib/storage/storage';

/** What the house suite needs of a storage under test, beside the storage itself. */
export interface StorageHarness {
  readonly storage: Storage;
  /** Behind the storage's back. */
  readonly put: (path: string, bytes: Uint8Array | string) => Promise<void>;
  readonly mkdir: (path: string) => Promise<void>;
  /** The file's bytes; undefined when there is no such file. */
  readonly read: (path: string) => Promise<Buffer | undefined>;
  /** How many part files there are, held or kept; absent where parts are no files. */
  readonly parts?: () => Promise<number>;
  /** Ends the storage, removes everything, and fails when something is still open. */
  readonly cleanup: () => Promise<void>;
}

export type MakeHarness = () => Promise<StorageHarness>;

/** One spec with a storage of its own, cleaned up (and searched for leaks) whatever happens. */
export function withStorage(title: string, make: MakeHarness, run: (house: StorageHarness) => Promise<void>): void {
  it(title, async () => {
    const house = await make();
    try {
      await run(house);
    } finally {
      await house.cleanup();
    }
  });
}

/** Names are bytes; macOS and Windows want text, and take two spellings of it for one name. */
const BYTE_NAMES = process.platform === 'linux';

/** Names that hurt: each is an ordinary file's name. */
export const HARD_NAMES: readonly string[] = [
  ' ',
  'two words',
  ' leading and trailing ',
  "it's",
  'a "quoted" name',
  '-rf',
  '--odd',
  '007',
  '1e3',
  'true',
  '.hidden',
  '..x',
  '...',
  'back\\slash',
  'C:',
  '*?[a-z]{1,2}$HOME`id`;&|',
  'línea\u0301 ünï 文字 🙂',
  'new\nline',
  'tab\there',
  'escape\u001b[31m',
  '\u0085next',
  'x'.repeat(255),
  '文'.repeat(85),
  '.twinport-notes.part',
  '__proto__',
  'constructor',
  ...(BYTE_NAMES ? ['\u00e9', 'e\u0301', 'not utf-8: \udcff\udc80', '\udce9t\udce9'] : []),
];

/** Waits for the rejection (or throw) with this code; answers its sentence. */
export async function rejects(code: ErrorCode, work: () => unknown): Promise<string> {
  let error: unknown;
  try {
    await work();
  } catch (caught) {
    error = caught;
  }
  if (error === undefined) throw new Error(`expected ${code}, but nothing was rejected`);
  if (!isTwinportError(error)) throw error instanceof Error ? error : new Error(String(error));
  expect(error.code, error.message).to.equal(code);
  return error.message;
}

/** The whole file as the storage gives it, read in pieces of `size`. */
export async function contentOf(storage: Storage, path: string, size = 64 * 1024): Promise<Buffer> {
  const source = await storage.read(path);
  try {
    const pieces: Buffer[] = [];
    for (let position = 0; ;) {
      const into = Buffer.alloc(size);
      const count = await source.read(into, position);
      if (count === 0) return Buffer.concat(pieces);
      pieces.push(into.subarray(0, count));
      position += count;
    }
  } finally {
    await source.close();
  }
}

export async function entriesOf(storage: Storage, path: string, facts = false): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of await storage.list(path, { facts })) entries.push(entry);
  return entries;
}

export async function namesOf(storage: Storage, path: string): Promise<string[]> {
  return (await entriesOf(storage, path)).map((entry) => entry.name).sort();
}

/** A new file written whole and left uncommitted. */
export async function written(
  storage: Storage,
  path: string,
  bytes: Uint8Array | string,
  options: Partial<WriteOptions> = {},
): Promise<Target> {
  const target = await storage.write(path, { replace: false, ...options });
  try {
    await target.write([Buffer.from(bytes)], target.offset);
  } catch (error) {
    await target.discard();
    throw error;
  }
  return target;
}

/** Bytes without a period that any block size divides. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = seed; at < length; at += 1) {
    state = (state * 1103515245 + 12345) % 2147483648;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
