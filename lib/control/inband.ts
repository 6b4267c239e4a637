import { assertFarewell } from '../data/farewell';
import { discard, finishSending } from '../data/finish';
import { batches, withListing, type Found } from '../data/listing';
import { whileMoving } from '../data/moving';
import { receive } from '../data/receive';
import { pause, Scope } from '../data/scope';
import { receivedOn, sentOn } from '../data/stall';
import { sendChunks, sendFile } from '../data/send';
import type { Conn } from '../net/network';
import type { Target } from '../storage/storage';
import { normalisePath } from '../wire/paths';
import type { TransferKind } from './events';
import type { Turn } from './dialect';
import type { BareSession } from './session';
import { putRefusal, type Service } from './service';
import { Told } from './told';

/** One in-band request being served: its data travel on the connection that it came on. */
export interface InbandJob {
  readonly dialect: string;
  readonly service: Service;
  readonly session: BareSession;
  readonly turn: Pick<Turn<unknown>, 'signal' | 'conn'>;
}

/** How one of them is to be answered. */
export interface InbandAnswer {
  /** Said once nothing can refuse any more, right before the data. */
  readonly word?: Uint8Array;
  /** Milliseconds between the word and the file, for clients that take all they read at once for the word. */
  readonly pause?: number;
}

export interface InbandPut extends InbandAnswer {
  /** Bytes it may have. Default: as many as come. */
  readonly most?: number;
  /** Looks at the whole part before it is published; rejects what must not be. */
  readonly vet?: (part: Target, length: number) => Promise<void>;
}

/**
 * Lists the root: what `format` makes of the entries, then FIN. What can fail before a byte was sent rejects with
 * nothing said, so that the dialect can still refuse in its own words; from then on a failure is a reset.
 */
export function sendNames(
  job: InbandJob,
  format: (entries: Iterable<Found>) => Iterable<Buffer>,
  { word }: InbandAnswer = {},
): Promise<undefined> {
  return transfer(job, 'list', '', async (told) => {
    const { storage, listings } = job.service;
    const share = listings.share(job.session.conn.remote.address);
    return withListing({ storage, path: '', share, signal: job.turn.signal }, (entries) =>
      moving(job, told, async (conn, signal) => {
        const discarded = discard(conn);
        if (word !== undefined) await conn.write(word);
        const { length } = await sendChunks(conn, batches(format(entries)), { signal });
        await finishSending(conn, discarded, job.service.clock);
        return length;
      }),
    );
  });
}

/** Sends a file, then FIN: the end of the stream is all that says it is complete. As `sendNames` of failures. */
export function sendWhole(job: InbandJob, name: string, { word, pause: ms }: InbandAnswer = {}): Promise<undefined> {
  const path = normalisePath(name);
  return transfer(job, 'get', path, async (told) => {
    const source = await job.service.storage.read(path);
    try {
      return await moving(job, told, async (conn, signal) => {
        const discarded = discard(conn);
        if (word !== undefined) await conn.write(word);
        if (ms !== undefined) await pause(job.service.clock, ms, signal);
        const { length } = await sendFile(conn, source, { length: source.stat.size, signal });
        await finishSending(conn, discarded, job.service.clock);
        return length;
      });
    } finally {
      await source.close();
    }
  });
}

/**
 * Receives a file up to the peer's FIN. It appears whole under its name or not at all, and replaces nothing: FIN is
 * no proof of completeness. A reset or a stall publishes nothing. When it resolves the file is there, and the
 * session's own FIN tells the client so.
 */
export function receiveWhole(job: InbandJob, name: string, { word, most, vet }: InbandPut = {}): Promise<undefined> {
  const path = normalisePath(name);
  return transfer(job, 'put', path, async (told) => {
    const refused = putRefusal(job.service);
    if (refused !== undefined) throw refused;
    const target = await job.service.storage.write(path, { replace: false });
    try {
      return await moving(job, told, async (conn, signal) => {
        if (word !== undefined) await conn.write(word);
        const length = await receive(conn, target, { signal, ...(most !== undefined && { atMost: () => most }) });
        assertFarewell(conn);
        await vet?.(target, length);
        await target.commit(length);
        return length;
      });
    } catch (error) {
      await target.discard();
      throw error;
    }
  });
}

async function transfer(
  { dialect, service, session }: InbandJob,
  kind: TransferKind,
  path: string,
  serve: (told: Told) => Promise<number>,
): Promise<undefined> {
  const told = new Told(service, session, { dialect, kind, path });
  await told.whole(async () => ({ length: await serve(told), unverified: true }));
}

async function moving(
  { service, turn }: InbandJob,
  told: Told,
  body: (conn: Conn, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { clock, stall } = service;
  const scope = new Scope(turn.signal);
  const conn = turn.conn();
  told.started(conn);
  try {
    // What is only thrown away moves nothing: a client that drips bytes against a file keeps no place by it.
    const moved = (): number => (told.kind === 'put' ? receivedOn(conn) : sentOn(conn));
    return await whileMoving({ conn, clock, stall, moved }, scope, (signal) => body(conn, signal));
  } finally {
    scope.close();
  }
}
