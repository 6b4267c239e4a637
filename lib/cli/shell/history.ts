import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { hasControl } from '../../wire/names';
import { appendPrivately, readEnd, setAside } from './files';

/** Lines remembered. */
export const MOST_LINES = 1000;
/** Bytes of the file before it is set aside and begun anew; with the one set aside, twice as many are kept. */
const MOST_BYTES = 256 * 1024;
/** Bytes of a line worth remembering: longer ones were pasted. */
const LONGEST = 4096;

/** The lines that were typed, oldest first, each once: where it was typed last. */
export class History {
  private readonly kept = new Set<string>();
  private writing: Promise<void> = Promise.resolve();
  private broken: unknown;

  /** Without a path it is forgotten at the end. `onBroken` is told once why nothing is kept. */
  constructor(
    private readonly path: string | undefined,
    private readonly onBroken: (error: unknown) => void = () => undefined,
  ) {}

  get lines(): readonly string[] {
    return [...this.kept];
  }

  /** Reads what earlier shells left. Never rejects. */
  async load(): Promise<void> {
    if (this.path === undefined) return;
    for (const path of [aside(this.path), this.path]) {
      const bytes = await readEnd(path, MOST_BYTES).catch((error: unknown) => {
        if (!isAbsent(error)) this.fail(error);
        return Buffer.alloc(0);
      });
      // The first one may have lost its beginning.
      const lines = bytes.toString('utf8').split('\n');
      for (const line of bytes.length === MOST_BYTES ? lines.slice(1) : lines) this.remember(line);
    }
  }

  add(line: string): void {
    if (!this.remember(line) || this.path === undefined || this.broken !== undefined) return;
    const { path } = this;
    this.writing = this.writing.then(() => this.write(path, line)).catch((error: unknown) => this.fail(error));
  }

  /** Resolves when everything added has been written, or could not be. */
  written(): Promise<void> {
    return this.writing;
  }

  /** False for what nobody wants back. A line with controls in it was not typed: it would draw on the terminal. */
  private remember(line: string): boolean {
    if (line.trim() === '' || Buffer.byteLength(line) > LONGEST || hasControl(line)) return false;
    const isLast = [...this.kept].at(-1) === line;
    this.kept.delete(line);
    this.kept.add(line);
    const [oldest] = this.kept;
    if (this.kept.size > MOST_LINES && oldest !== undefined) this.kept.delete(oldest);
    return !isLast;
  }

  private async write(path: string, line: string): Promise<void> {
    if (this.broken !== undefined) return;
    const size = await appendPrivately(path, join(path, '..'), Buffer.from(`${line}\n`));
    // Whoever holds the lock does the same.
    if (size > MOST_BYTES) await setAside(path, aside(path), MOST_BYTES).catch(() => undefined);
  }

  private fail(error: unknown): void {
    if (this.broken === undefined) this.onBroken(error);
    this.broken = error;
  }
}

const aside = (path: string): string => `${path}.old`;

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/**
 * Where the history is: `$XDG_STATE_HOME/twinport/history`, by default beneath `~/.local/state` (XDG Base Directory
 * Specification, which wants relative paths ignored). Undefined where there is no home.
 */
export function historyPath(env: NodeJS.ProcessEnv): string | undefined {
  const state = env['XDG_STATE_HOME'] ?? '';
  if (isAbsolute(state)) return join(state, 'twinport', 'history');
  const home = homeOf(env);
  return home === undefined ? undefined : join(home, '.local', 'state', 'twinport', 'history');
}

export function homeOf(env: NodeJS.ProcessEnv): string | undefined {
  const home = env['HOME'] ?? '';
  if (home !== '') return home;
  try {
    return homedir();
  } catch {
    // A user without an entry in the password file.
    return undefined;
  }
}
