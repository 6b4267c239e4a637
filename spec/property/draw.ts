import { decodeName } from '../../lib/wire/names';

/**
 * Choices out of bytes, the same for the same bytes: whoever makes bytes, shrinks or mutates them makes, shrinks and
 * mutates what is drawn. Behind their end every choice is the first one.
 */
export class Draw {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  /** From 0 up to, and not including, `below`. */
  below(below: number): number {
    const wide = below > 256 ? (this.byte() << 8) | this.byte() : this.byte();
    return wide % below;
  }

  /** True once in so many times; false where nothing is left. */
  oneIn(times: number): boolean {
    return this.byte() % times === 1;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  take(count: number): Buffer {
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  rest(): Buffer {
    return this.take(Math.max(0, this.left));
  }

  /** A string of any UTF-16 units, halves of pairs too; or one as names are, of bytes. */
  text(most = 40): string {
    const bytes = this.take(this.below(most + 1));
    return this.oneIn(3) ? unitsOf(bytes) : decodeName(bytes);
  }

  /** A number that somebody may have thought of, or one that nobody did. */
  number(): number {
    return this.oneIn(2)
      ? this.pick(NUMBERS)
      : this.byte() * 0x1000000 + this.byte() * 0x10000 + this.byte() * 0x100 + this.byte();
  }
}

const NUMBERS = [
  0,
  1,
  -1,
  13,
  1023,
  1024,
  8555,
  65535,
  65536,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  0.5,
  1e-7,
  1e21,
  Infinity,
  -Infinity,
  NaN,
];

/** The bytes as UTF-16 units: any string there is. */
export function unitsOf(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes.readUInt16LE(at));
  return text;
}
