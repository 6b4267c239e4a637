import type { Source, Stat } from '../../lib/storage/storage';

export interface SpecSourceOptions {
  /** At most this many bytes a read. */
  readonly most?: number;
  /** Reads answer later, as a disk's do. */
  readonly soon?: boolean;
}

/** An open file whose every change the spec makes itself. */
export class SpecSource implements Source {
  readonly stat: Stat;
  modified = 1_700_000_000_000;
  version: string | undefined;
  /** Called before each read, with the position it is at. */
  onRead: (position: number) => void = () => undefined;

  constructor(
    public bytes: Buffer,
    private readonly options: SpecSourceOptions & { readonly version?: string } = {},
  ) {
    this.version = options.version;
    this.stat = this.now();
  }

  read(into: Uint8Array, position: number): number | Promise<number> {
    this.onRead(position);
    const { most = Infinity, soon = false } = this.options;
    const some = this.bytes.subarray(position, position + Math.min(into.length, most));
    into.set(some);
    if (!soon) return some.length;
    return new Promise((resolve) => setImmediate(() => resolve(some.length)));
  }

  async restat(): Promise<Stat> {
    return this.now();
  }

  async close(): Promise<void> {}

  private now(): Stat {
    const { version, modified } = this;
    return { type: 'file', size: this.bytes.length, modified, ...(version !== undefined && { version }) };
  }
}
