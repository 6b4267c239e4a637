import { TwinportError } from '../errors';
import { LIMITS } from '../options';
import { LF } from '../wire/lines';
import type { Sink } from './receive';

/** A listing as it comes. It is held whole, for nothing of it is shown before it is verified: so it is bounded. */
export class Listed implements Sink {
  private readonly parts: Buffer[] = [];
  private length = 0;

  /** Throws `too-large`: a server that lists for ever would fill the memory. */
  write(chunks: readonly Uint8Array[]): void {
    // Copied into one: they are reused, and a server that sends byte by byte must not cost an object for each.
    const part = Buffer.concat(chunks);
    this.length += part.length;
    if (this.length > LIMITS.listing) {
      throw new TwinportError('too-large', `the listing has no end: more than ${LIMITS.listing >> 20} MiB came`);
    }
    this.parts.push(part);
  }

  /** All that came. */
  bytes(): Buffer {
    return Buffer.concat(this.parts.splice(0));
  }
}

/** `.` and `..` are listed besides. */
const MOST = LIMITS.listEntries + 2;

/**
 * The lines of a listing, or whatever its language separates. Throws `too-large` at one too many: a name of one letter is
 * two bytes on the wire, and a hundred once it is an entry. Throws `protocol` at one too long, which no request could ask
 * for: what is done with names (escapes, JSON) makes them several times longer, and a string has its limit too.
 */
export function* linesOf(listing: Buffer, separator: string | number = LF): Generator<Buffer> {
  const gap = typeof separator === 'number' ? 1 : separator.length;
  for (let start = 0, number = 1; start < listing.length; number += 1) {
    if (number > MOST) throw new TwinportError('too-large', `the listing has no end: more than ${MOST} lines came`);
    const found = listing.indexOf(separator, start);
    const end = found === -1 ? listing.length : found;
    if (end - start > LIMITS.listedLine) {
      throw new TwinportError('protocol', `line ${number} of the listing is longer than ${LIMITS.listedLine} bytes`);
    }
    yield listing.subarray(start, end);
    start = end + gap;
  }
}
