import { TwinportError } from '../errors';
import { baseName } from '../wire/paths';
import { throwIfAborted } from './abort';
import { MemoryContent, MemorySource, MemoryTarget, Room } from './memoryFile';
import { failure as fail, intoItself, ONLY_PARTS, refuseRoot } from './refusals';
import type { Entry, Source, Stat, Storage, StorageFeatures, Target, Weight, WriteOptions } from './storage';
import { NOTHING, plus } from './weight';

/** Files in memory: for embedding, and for specs of everything above. As strict as a directory. */

export interface MemoryStorageOptions {
  /** Bytes that files and parts may take together; beyond them `no-space`. Default: no limit. */
  readonly maxBytes?: number;
  /** Default true; false makes every write `denied`. */
  readonly writable?: boolean;
  /** Milliseconds since the epoch. Default Date.now. */
  readonly now?: () => number;
}

export interface MemoryStorage extends Storage {
  /** Puts a file there at once, replacing; makes the directories above it. Strings are stored as UTF-8. */
  put(path: string, bytes: Uint8Array | string): void;
  /** Makes a directory and those above it. */
  mkdir(path: string): void;
  /** A copy of the file's bytes; undefined when there is no such file. */
  bytes(path: string): Buffer | undefined;
}

/** Keys are paths (`docs/a.txt`). */
export function memoryStorage(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: MemoryStorageOptions = {},
): MemoryStorage {
  const storage = new MemoryFiles(options);
  for (const [path, bytes] of Object.entries(files)) storage.put(path, bytes);
  return storage;
}

type MemoryNode = MemoryContent | 'dir';

class MemoryFiles implements MemoryStorage {
  readonly features: StorageFeatures;
  readonly #room: Room;
  readonly #nodes = new Map<string, MemoryNode>([['', 'dir']]);
  readonly #kept = new Map<string, MemoryContent>();
  /** The parts being written, and where each belongs by now: a directory may get another name meanwhile. */
  readonly #writing = new Set<{ path: string; readonly key: string | undefined }>();

  constructor({ maxBytes = Infinity, writable = true, now = Date.now }: MemoryStorageOptions) {
    this.features = { write: writable, resume: true };
    this.#room = new Room(maxBytes, now);
  }

