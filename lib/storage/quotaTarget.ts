import { baseName } from '../wire/paths';
import type { QuotaLimit, Quotas, Writing } from './quotas';
import type { Storage, Target, Weight } from './storage';
import { minus, NOTHING, plus, weigh } from './weight';

export interface QuotaTargetPlace {
  readonly inner: Target;
  readonly quotas: Quotas;
  /** All of the storage: the path in `writing` is one of it. */
  readonly whole: Storage;
  readonly writing: Writing;
  readonly key: string | undefined;
  readonly limits: () => readonly QuotaLimit[];
}

/** A part that reserves what it is about to hold. A failed reservation throws `quota`, and leaves the part as it is. */
export class QuotaTarget implements Target {
  readonly offset: number;
  private ended = false;

  constructor(private readonly place: QuotaTargetPlace) {
    this.offset = place.inner.offset;
  }

  write(chunks: readonly Uint8Array[], position: number): void | Promise<void> {
    const { inner, quotas, writing, limits } = this.place;
    const end = chunks.reduce((sum, chunk) => sum + chunk.length, position);
    const more = { bytes: end - writing.taken.bytes, files: 0 };
    if (more.bytes > 0 && !this.ended) {
      quotas.reserve(limits(), writing.tallies, more);
      writing.taken = plus(writing.taken, more);
    }
    return inner.write(chunks, position);
  }

  read(into: Uint8Array, position: number): number | Promise<number> {
    return this.place.inner.read(into, position);
  }

  async commit(length: number, options?: { readonly modified?: number }): Promise<void> {
    const { inner, whole, writing } = this.place;
    await this.end(async (left) => {
      const old = await this.replaces().catch(async (error: unknown) => {
        // Nobody else ends it: a part that is held would never be swept.
        await inner.discard();
        throw error;
      });
      try {
        await inner.commit(length, options);
        left(minus({ bytes: length, files: 1 }, old));
      } catch (error) {
        // Where only its directory did not get to the disk, the file is there all the same.
        if (writing.tallies.size > 0) left(minus(await weigh(whole, writing.path).catch(() => old), old));
        throw error;
      }
    });
  }

  async keep(): Promise<void> {
    const { inner, whole, writing, key } = this.place;
    await this.end(async (left) => {
      await inner.keep();
      if (key === undefined || writing.tallies.size === 0) return;
      const bytes = await whole.partLength(writing.path, key).catch(() => writing.taken.bytes);
      if (bytes > 0) left({ bytes, files: 1 });
    });
  }

  async discard(): Promise<void> {
    await this.end(() => this.place.inner.discard());
  }

  /** What the file takes that this one will take the place of. */
  async replaces(): Promise<Weight> {
    const { inner, whole, writing } = this.place;
    if (writing.tallies.size === 0) return NOTHING;
    if (inner.replaces !== undefined) return inner.replaces();
    return weigh(whole, writing.path).catch(() => NOTHING);
  }

  /** `work` ends the part, and says what is left of it, also where it fails: unless it does, nothing is. */
  private async end(work: (left: (weight: Weight) => void) => Promise<void>): Promise<void> {
    const { quotas, writing } = this.place;
    await quotas.gate.pass([baseName(writing.path).toLowerCase()], async () => {
      // Of a part that has ended already there is nothing left to count.
      const first = !this.ended;
      this.ended = true;
      let settled = NOTHING;
      try {
        await work((weight) => (settled = weight));
      } finally {
        if (first) {
          quotas.writing.delete(writing);
          quotas.settle(writing.tallies, writing.taken, settled);
        }
      }
    });
  }
}
