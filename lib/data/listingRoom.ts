import { TwinportError } from '../errors';
import { LIMITS } from '../options';
import { networkOf } from '../wire/addresses';

/**
 * The memory that the listings of one server may take together. One of a large directory is millions of bytes for one line,
 * and is held as long as its client takes to read it: fifty such lines ended the process. Half of it is the most that one
 * address has, so that nobody can keep large listings from all others; small ones take none of it, and are always served.
 */
export class ListingRoom {
  private held = 0;
  private readonly perAddress = new Map<string, number>();

  /** Bytes in all. */
  constructor(private readonly most: number = LIMITS.listings) {}

  /** What one listing takes. It must be given back. */
  share(address: string): ListingShare {
    const asker = networkOf(address);
    let own = 0;
    return {
      take: (bytes) => {
        const half = this.most / 2;
        if (own + bytes > half) throw new TwinportError('too-large', 'too much to list', { reply: 451 });
        const theirs = this.perAddress.get(asker) ?? 0;
        if (theirs + bytes > half || this.held + bytes > this.most) {
          throw new TwinportError('in-use', 'too much is being listed at once, try again later', { reply: 450 });
        }
        own += bytes;
        this.held += bytes;
        this.perAddress.set(asker, theirs + bytes);
      },
      giveBack: () => {
        const left = (this.perAddress.get(asker) ?? 0) - own;
        if (left > 0) this.perAddress.set(asker, left);
        else this.perAddress.delete(asker);
        this.held -= own;
        own = 0;
      },
    };
  }
}

export interface ListingShare {
  /** Throws `in-use` with reply 450 when there is no room now, `too-large` with 451 when there never is. */
  take(bytes: number): void;
  giveBack(): void;
}
