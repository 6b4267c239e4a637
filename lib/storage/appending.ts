import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { sentenceOf } from '../errors';
import { errnoOf } from './errno';

/** Bytes that wait for a disk that is full or slow: some ten thousand lines. What comes then is lost, and counted. */
const MOST_WAITING = 2 * 1024 * 1024;
/** Read by its owner and group: it tells who did what. */
const MODE = 0o640;
// O_NONBLOCK: a FIFO that nobody reads must not hold a thread for ever.
const APPEND =
  fs.constants.O_WRONLY |
  fs.constants.O_APPEND |
  fs.constants.O_CREAT |
  (fs.constants.O_NONBLOCK ?? 0) |
  (fs.constants.O_NOCTTY ?? 0);

/** What of the file system it takes; specs make it fail. */
export interface AppendIo {
  open(path: string, flags: number, mode: number): Promise<number>;
  write(fd: number, bytes: Uint8Array): Promise<number>;
  close(fd: number): Promise<void>;
  /** Is the file still called anything? One that was deleted takes lines for ever, and nobody reads them. */
  hasName(fd: number): Promise<boolean>;
  /** Does the file that is there end in a newline, or is it empty? */
  endsInLine(path: string): Promise<boolean>;
}

export interface AppendedFile {
  /** Opens it, which the first line does too: whoever starts hears at once that he cannot. */
  open(): Promise<void>;
  /** One line, without its newline. Returns at once. */
  say(line: string): void;
  /** The file of that name may be another one by now (logrotate): what waits goes into the old one, if it can. */
  reopen(): Promise<void>;
  /** What waits is tried once more. */
  close(): Promise<void>;
}

const write = promisify(fs.write);
const fstat = promisify(fs.fstat);

const diskIo: AppendIo = {
  open: promisify(fs.open),
  write: async (fd, bytes) => (await write(fd, bytes)).bytesWritten,
  close: promisify(fs.close),
  hasName: async (fd) => (await fstat(fd)).nlink > 0,
  endsInLine: async (path) => {
    const file = await fs.promises.open(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      const { size } = await file.stat();
      if (size === 0) return true;
      return (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] === 0x0a;
    } finally {
      await file.close();
    }
  },
};

/**
 * A file of this machine's user that lines are appended to, a log: never for a path that came over the wire. Nothing that
 * happens to it stops who writes: lines wait, bounded, and each new one tries again. `onTrouble` hears one sentence when
 * it begins to fail, and one when that is over.
 */
export class AppendingFile implements AppendedFile {
  private readonly waiting: Buffer[] = [];
  private bytes = 0;
  private lost = 0;
  /** The first that waits is the rest of a line whose beginning is written. */
  private torn = false;
  private fd: number | undefined;
  private failing = false;
  private working: Promise<void> | undefined;
  private rotated = false;
  /** Opened by a number (`/dev/fd/3`) it may never have had a name. */
  private named = false;

  constructor(
    private readonly path: string,
    private readonly onTrouble: (sentence: string) => void,
    private readonly io: AppendIo = diskIo,
  ) {}

  async open(): Promise<void> {
    await this.pump();
  }

  say(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.bytes + bytes.length > MOST_WAITING) {
      this.lost += 1;
    } else {
      this.waiting.push(bytes);
      this.bytes += bytes.length;
    }
    void this.pump();
  }

  async reopen(): Promise<void> {
    await this.pump();
    this.rotated = true;
    await this.pump();
  }

  async close(): Promise<void> {
    await this.pump();
    await this.release();
  }

  /** One at a time; whoever asks meanwhile is served by the one at work. Never rejects. */
  private async pump(): Promise<void> {
    while (this.working !== undefined) await this.working;
    this.working = this.work();
    try {
      await this.working;
    } finally {
      this.working = undefined;
    }
  }

  private async work(): Promise<void> {
    try {
      if (this.rotated || (await this.isDeleted())) await this.rotate();
      this.fd ??= await this.begin();
      while (this.bytes > 0) await this.writeSome(this.fd);
      this.recovered();
    } catch (error) {
      if (!this.failing) this.onTrouble(`${this.path} cannot be written: ${reasonOf(error)}; trying again`);
      this.failing = true;
    }
  }

  private async isDeleted(): Promise<boolean> {
    if (this.fd === undefined || !this.named || (await this.io.hasName(this.fd))) return false;
    this.onTrouble(`${this.path} was deleted, and is begun again`);
    return true;
  }

  private async begin(): Promise<number> {
    // Whoever wrote here before us may have been killed in mid-line: ours is none of his.
    const whole = await this.io.endsInLine(this.path).catch(() => true);
    const fd = await this.io.open(this.path, APPEND, MODE);
    this.named = await this.io.hasName(fd);
    if (!whole && !this.torn) this.unshift(Buffer.from('\n'));
    return fd;
  }

  private async writeSome(fd: number): Promise<void> {
    const some = Buffer.concat(this.waiting.splice(0));
    this.bytes = 0;
    let written = 0;
    try {
      written = await this.io.write(fd, some);
      // A file that takes nothing, and says so without an error, would be asked for ever.
      if (written === 0) throw new Error('nothing was written');
    } finally {
      const rest = some.subarray(written);
      if (rest.length > 0) this.unshift(rest);
      this.torn = rest.length > 0 && (written > 0 ? some[written - 1] !== 0x0a : this.torn);
    }
  }

  /** The rest of a torn line would be the beginning of the new file. */
  private async rotate(): Promise<void> {
    if (this.torn) {
      const [first = Buffer.alloc(0)] = this.waiting.splice(0, 1);
      const rest = first.subarray(first.indexOf(0x0a) + 1);
      this.bytes -= first.length;
      this.torn = false;
      if (rest.length > 0) this.unshift(rest);
    }
    await this.release();
    this.rotated = false;
  }

  private async release(): Promise<void> {
    const { fd } = this;
    this.fd = undefined;
    if (fd !== undefined) await this.io.close(fd).catch(() => undefined);
  }

  private unshift(bytes: Buffer): void {
    this.waiting.unshift(bytes);
    this.bytes += bytes.length;
  }

  private recovered(): void {
    if (this.failing) this.onTrouble(`${this.path} is written again, without ${this.lost} lines`);
    this.failing = false;
    this.lost = 0;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its directory was not found',
  ENOTDIR: 'it lies under something that is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
};

/** Node's own sentence would name the file again, and the call that nobody made. */
function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  return errno === undefined ? sentenceOf(error) : (REASONS[errno] ?? `input/output error (${errno})`);
}

/** Why a line could not be appended now; undefined where it could. Makes nothing, and waits for no reader of a FIFO. */
export async function whyNotAppended(path: string): Promise<string | undefined> {
  try {
    if ((await fs.promises.stat(path)).isDirectory()) return REASONS['EISDIR'];
    await fs.promises.access(path, fs.constants.W_OK);
    return undefined;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') return reasonOf(error);
  }
  return fs.promises.access(dirname(path), fs.constants.W_OK | fs.constants.X_OK).then(() => undefined, reasonOf);
}
