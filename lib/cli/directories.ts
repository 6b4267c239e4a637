import type { Client, ListEntry, ListOptions } from '../index';
import { vouched } from './sizes';

/** The directories of one server, as patterns, completion and the shell look into them. */
export class Directories {
  /** Whether the server tells more than names; undefined until it has listed something. */
  private facts: boolean | undefined;

  /**
   * With their types where the server is one of ours. A plain one would make nothing of a question for more than names,
   * so those are asked for first, once: who verifies them knows more. Rejects as `Client.list` does.
   */
  async entries(client: Client, directory: string, options: ListOptions): Promise<readonly ListEntry[]> {
    if (this.facts !== true) {
      const { entries, verified } = await client.list(directory, options);
      this.facts = verified;
      if (!verified) return entries;
    }
    // Who told more than names once is one of ours, and may be asked how large they are.
    vouched(client);
    return (await client.list(directory, { ...options, facts: true })).entries;
  }

  /** It is known to tell nothing but names. */
  get plain(): boolean {
    return this.facts === false;
  }

  /** Whether it tells more than names. False also where it refuses: the request itself will be told why. */
  async tell(client: () => Promise<Client>, directory: string, options: ListOptions): Promise<boolean> {
    if (this.facts !== undefined) return this.facts;
    const asked = await client();
    try {
      this.facts = (await asked.list(directory, options)).verified;
      return this.facts;
    } catch {
      return false;
    }
  }
}
