import { RunningDigest, type DigestName } from '../../data/digest';
import type { Pace } from '../../data/pace';
import { receive, type Sink } from '../../data/receive';
import { unlessAborted } from '../../data/scope';
import { TwinportError } from '../../errors';
import type { Endpoint } from '../../net/network';
import type { Reply } from '../../wire/replies';
import type { Answer, FtClient } from './client';
import { pathOnWire, type FtOptions } from './grammar';
import { numberFact, replyFacts, textFact } from './facts';

/** How one list or get is to be made. */
export interface FetchRequest {
  readonly verb: 'l' | 'g';
  readonly path: string;
  readonly options?: FtOptions;
  readonly dataPort: number;
  readonly passive: boolean;
  readonly signal: AbortSignal;
  readonly digest?: DigestName;
  readonly onData: (remote: Endpoint) => void;
  /** Bytes received so far, and how many will come when that is known. */
  readonly onProgress?: (bytes: number, length: number | undefined) => void;
  /** No faster than this. */
  readonly pace?: Pace;
  /** Bytes that matter at once are not gathered. */
  readonly prompt?: boolean;
}

/** What came, and what the server vouches for. */
export interface Fetched {
  /** Bytes on the data connection, and their digest. */
  readonly length: number;
  readonly crc32: string;
  readonly sha256?: string;
  readonly version?: string;
  /** The server's count and digest agree with ours. */
  readonly verified: boolean;
}

/** Fetches into a sink, and holds the server to every word it said (DESIGN §3.3, step 5). */
export async function fetchBytes(client: FtClient, request: FetchRequest, sink: Sink): Promise<Fetched> {
  const { verb, path, dataPort, passive, signal, onData, pace } = request;
  const paced = pace === undefined ? {} : { pace };
  const digest = new RunningDigest(request.digest);
  const offset = request.options?.offset ?? 0;
  // Nothing is sent unasked; but SHA-256 was asked for, even if a plain server makes nothing of the request then.
  const asked = request.digest === 'sha256' ? { digest: request.digest } : {};
  const answer = await client.transfer(
    {
      verb,
      path,
      dataPort,
      passive,
      signal,
      onData,
      receives: true,
      options: { ...request.options, ...asked },
      ...paced,
    },
    async (conn, exchange, transferSignal) => {
      let announced: number | undefined;
      const begun = exchange.begun.then((reply) => {
        announced = checkBegun(reply, path, offset);
        if (announced !== undefined) client.vouches = true;
      });
      begun.catch(() => undefined);
      // A server that ignores the offset would have its first bytes written over the middle of the file.
      if (offset > 0) await unlessAborted(begun, transferSignal);
      return receive(conn, sink, {
        position: offset,
        digest,
        signal: transferSignal,
        atMost: () => announced,
        onProgress: (bytes) => request.onProgress?.(bytes, announced),
        ...(request.prompt === true && { prompt: true }),
        ...paced,
      });
    },
  );
  return vouched(answer, path, offset, digest);
}

/** The 150 must be about what was asked; returns how many bytes it announces. */
function checkBegun(reply: Reply, path: string, offset: number): number | undefined {
  const { facts, rest: said } = replyFacts(reply);
  if (facts.size > 0 && said !== pathOnWire(path))
    throw new TwinportError('protocol', 'the server answers for another path');
  if (offset > 0 && numberFact(reply, 'offset') !== offset) {
    throw new TwinportError('cannot-resume', 'the server does not continue where it was asked to');
  }
  const size = numberFact(reply, 'size');
  const rest = size === undefined ? undefined : size - offset;
  const length = numberFact(reply, 'length') ?? rest;
  // Who says the offset and counts from the beginning all the same would send the whole file into its middle.
  if (rest !== undefined && (length !== rest || rest < 0))
    throw new TwinportError('protocol', `the server has ${size} bytes, and announces ${length} from ${offset} on`);
  return length;
}

function vouched(answer: Answer<number>, path: string, offset: number, digest: RunningDigest): Fetched {
  const { value: length, begun, final } = answer;
  if (final === undefined && length === 0)
    throw new TwinportError('incomplete', 'the server sent nothing and said nothing');
  const announced = begun && checkBegun(begun, path, offset);
  if (announced !== undefined && announced !== length) {
    throw new TwinportError('incomplete', `only ${length} of ${announced} bytes arrived`);
  }
  const ours = digest.finish();
  const counted = numberFact(final, 'length');
  const theirs = { crc32: textFact(final, 'crc32')?.toLowerCase(), sha256: textFact(final, 'sha256')?.toLowerCase() };
  const told = begun === undefined ? [] : [...replyFacts(begun).facts.keys()];
  // Count and digest say nothing of which file it is: a request spoilt on its way may have named another one. And who tells
  // what will come tells what came: a 226 that has lost its facts would let a spoilt file pass for one of a plain server. The
  // port is told by every server that is asked for a passive transfer, and says nothing of the file.
  const vouches = counted !== undefined && theirs.crc32 !== undefined;
  const owes = told.some((fact) => fact !== 'port');
  if (owes ? final !== undefined && !vouches : counted !== undefined && told.length === 0)
    throw new TwinportError('protocol', 'the server does not say what it has sent');
  if (counted !== undefined && counted !== length) {
    // Too few can be resumed; too many were never the server's.
    const code = length < counted ? 'incomplete' : 'corrupt';
    throw new TwinportError(code, `${length} bytes arrived, the server sent ${counted}`);
  }
  const same = (theirs.crc32 ?? ours.crc32) === ours.crc32 && (theirs.sha256 ?? ours.sha256) === ours.sha256;
  if (!same)
    throw new TwinportError('corrupt', 'the bytes that arrived are not the bytes that were sent (digests differ)');
  const version = textFact(begun, 'version');
  return {
    ...ours,
    ...(version !== undefined && { version }),
    verified:
      counted !== undefined && theirs.crc32 !== undefined && (ours.sha256 === undefined || theirs.sha256 !== undefined),
  };
}