  put(path: string, bytes: Uint8Array | string): void {
    this.mkdir(parentOf(path));
    if (this.#nodes.get(path) === 'dir') throw isDirectory(path);
    const content = new MemoryContent(this.#room);
    content.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, 0, path);
    this.#publish(path, content);
  }

  mkdir(path: string): void {
    if (path === '') return;
    this.mkdir(parentOf(path));
    if ((this.#nodes.get(path) ?? 'dir') !== 'dir') throw fail('not-a-directory', path, 'is a file');
    this.#nodes.set(path, 'dir');
  }

  bytes(path: string): Buffer | undefined {
    const node = this.#nodes.get(path);
    return node === undefined || node === 'dir' ? undefined : node.copy();
  }

  async stat(path: string, signal?: AbortSignal): Promise<Stat> {
    throwIfAborted(signal);
    return statOf(this.#find(path));
  }

  async list(path: string, { facts }: { facts: boolean }, signal?: AbortSignal): Promise<AsyncIterable<Entry>> {
    throwIfAborted(signal);
    if (this.#find(path) !== 'dir') throw fail('not-a-directory', path, 'is not a directory');
    return this.#entries(path, facts, signal);
  }

  async read(path: string): Promise<Source> {
    const node = this.#find(path);
    if (node === 'dir') throw isDirectory(path);
    return new MemorySource(node, path);
  }

  async write(path: string, { replace, key, offset = 0 }: WriteOptions): Promise<Target> {
    this.#assertWritable(path);
    if (path === '') throw isDirectory(path);
    if (this.#find(parentOf(path)) !== 'dir') throw fail('not-a-directory', parentOf(path), 'is not a directory');
    const old = this.#nodes.get(path);
    if (old === 'dir') throw isDirectory(path);
    if (old !== undefined && !replace) throw fail('exists', path, 'exists already');
    const part = key === undefined ? undefined : partKey(path, key);
    if (key !== undefined && [...this.#writing].some((each) => each.path === path && each.key === key)) {
      throw fail('in-use', path, 'is being written by another transfer');
    }
    const content = this.#begin(path, part, offset);
    const place = { path, key };
    this.#writing.add(place);
    return new MemoryTarget(content, offset, path, (end) => {
      this.#writing.delete(place);
      if (end === 'commit') this.#commit(place.path, content, replace);
      else if (end === 'keep' && key !== undefined && content.length > 0)
        this.#kept.set(partKey(place.path, key), content);
      else content.free();
    });
  }

  async makeDirectory(path: string): Promise<void> {
    this.#assertRoom(path);
    this.#nodes.set(path, 'dir');
  }

  async remove(path: string): Promise<void> {
    this.#assertWritable(path);
    refuseRoot(path, 'removed');
    const node = this.#find(path);
    if (node === 'dir') this.#assertEmpty(path);
    else node.free();
    this.#nodes.delete(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#assertWritable(from);
    refuseRoot(from, 'renamed');
    const node = this.#find(from);
    if (node === 'dir' && to.startsWith(`${from}/`)) throw intoItself(from);
    this.#assertRoom(to);
    const moved = (path: string): string | undefined =>
      path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
    rekey(this.#nodes, moved);
    if (node !== 'dir') return;
    // What is kept, or being written, lies in the directory and goes with it; a file's own parts are its old name's.
    rekey(this.#kept, moved);
    for (const place of this.#writing) place.path = moved(place.path) ?? place.path;
  }

  async weigh(path: string): Promise<Weight> {
    const node = this.#nodes.get(path);
    return node === undefined ? NOTHING : weightOf(node);
  }

  async measure(path: string, most: number): Promise<Weight> {
    if (this.#find(path) !== 'dir') throw fail('not-a-directory', path, 'is not a directory');
    const inside = (each: string): boolean => each !== '' && (path === '' || each.startsWith(`${path}/`));
    const there = [...this.#nodes, ...this.#kept].flatMap(([each, node]) => (inside(each) ? [weightOf(node)] : []));
    if (there.length > most) throw new TwinportError('too-large', `there are more than ${most} files`);
    return there.reduce(plus, NOTHING);
  }

  async partLength(path: string, key: string): Promise<number> {
    return this.#kept.get(partKey(path, key))?.length ?? 0;
  }

  #assertWritable(path: string): void {
    if (!this.features.write) throw fail('denied', path, 'cannot be written: this storage is read-only');
  }

  /** A new name in a directory that is there. */
  #assertRoom(path: string): void {
    this.#assertWritable(path);
    if (path !== '' && this.#find(parentOf(path)) !== 'dir') {
      throw fail('not-a-directory', parentOf(path), 'is not a directory');
    }
    if (this.#nodes.has(path)) throw fail('exists', path, 'exists already');
  }

  #assertEmpty(path: string): void {
    const inside = (each: string): boolean => each.startsWith(`${path}/`);
    if ([...this.#nodes.keys()].some(inside)) throw fail('not-empty', path, 'is not empty');
    // As on a disk, where they are files.
    if ([...this.#kept.keys(), ...[...this.#writing].map((place) => place.path)].some(inside)) {
      throw fail('not-empty', path, ONLY_PARTS);
    }
  }

  #begin(path: string, part: string | undefined, offset: number): MemoryContent {
    const kept = part === undefined ? undefined : this.#kept.get(part);
    if ((kept?.length ?? 0) < offset) throw fail('cannot-resume', path, 'has no part here long enough to continue');
    if (part !== undefined) this.#kept.delete(part);
    if (kept !== undefined && offset > 0) {
      kept.truncate(offset);
      return kept;
    }
    kept?.free();
    return new MemoryContent(this.#room);
  }

  #commit(path: string, content: MemoryContent, replace: boolean): void {
    const old = this.#nodes.get(path);
    if (old === undefined || (old !== 'dir' && replace)) return this.#publish(path, content);
    content.free();
    throw old === 'dir' ? isDirectory(path) : fail('exists', path, 'exists already');
  }

  #publish(path: string, content: MemoryContent): void {
    const old = this.#nodes.get(path);
    if (old !== undefined && old !== 'dir') old.free();
    this.#nodes.set(path, content);
  }

  /** As a disk answers: what lies under a file is not merely missing. */
  #find(path: string): MemoryNode {
    const node = this.#nodes.get(path);
    if (node !== undefined) return node;
    if (this.#find(parentOf(path)) !== 'dir') throw fail('not-a-directory', parentOf(path), 'is not a directory');
    throw fail('not-found', path, 'was not found');
  }

  async *#entries(path: string, facts: boolean, signal: AbortSignal | undefined): AsyncGenerator<Entry> {
    for (const [each, node] of [...this.#nodes]) {
      throwIfAborted(signal);
      if (each === '' || parentOf(each) !== path) continue;
      const type = node === 'dir' ? 'dir' : 'file';
      yield facts ? { name: baseName(each), type, stat: statOf(node) } : { name: baseName(each), type };
    }
  }
}

function weightOf(node: MemoryNode): Weight {
  return { bytes: node === 'dir' ? 0 : node.length, files: 1 };
}

function statOf(node: MemoryNode): Stat {
  return node === 'dir' ? { type: 'dir', size: 0, modified: 0 } : node.stat();
}

/** Gives entries the keys that `moved` says, where it says one; the part behind a NUL is not asked about. */
function rekey<T>(map: Map<string, T>, moved: (path: string) => string | undefined): void {
  for (const [key, value] of [...map]) {
    const [path = '', ...rest] = key.split('\0');
    const now = moved(path);
    if (now === undefined) continue;
    map.delete(key);
    map.set([now, ...rest].join('\0'), value);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function partKey(path: string, key: string): string {
  return `${path}\0${key}`;
}

function isDirectory(path: string): TwinportError {
  return fail('not-a-file', path, 'is a directory');
}
