import { AwaitedConn } from '../control/awaited';
import type { CommandDecoder, Incoming } from '../control/dialect';
import { receiveAll, sendAll } from '../control/errand';
import { receiveWhole, sendWhole } from '../control/inband';
import { anyDialect, type ClientSlice, type ServerSlice } from '../control/slice';
import { watchStall } from '../data/stall';
import { withUnread } from '../data/unread';
import { isTwinportError, TwinportError } from '../errors';
import { LIMITS } from '../options';
import { Unread } from '../wire/bytes';
import { decodeName, encodeName } from '../wire/names';

/**
 * `framed`: one connection, one file. `LENGTH:put NAME` or `LENGTH:get NAME`, LENGTH counting the bytes behind the
 * colon, then the file itself, raw, to the end of the stream. There is no word for a refusal: RST is ours.
 */
export interface FramedRequest {
  readonly verb: 'get' | 'put';
  readonly name: string;
}

const COLON = 0x3a;
/** Digits of a length that `LIMITS.requestLine` allows. */
const MOST_DIGITS = String(LIMITS.requestLine).length;

/** Milliseconds between frame and body: the original's server loses what comes in one piece with the frame. */
const PAUSE = 200;

/** Milliseconds that a server has for the first of a file before it is told that no body comes. */
const HINT = 2000;

/**
 * Milliseconds of quiet behind the first of a file after which the server hears FIN all the same: the original's sends it
 * all, and then waits for the client to end. Longer than a packet that is lost four times over takes (3 s), for a server
 * that answers FIN with its own would end in mid-file.
 */
const QUIET = 5000;
/** A `QUIET` is looked at in so many steps: it takes one of them more at most. */
const LOOKS = 5;

export function formatFrame({ verb, name }: FramedRequest): Buffer {
  const payload = Buffer.concat([Buffer.from(`${verb} `), encodeName(name)]);
  if (payload.length > LIMITS.requestLine) throw new TwinportError('invalid-name', 'the name is too long for a frame');
  return Buffer.concat([Buffer.from(`${payload.length}:`), payload]);
}

/** One frame; what follows it is the file. */
export class FrameDecoder implements CommandDecoder<FramedRequest> {
  private readonly unread = new Unread();
  private done = false;

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  next(): Incoming<FramedRequest> | undefined {
    if (this.done) return undefined;
    const { unread } = this;
    const head = unread.view().subarray(0, MOST_DIGITS + 1);
    const digits = head.indexOf(COLON);
    const length = digits === -1 ? head.toString('latin1') : head.toString('latin1', 0, digits);
    // A frame without end must be refused by its head: nothing is gathered because a peer announced it.
    if (!/^[0-9]*$/.test(length) || digits === 0 || (digits === -1 && head.length > MOST_DIGITS)) throw notAFrame();
    if (digits === -1) return undefined;
    if (Number(length) > LIMITS.requestLine) throw notAFrame();
    const end = digits + 1 + Number(length);
    if (unread.length < end) return undefined;
    const payload = unread.take(end).subarray(digits + 1);
    this.done = true;
    return { request: parsePayload(payload), line: payload.toString() };
  }

  quiet(): undefined {
    return undefined;
  }

  end(): Incoming<FramedRequest> | undefined {
    if (this.waiting) throw new TwinportError('syntax', 'the connection ended inside of a frame');
    return undefined;
  }

  get waiting(): boolean {
    return !this.done && this.unread.length > 0;
  }

  rest(): Uint8Array {
    return this.unread.take(this.unread.length);
  }
}

function parsePayload(payload: Buffer): FramedRequest {
  const verb = payload.toString('latin1', 0, 4);
  const name = decodeName(payload.subarray(4));
  if ((verb !== 'get ' && verb !== 'put ') || name === '') throw notAFrame();
  return { verb: verb === 'get ' ? 'get' : 'put', name };
}

function notAFrame(): TwinportError {
  return new TwinportError('syntax', 'not a frame with "put NAME" or "get NAME"');
}

export const framedServer: ServerSlice = {
  begins: (first) => {
    const [, digits = '', rest] = /^([0-9]{1,4})(?::(.{0,4}))?/s.exec(first.toString('latin1')) ?? [];
    if (digits === '') return false;
    if (rest === undefined) return first.length === digits.length ? undefined : false;
    if (rest.length === 4) return rest === 'get ' || rest === 'put ';
    return 'get '.startsWith(rest) || 'put '.startsWith(rest) ? undefined : false;
  },
  opensGet: (said) => {
    const [head, digits] = /^([0-9]{1,4}):get ./s.exec(said.toString('latin1')) ?? [];
    return head !== undefined && said.length === `${digits}:`.length + Number(digits);
  },
  open: (service) =>
    Promise.resolve((session) =>
      anyDialect<FramedRequest>({
        name: 'framed',
        tells: true,
        decoder: () => new FrameDecoder(),
        row: ({ verb }) => ({
          inband: true,
          run: ({ name }, turn) => {
            const job = { dialect: 'framed', service, session, turn };
            return verb === 'get' ? sendWhole(job, name) : receiveWhole(job, name);
          },
        }),
        replies: { error: () => undefined, closing: () => undefined },
      }),
    ),
};

export const framedClient: ClientSlice = {
  name: 'framed',
  get: async (errand, name, into) => {
    const { clock } = errand;
    const conn = new AwaitedConn(errand.conn);
    await conn.write(formatFrame({ verb: 'get', name }));
    // The original's server reads on for a body even here, and its get hangs: FIN says that none comes. Not at once: a
    // server that answers FIN with its own would then end in mid-file.
    const end = (): void => void conn.end().catch(() => undefined);
    let hint = clock.after(HINT, end);
    // A transfer begins with its first bytes, or with the end of an empty file: before them a reset is a refusal.
    const first = conn.read();
    try {
      await first;
      // What we do not read, since a disk or a pace keeps us from it, is no quiet of the server's.
      let unread = 0;
      hint.cancel();
      hint = watchStall(clock, QUIET, () => conn.bytesRead + (conn.awaited ? unread : ++unread), end, LOOKS);
      return await receiveAll(errand, into, withUnread(conn, new Uint8Array(), first));
    } catch (error) {
      throw conn.bytesRead > 0 ? error : refusal(error, 'no such file there, or it is not for us (the server reset)');
    } finally {
      hint.cancel();
    }
  },
  put: async (errand, name, from) => {
    await errand.conn.write(formatFrame({ verb: 'put', name }));
    try {
      return await sendAll(errand, from, { pause: PAUSE });
    } catch (error) {
      throw refusal(error, 'the server did not take it: the name is taken, or nothing may be written (it reset)');
    }
  },
};

/** A reset is the only way to say no. */
function refusal(error: unknown, sentence: string): unknown {
  return isTwinportError(error, 'connection-lost') ? new TwinportError('refused', sentence, { cause: error }) : error;
}
