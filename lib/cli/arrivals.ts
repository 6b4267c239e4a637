import { sameHere } from './names';

/**
 * The files that came in one command, none of which a later one may replace. Whether two names are one here the file system
 * alone knows (case, normalisation, links), so it is asked: by what is at the place now, not by how the name is written.
 */
export class Arrivals {
  readonly #names = new Set<string>();
  readonly #files = new Set<string>();

  /** Never rejects. */
  async add(local: string): Promise<void> {
    // FAT and some of FUSE may number a file anew once they have forgotten it: its very name is enough.
    this.#names.add(sameHere(local));
    const file = await identity(local);
    if (file !== undefined) this.#files.add(file);
  }

  /** Is what is there one of them? */
  async include(local: string): Promise<boolean> {
    if (this.#names.size === 0) return false;
    if (this.#names.has(sameHere(local))) return true;
    const file = await identity(local);
    return file !== undefined && this.#files.has(file);
  }
}

function identity(local: string): Promise<string | undefined> {
  return (require('../index') as typeof import('../index')).fileIdentity(local);
}
