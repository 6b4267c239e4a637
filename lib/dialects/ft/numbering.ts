import type { CommandDecoder } from '../../control/dialect';
import type { FtRequest } from './grammar';
import type { Incoming, RequestDecoder } from './requests';

const NUMBERS = new WeakMap<FtRequest, number>();

/** The how-manieth request line of its control connection this is, from 1 on; refused ones count, blank ones do not. */
export function numberOf(request: FtRequest): number {
  return NUMBERS.get(request) ?? 0;
}

/** Counts what comes out of a decoder. */
export function numbered(decoder: RequestDecoder): CommandDecoder<FtRequest> {
  let count = 0;
  const counted = (incoming: Incoming | undefined): Incoming | undefined => {
    if (incoming === undefined) return undefined;
    count += 1;
    if ('request' in incoming) NUMBERS.set(incoming.request, count);
    return incoming;
  };
  return {
    push: (bytes) => decoder.push(bytes),
    next: () => counted(decoder.next()),
    quiet: () => counted(decoder.quiet()),
    end: () => counted(decoder.end()),
    get waiting() {
      return decoder.waiting;
    },
  };
}
