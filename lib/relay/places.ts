import type { Clock, Conn } from '../net/network';
import { LIMITS } from '../options';
import type { Filter } from './pump';

/** A client's place: when something last moved on its control connection, and whether data do on others. */
export class Place {
  private since: number;

  constructor(
    private readonly clock: Clock,
    private readonly client: Conn,
    private readonly hasData: () => boolean,
    private readonly note: (text: string) => void,
  ) {
    this.since = clock.now();
  }

  /** Milliseconds since anything moved; 0 while data may. */
  idleFor(): number {
    return this.hasData() ? 0 : this.clock.now() - this.since;
  }

  /** The same filter, which tells this place of all that passes. */
  noticing(filter: Filter): Filter {
    return {
      push: (bytes) => {
        this.since = this.clock.now();
        return filter.push(bytes);
      },
      waiting: () => filter.waiting(),
      quiet: () => filter.quiet(),
      end: () => filter.end(),
    };
  }

  evict(): void {
    this.note('idle, and somebody else needs the place');
    // A reset, which the other side of the pair becomes too: an end could be taken for that of a file.
    this.client.reset();
  }
}

/**
 * Has the longest idle of them make room, as a server does that is full: connections that ask for nothing would lock
 * everybody out. False when nobody has been idle for long enough; whoever goes is taken out of `places` at once.
 */
export function makeRoom(places: Set<Place>): boolean {
  let idlest: Place | undefined;
  let longest: number = LIMITS.evictableAfter - 1;
  for (const place of places) {
    const idle = place.idleFor();
    // Of two that are equally idle the older goes.
    if (idle > longest) [idlest, longest] = [place, idle];
  }
  if (idlest === undefined) return false;
  places.delete(idlest);
  idlest.evict();
  return true;
}
