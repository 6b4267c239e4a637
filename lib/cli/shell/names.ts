import type { ListEntry } from '../../index';
import { TwinportError } from '../../errors';
import { isPlain, type Found } from './expand';

/** Milliseconds that a listing is good for completing with: a second Tab asks nobody. */
const FRESH = 5000;
/** Directories remembered. */
const MOST_DIRECTORIES = 16;
/** Names remembered of all directories together, besides the newest's: a part of those would pass for the whole. */
const MOST_NAMES = 100_000;

interface Listing {
  readonly at: number;
  readonly names: readonly Found[];
}

type List = (directory: string, signal: AbortSignal) => Promise<readonly ListEntry[]>;

/** The names in directories on the server, for completion: asked for once every few seconds, one at a time. */
export class RemoteNames {
  private readonly listings = new Map<string, Listing>();
  private asking:
    { readonly directory: string; readonly stop: AbortController; readonly names: Promise<Listing> } | undefined;

  /** Counts who wants names: of several that wait the last one is answered. */
  private wishes = 0;

  constructor(
    private readonly list: List,
    private readonly now: () => number,
  ) {}

  /** What is known without asking. */
  known(directory: string): readonly Found[] | undefined {
    const listing = this.listings.get(directory);
    return listing !== undefined && this.now() - listing.at < FRESH ? listing.names : undefined;
  }

  /** Asks, if nobody is asking that already. Nothing can be completed where it fails, or is not wanted any more. */
  async find(directory: string): Promise<readonly Found[]> {
    const known = this.known(directory);
    if (known !== undefined) return known;
    const wish = ++this.wishes;
    while (this.asking !== undefined && this.asking.directory !== directory) {
      await this.end();
      if (wish !== this.wishes) return [];
    }
    if (this.asking === undefined) this.ask(directory);
    try {
      return (await this.asking?.names)?.names ?? [];
    } catch {
      return [];
    }
  }

  /** Ends what is being asked: a command shall not wait for it. Resolves when the session is free again. */
  stop(): Promise<void> {
    this.wishes++;
    return this.end();
  }

  private async end(): Promise<void> {
    const { asking } = this;
    asking?.stop.abort(new TwinportError('aborted', 'nobody waits for these names any more'));
    await asking?.names.catch(() => undefined);
  }

  /** Something has changed there. */
  forget(): void {
    this.listings.clear();
  }

  private ask(directory: string): void {
    const stop = new AbortController();
    const names = this.list(directory, stop.signal)
      .then((entries) => this.keep(directory, entries))
      .finally(() => {
        if (this.asking?.stop === stop) this.asking = undefined;
      });
    this.asking = { directory, stop, names };
  }

  private keep(directory: string, entries: readonly ListEntry[]): Listing {
    const names = entries
      .filter(({ name }) => isPlain(name))
      .map(({ name, type }): Found => ({ name, ...(type === undefined ? {} : { type }) }));
    const listing = { at: this.now(), names };
    this.listings.delete(directory);
    this.listings.set(directory, listing);
    let held = 0;
    for (const { names: some } of this.listings.values()) held += some.length;
    for (const [oldest, { names: some }] of this.listings) {
      if (oldest === directory || (this.listings.size <= MOST_DIRECTORIES && held <= MOST_NAMES)) break;
      this.listings.delete(oldest);
      held -= some.length;
    }
    return listing;
  }
}
