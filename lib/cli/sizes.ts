import type { Client, TransferResult } from '../index';
import { isTwinportError } from '../errors';
import type { Means } from './attempt';
import type { Overall } from './reporter';
import type { FilePair, Request } from './request';

/** Each is a round trip before the next file may begin: with more of them it is the file that people wait for. */
const MOST_ASKED = 200;
/** Milliseconds for all of them, here or there. An answer that is under way is waited for, as the file would be. */
const PATIENCE = 1000;

/** Clients whose server has vouched for something. Another one might hang up on a question it does not know. */
const OURS = new WeakSet<Client>();

/** What this server said of a list or a file was verified: it is one that can be asked about sizes. */
export function vouched(client: Client): void {
  OURS.add(client);
}

/** How much several files are together: of each what was found beforehand, or what it was in the end. */
export class Sizes {
  private readonly known: (number | undefined)[];
  /** Of the files before each, and of all of them; once it is known, nothing changes it. */
  private sums: readonly number[] | undefined;
  private asked = false;

  constructor(
    private readonly request: Extract<Request, { verb: 'get' | 'put' }>,
    private readonly means: Means,
  ) {
    this.known = request.files.map(() => undefined);
  }

  /**
   * Asks for what is not known yet, once, where somebody watches several files and it can be asked now: of a put at
   * once; of a get as soon as the server has vouched for something, so behind the first file at the latest. Never rejects.
   */
  async find(): Promise<void> {
    const { request, means } = this;
    if (this.asked || !means.watched || request.files.length < 2) return;
    if (request.verb === 'put') await this.askFor(sizeHere);
    else if (means.options.dialect === undefined && request.files.length <= MOST_ASKED && means.session.connected) {
      const client = await means.session.client(means.signal);
      if (!OURS.has(client)) return;
      // A question cannot be taken back once it is asked: to stop waiting is to give the connection up.
      const giveUp = (): void => means.session.drop(means.signal.reason);
      means.signal.addEventListener('abort', giveUp, { once: true });
      await this.askFor(({ remote }) => sizeThere(client, remote));
      means.signal.removeEventListener('abort', giveUp);
    }
  }

  /** It counts as what was expected of it, also where that was too much: the whole then stays what it was. */
  ended(at: number, result: TransferResult | undefined): void {
    this.known[at] ??= result?.size ?? 0;
  }

  /** Undefined as long as the size of any of them is. */
  about(at: number): Overall | undefined {
    if (this.known.length < 2) return undefined;
    // The last is nearly always the one that is missing: so all of them are looked at once.
    if (this.sums === undefined && this.known.at(-1) !== undefined) this.sums = sumsOf(this.known);
    const [before, after] = this.sums?.slice(at, at + 2) ?? [];
    const total = this.sums?.at(-1);
    if (before === undefined || after === undefined || total === undefined) return undefined;
    return { total, before, size: after - before };
  }

  private async askFor(size: (file: FilePair) => Promise<number | undefined>): Promise<void> {
    this.asked = true;
    const now = (): number => this.means.clock?.now() ?? performance.now();
    const began = now();
    for (const [at, file] of this.request.files.entries()) {
      if (this.known[at] !== undefined) continue;
      if (this.means.signal.aborted || now() - began > PATIENCE) return;
      this.known[at] = await size(file);
      if (this.known[at] === undefined) return;
    }
  }
}

function sumsOf(sizes: readonly (number | undefined)[]): readonly number[] | undefined {
  const sums = [0];
  for (const size of sizes) {
    if (size === undefined) return undefined;
    const sum = (sums.at(-1) ?? 0) + size;
    // A server may claim any sizes; what they are together is said exactly or not at all.
    if (!Number.isSafeInteger(sum)) return undefined;
    sums.push(sum);
  }
  return sums;
}

/** Of what cannot be read nothing will be sent. */
async function sizeHere({ local, standard }: FilePair): Promise<number | undefined> {
  if (standard === true) return undefined;
  const { checkUserFile } = require('../index') as typeof import('../index');
  return checkUserFile(local).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Of what is refused, and of what is no file, nothing will come. Any other failure says nothing of it. */
async function sizeThere(client: Client, remote: string): Promise<number | undefined> {
  try {
    const { type, size } = await client.stat(remote);
    return type === 'file' ? size : 0;
  } catch (error) {
    return isTwinportError(error, 'refused') && error.reply === 550 ? 0 : undefined;
  }
}
