import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import type { Io } from '../../lib/storage/io';
import { localStorage, type LocalStorage, type LocalStorageOptions } from '../../lib/storage/local';
import { isPartName } from '../../lib/storage/partNames';
import { encodeName } from '../../lib/wire/names';
import type { StorageHarness } from './storageHelpers';

export interface LocalHarness extends StorageHarness {
  readonly storage: LocalStorage;
  /** The served directory, a real path, in a directory of its own: what is beside it is outside. */
  readonly root: string;
  /** `root` and a path in it, as bytes. */
  readonly at: (path: string) => Buffer;
  /** Another storage on the same root; closed by `cleanup`. */
  readonly open: (options?: Partial<LocalStorageOptions>, io?: Io) => Promise<LocalStorage>;
  /** Names of the part files in the root. */
  readonly partNames: () => string[];
}

/** A local storage on a new directory. `cleanup` fails when a descriptor under it is still open. */
export async function localHarness(options: Partial<LocalStorageOptions> = {}, io?: Io): Promise<LocalHarness> {
  const base = fs.realpathSync(fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-storage-')));
  const root = nodePath.join(base, 'root');
  fs.mkdirSync(root);
  const storages: LocalStorage[] = [];
  const open = async (more: Partial<LocalStorageOptions> = {}, other = io): Promise<LocalStorage> => {
    const storage = await localStorage({ root, writable: true, ...options, ...more }, other);
    storages.push(storage);
    return storage;
  };
  const at = (path: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), encodeName(path)]);
  return {
    storage: await open(),
    root,
    at,
    open,
    partNames: () => fs.readdirSync(root).filter(isPartName),
    put: async (path, bytes) => fs.writeFileSync(at(path), bytes),
    mkdir: async (path) => fs.mkdirSync(at(path)),
    read: async (path) => (fs.existsSync(at(path)) ? fs.readFileSync(at(path)) : undefined),
    parts: async () => partsBelow(root),
    cleanup: async () => {
      for (const storage of storages) await storage.close();
      const left = openUnder(base);
      fs.rmSync(base, { recursive: true, force: true });
      expect(left, 'descriptors left open').to.deep.equal([]);
    },
  };
}

/** Of its own: whether `recursive` has Node enter directories by links depends on its version, and a link may be a maze. */
function partsBelow(directory: string): number {
  let parts = 0;
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    if (isPartName(entry.name)) parts += 1;
    if (entry.isDirectory()) parts += partsBelow(nodePath.join(directory, entry.name));
  }
  return parts;
}

/** Where this process's descriptors lead, of those that lead under `base`; nothing where that cannot be known. */
export function openUnder(base: string): string[] {
  if (process.platform !== 'linux') return [];
  const open: string[] = [];
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${fd}`);
      if (target.startsWith(base)) open.push(target);
    } catch {
      // The descriptor of this very listing.
    }
  }
  return open;
}
