import { bitFlips, byteFlip, pieces } from './chances';
import type { Fault } from './events';
import { randomFor } from './random';
import { delaying, flipping, limiting, slowing, stammering, type Life, type Outflow } from './stages';

/** What a bad network does. Everything is off unless it is given. */
export interface FaultOptions {
  /** Random short writes and pauses, on every connection, both ways. */
  readonly stammer?: boolean;
  /** Everything arrives so many milliseconds later, both ways. */
  readonly latency?: number;
  /** At most so many bytes a second, each connection and direction by itself. */
  readonly rate?: number;
  /** A polite end on both sides after so many bytes of a data connection, or of the only connection. */
  readonly cutAfter?: number;
  /** The same with a reset. */
  readonly resetAfter?: number;
  /** So many spoilt bits in each direction of each data connection. */
  readonly corrupt?: number;
  /** One spoilt byte in each direction of the control connection, or of the only one. */
  readonly corruptControl?: boolean;
}

/** One direction of one connection. */
export interface Stream {
  /** What it is: the same in every run, and different for every stream of a run. */
  readonly name: readonly (string | number)[];
  readonly which: 'control' | 'data';
  /** Bytes at its beginning that are no data: a token, without which there is no data connection to spoil. */
  readonly skip: number;
  /** Whether `cutAfter` and `resetAfter` are about this connection. */
  readonly limited: () => boolean;
  /** False when the connection is over already. */
  readonly cut: () => boolean;
  readonly reset: () => boolean;
  readonly tell: (kind: Fault['kind'], offset: number) => void;
}

/** Puts the faults of one stream in front of its way out. Each draws its own numbers: none changes another. */
export function withFaults(faults: FaultOptions, seed: number, stream: Stream, end: Outflow, life: Life): Outflow {
  const { which, skip, tell } = stream;
  const random = (purpose: string): ReturnType<typeof randomFor> => randomFor(seed, ...stream.name, purpose);
  let out = end;
  for (const [at, kind, strike] of [
    [faults.cutAfter, 'cut', stream.cut],
    [faults.resetAfter, 'reset', stream.reset],
  ] as const) {
    if (at === undefined) continue;
    out = limiting(out, skip + at, stream.limited, (offset) => {
      // The other direction may have been faster.
      if (strike()) tell(kind, offset - skip);
    });
  }
  if (faults.stammer === true) out = stammering(out, pieces(random('stammer')), life);
  if (faults.rate !== undefined) out = slowing(out, faults.rate, life);
  if (faults.latency !== undefined && faults.latency > 0) out = delaying(out, faults.latency, life);
  const flips =
    which === 'data'
      ? bitFlips(random('corrupt'), faults.corrupt ?? 0)
      : faults.corruptControl === true
        ? [byteFlip(random('corrupt'))]
        : [];
  if (flips.length === 0) return out;
  const shifted = flips.map(({ offset, mask }) => ({ offset: offset + skip, mask }));
  return flipping(out, shifted, ({ offset }) => tell('flip', offset - skip));
}
