import type { Clock, Conn, Timer } from '../net/network';
import type { Outflow } from './stages';

/** Silence that ends what a peer says without a terminator. Peers themselves wait 500 ms or more for it. */
export const QUIET = 200;

type Batch = readonly Uint8Array[] | null;

/** What one direction says, changed on its way. */
export interface Filter {
  /** What to pass on for bytes that came; they are the caller's again when it resolves. */
  push(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
  /** Something is held back that a silence would end. */
  waiting(): boolean;
  quiet(): Promise<readonly Uint8Array[]>;
  /** What to pass on before the end. */
  end(): Promise<readonly Uint8Array[]>;
}

/** Reads, or notices that nothing comes. */
export class QuietReader {
  private pending: Promise<Batch> | undefined;

  constructor(
    private readonly conn: Conn,
    private readonly clock: Clock,
  ) {}

  /** What came, `null` at the end, or `'quiet'` after `ms` without anything: then the read goes on behind it. */
  async next(ms?: number): Promise<Batch | 'quiet'> {
    this.pending ??= this.conn.read();
    const { pending } = this;
    // Whoever stops at a silence may never ask again.
    pending.catch(() => undefined);
    let timer: Timer | undefined;
    const silence = new Promise<'quiet'>((resolve) => {
      if (ms !== undefined) timer = this.clock.after(ms, () => resolve('quiet'));
    });
    try {
      const got = await (ms === undefined ? pending : Promise.race([pending, silence]));
      if (got !== 'quiet') this.pending = undefined;
      return got;
    } finally {
      timer?.cancel();
    }
  }
}

/** Passes everything on until the end, and then the end. Back pressure is the absence of a read. */
export async function pump(reader: QuietReader, filter: Filter | undefined, into: Outflow): Promise<void> {
  /** A silence is told once. */
  let told = false;
  for (;;) {
    const got = await reader.next(filter?.waiting() === true && !told ? QUIET : undefined);
    told = got === 'quiet';
    if (got === 'quiet') await pass((await filter?.quiet()) ?? [], into);
    else if (got === null) break;
    else for (const bytes of got) await pass((await filter?.push(bytes)) ?? [bytes], into);
  }
  await pass((await filter?.end()) ?? [], into);
  await into.end();
}

async function pass(all: readonly Uint8Array[], into: Outflow): Promise<void> {
  for (const bytes of all) if (bytes.length > 0) await into.write(bytes);
}
