import { digestPrefix, RunningDigest } from '../../data/digest';
import { discard, finishSending } from '../../data/finish';
import { isSource, sendBody, type Body } from '../../data/body';
import type { Pace } from '../../data/pace';
import { unlessAborted } from '../../data/scope';
import { isTwinportError, TwinportError } from '../../errors';
import type { Clock, Endpoint } from '../../net/network';
import type { Source } from '../../storage/storage';
import type { Reply } from '../../wire/replies';
import type { FtClient } from './client';
import { formatRequest, pathOnWire, type FtOptions } from './grammar';
import { numberFact, replyFacts, textFact } from './facts';

/** How one put is to be made. */
export interface StoreRequest {
  readonly path: string;
  /** A file, whose size and time go with it, or a stream of unknown length. */
  readonly from: Body;
  readonly overwrite: boolean;
  /** Bytes of the file that the server keeps already. */
  readonly offset?: number;
  readonly dataPort: number;
  readonly passive: boolean;
  readonly signal: AbortSignal;
  readonly onData: (remote: Endpoint) => void;
  readonly onProgress?: (bytes: number) => void;
  /** No faster than this. */
  readonly pace?: Pace;
}

export interface Stored {
  /** Bytes of the whole file, and its CRC-32, as both sides have them. */
  readonly size: number;
  readonly crc32: string;
  /** Bytes that went over the data connection now. */
  readonly length: number;
}

/** Puts, confirmed: count and digest go to the server on P, and it commits only what agrees (DESIGN §3.5). */
export async function storeBytes(client: FtClient, clock: Clock, request: StoreRequest): Promise<Stored> {
  const { path, from, offset = 0 } = request;
  const source = isSource(from) ? from : undefined;
  const options: FtOptions = {
    confirm: true,
    ifExists: request.overwrite ? 'overwrite' : 'fail',
    ...partOptions(source),
    ...(offset > 0 && { offset }),
  };
  const whole = new RunningDigest();
  const prefix = source === undefined || offset === 0 || (await digestPrefix(source, offset, whole, request.signal));
  if (!prefix) throw new TwinportError('changed', 'the file became shorter');

  const { dataPort, passive, signal, onData, pace } = request;
  const paced = pace === undefined ? {} : { pace };
  const answer = await client.transfer(
    { verb: 'p', path, options, dataPort, passive, signal, onData, receives: false, ...paced },
    async (conn, exchange, transferSignal) => {
      // Nothing before the 150: the server may still refuse, and a plain one would take our bytes for something else.
      checkBegun(await unlessAborted(exchange.begun, transferSignal), path);
      const discarded = discard(conn);
      const how = {
        signal: transferSignal,
        digest: whole,
        ...paced,
        onProgress: (bytes: number) => request.onProgress?.(offset + bytes),
      };
      await sendBody(conn, from, { ...how, offset });
      // Not after the peer's FIN: it may come only with the reply, and the server is waiting for this line.
      client.asker.say(formatRequest({ verb: 'c', length: whole.length, crc32: whole.crc32 }));
      // How Q ends proves nothing either way: whether everything arrived is what the server's count says.
      await finishSending(conn, discarded, clock).catch((error: unknown) => {
        if (!isTwinportError(error, 'connection-lost')) throw error;
      });
    },
  );
  const { length, crc32 } = whole;
  if (numberFact(answer.final, 'length') !== length || textFact(answer.final, 'crc32') !== crc32) {
    throw new TwinportError('unverified', 'the server did not confirm count and digest of what it stored');
  }
  return { size: length, crc32, length: length - offset };
}

/**
 * A request line that was spoilt on its way names another file, and the confirmation that follows would commit ours
 * under that name: count and digest say nothing of where. So nothing is sent, let alone confirmed, before the server
 * has said the path we asked for; a 150 that was spoilt itself is no proof of it either.
 */
function checkBegun(reply: Reply, path: string): void {
  const { facts, rest } = replyFacts(reply);
  if (facts.size === 0 || rest !== pathOnWire(path)) {
    throw new TwinportError('protocol', 'the server answers for another path');
  }
}

/** Size and time name the part on the server, so that only this very file continues it. */
export function partOptions(source: Source | undefined): FtOptions {
  // Milliseconds, as the wire carries them: finer fractions would name another part.
  return source === undefined ? {} : { size: source.stat.size, modify: Math.floor(source.stat.modified) };
}
