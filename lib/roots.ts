import type { Clock } from './net/network';
import { localStorage, type LocalStorage } from './storage/local';
import { Sweeper } from './sweeping';

/** What the directory is opened for: reading alone, writing, or writing that waits for the disk. */
export type RootUse = 'read' | 'write' | 'fsync';

/** The served directory: opened with the first that needs it, once for each use, and closed with the server. */
export class Roots {
  private readonly opened = new Map<RootUse, Promise<LocalStorage>>();
  /** Since there is a directory that can be written to. */
  private sweeper: Sweeper | undefined;

  constructor(
    private readonly root: string,
    private readonly clock: Clock,
  ) {}

  /** `create`: makes the directory, should it not exist. Rejects as `localStorage`, and tries again when next asked. */
  open(use: RootUse, create: boolean): Promise<LocalStorage> {
    const known = this.opened.get(use);
    if (known !== undefined && !create) return known;
    const how = { writable: use !== 'read', fsync: use === 'fsync', create };
    const open = (): Promise<LocalStorage> => localStorage({ root: this.root, ...how });
    // Another port, told to make nothing, may be finding just now that there is nothing.
    const opened = known?.catch(open) ?? open();
    this.opened.set(use, opened);
    opened.then(
      (storage) => {
        // Whoever cannot write leaves no parts. One is enough, however often the directory was opened.
        if (use !== 'read' && this.opened.get(use) === opened) this.sweeper ??= new Sweeper(this.clock, storage);
      },
      // Another try may find it.
      () => {
        if (this.opened.get(use) === opened) this.opened.delete(use);
      },
    );
    return opened;
  }

  /** Lets go of it; who asks next has it opened anew. */
  async close(): Promise<void> {
    await this.sweeper?.stop();
    this.sweeper = undefined;
    const opened = [...this.opened.values()];
    this.opened.clear();
    for (const storage of opened) await (await storage.catch(() => undefined))?.close();
  }
}
