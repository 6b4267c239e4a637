import type { BigIntStats } from 'node:fs';
import type { Descriptor } from './descriptor';
import { coding } from './errno';
import type { Soon } from './io';
import { toStat } from './stats';
import type { Source, Stat } from './storage';

/** A local file being read. */
export class LocalSource implements Source {
  readonly stat: Stat;
  readonly #file: Descriptor;
  readonly #path: string;
  readonly #now: () => number;

  constructor(file: Descriptor, path: string, stats: BigIntStats, now: () => number) {
    this.#file = file;
    this.#path = path;
    this.#now = now;
    this.stat = toStat(stats, now());
  }

  read(into: Uint8Array, position: number): Soon<number> {
    return this.#file.read(into, position);
  }

  async restat(): Promise<Stat> {
    return coding(this.#path, async () => toStat(await this.#file.stat(), this.#now()));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
