import type { CommandDecoder, Incoming } from '../control/dialect';
import { receiveAll, sendAll } from '../control/errand';
import { receiveWhole, sendNames, sendWhole } from '../control/inband';
import { anyDialect, type ClientSlice, type Errand, type ServerSlice } from '../control/slice';
import { Listed, linesOf } from '../data/listed';
import type { Found } from '../data/listing';
import { assertFarewell } from '../data/farewell';
import { receive } from '../data/receive';
import { withUnread } from '../data/unread';
import { TwinportError } from '../errors';
import type { Conn } from '../net/network';
import { Unread } from '../wire/bytes';
import { CR, LF } from '../wire/lines';
import { decodeName, encodeName, hasControl, printable } from '../wire/names';

/**
 * `privateshare`: one connection, one message of at most 32 bytes (`list`, `get,NAME` or `put,NAME`), nothing behind
 * it, since the originals take whatever one read gives them. The answer is `a, b, c, ` for a list; for the others
 * `pass`, and then the file's bytes to the end of the stream, or `cancel`.
 */
export interface ShareRequest {
  readonly verb: 'list' | 'get' | 'put';
  readonly name: string;
}

const MESSAGE = 32;
const VERB = 4;
/** What is left of a message for the name. */
const NAME = MESSAGE - VERB;
/**
 * Milliseconds of silence that end a message. An original sends all of it at once; the pauses of a relay that
 * stammers, or of a lost packet sent again, are shorter.
 */
const PATIENCE = 500;
/**
 * Milliseconds between `pass` and the file: a client that reads more than four bytes for its code would take the first
 * of the file along with it, and not find `pass` in that.
 */
const PAUSE = 100;
const NUL = 0x00;
const PASS = Buffer.from('pass');
const CANCEL = Buffer.from('cancel');
const SEPARATOR = ', ';

/** One message. Homemade clients may end it with LF, CR LF or NUL, or pad it with NULs to its 32 bytes. */
export class ShareDecoder implements CommandDecoder<ShareRequest> {
  readonly patience = PATIENCE;
  private readonly unread = new Unread();
  private done = false;

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  /**
   * `list` is whole with its last byte. Every other message must be seen to end, at 32 bytes too: cutting a longer one
   * there would fetch another file than the one that was asked for.
   */
  next(): Incoming<ShareRequest> | undefined {
    if (this.done) return undefined;
    const head = this.unread.view();
    const message = terminated(head);
    if (message === undefined) {
      if (!couldBe(head) || head.length > MESSAGE + 1 || (head.length > MESSAGE && head[MESSAGE] !== CR))
        throw unknown();
      return head.equals(LIST) ? this.take(VERB, VERB) : undefined;
    }
    const data = message.end + 1;
    if (!startsWith(head, PUT)) return this.take(message.length, data);
    // Behind a put come data, for some clients do not wait for `pass`; or NULs that fill the message up.
    const padding = head.subarray(data, MESSAGE);
    const padded = padding.every((byte) => byte === NUL);
    if (padded && head.length < MESSAGE) return undefined;
    return this.take(message.length, padded ? Math.max(data, MESSAGE) : data);
  }

  quiet(): Incoming<ShareRequest> | undefined {
    return this.whatIsThere('silence');
  }

  /** Whoever puts has yet to hear `pass` and to send: a put that FIN cuts off names no file, or half of one. */
  end(): Incoming<ShareRequest> | undefined {
    const head = this.unread.view();
    if (this.waiting && startsWith(head, PUT) && terminated(head) === undefined) throw unknown();
    return this.whatIsThere('end');
  }

  get waiting(): boolean {
    return !this.done && this.unread.length > 0;
  }

  rest(): Uint8Array {
    return this.unread.take(this.unread.length);
  }

  private whatIsThere(half: 'silence' | 'end'): Incoming<ShareRequest> | undefined {
    if (!this.waiting) return undefined;
    const head = this.unread.view();
    const length = terminated(head)?.length ?? (head.at(-1) === CR ? head.length - 1 : head.length);
    return { ...this.take(length, head.length), half };
  }

  private take(length: number, drop: number): { request: ShareRequest; line: string } {
    this.done = true;
    const message = this.unread.take(drop).subarray(0, length);
    return { request: parseMessage(message), line: message.toString() };
  }
}

const LIST = Buffer.from('list');
const GET = Buffer.from('get,');
const PUT = Buffer.from('put,');
const VERBS = [LIST, GET, PUT];

/** Where the first message ends, and how long it is without its terminator. */
function terminated(head: Buffer): { length: number; end: number } | undefined {
  const end = head.subarray(0, MESSAGE + 2).findIndex((byte) => byte === LF || byte === NUL);
  if (end === -1) return undefined;
  const length = end > 0 && head[end - 1] === CR ? end - 1 : end;
  return length > MESSAGE ? undefined : { length, end };
}

function startsWith(bytes: Buffer, what: Buffer): boolean {
  return bytes.length >= what.length && bytes.subarray(0, what.length).equals(what);
}

function couldBe(head: Buffer): boolean {
  if (startsWith(head, LIST)) return head.length === VERB || head[VERB] === CR;
  return VERBS.some((verb) => verb.subarray(0, head.length).equals(head.subarray(0, VERB)));
}

function parseMessage(message: Buffer): ShareRequest {
  if (message.equals(LIST)) return { verb: 'list', name: '' };
  const name = decodeName(message.subarray(VERB));
  if (name === '' || hasControl(name)) throw unknown();
  if (startsWith(message, GET)) return { verb: 'get', name };
  if (startsWith(message, PUT) && !COLON.test(name)) return { verb: 'put', name };
  throw unknown();
}

/**
 * What puts `put,x` in colon: behind it come the first of its file, up to a line's end, and would be of the name. Its client
 * believes that `pass` is as good as nothing.
 */
const COLON = /: *(?:PUT|SEND)/;

function unknown(): TwinportError {
  return new TwinportError('syntax', `not "list", "get,NAME" or "put,NAME" of at most ${MESSAGE} bytes`);
}

/** `a, b, c, `: a comma and a space in a name cannot be told from two names. */
function* commas(entries: Iterable<Found>): Iterable<Buffer> {
  for (const { name } of entries) yield encodeName(printable(name) + SEPARATOR);
}

export const privateshareServer: ServerSlice = {
  begins: (first) => {
    const [verb] = VERBS.filter((each) => each.subarray(0, first.length).equals(first.subarray(0, VERB)));
    if (verb === undefined) return false;
    return first.length < VERB ? undefined : true;
  },
  open: (service) =>
    Promise.resolve((session) =>
      anyDialect<ShareRequest>({
        name: 'privateshare',
        tells: true,
        decoder: () => new ShareDecoder(),
        row: ({ verb }) => ({
          inband: true,
          run: ({ name }, turn) => {
            const job = { dialect: 'privateshare', service, session, turn };
            if (verb === 'list') return sendNames(job, commas);
            if (verb === 'get') return sendWhole(job, name, { word: PASS, pause: PAUSE });
            return receiveWhole(job, name, { word: PASS });
          },
        }),
        // What fails behind `pass` has reset the connection already: this word then goes nowhere.
        replies: { error: () => CANCEL, closing: () => undefined },
      }),
    ),
};

export const privateshareClient: ClientSlice = {
  name: 'privateshare',
  list: async (errand) => {
    await errand.conn.write(LIST);
    const listing = await everything(errand);
    if (listing.equals(CANCEL)) throw new TwinportError('refused', 'cancel: it does not show what it has');
    const names = [...linesOf(listing, SEPARATOR)].map(decodeName);
    // Behind each name stands a separator: what does not end in one was cut off.
    if (names.length > 0 && !listing.subarray(-SEPARATOR.length).equals(Buffer.from(SEPARATOR))) {
      throw new TwinportError('incomplete', `the listing breaks off behind ${names.length - 1} names`);
    }
    errand.onData(errand.conn.remote);
    return names;
  },
  get: async (errand, name, into) => {
    await errand.conn.write(formatMessage('get,', name));
    return receiveAll(errand, into, await passed(errand, 'cancel: no such file there, or it is not for us'));
  },
  put: async (errand, name, from) => {
    const refusal = 'cancel: the name is taken, or nothing may be written there';
    await errand.conn.write(formatMessage('put,', name));
    return sendAll({ ...errand, conn: await passed(errand, refusal) }, from);
  },
};

export function formatMessage(verb: 'get,' | 'put,', name: string): Buffer {
  const bytes = encodeName(name);
  const cannot = (why: string): TwinportError =>
    new TwinportError('invalid-name', `privateshare cannot ask for this name: ${why}`);
  if (name === '') throw cannot('it is empty');
  if (hasControl(name)) throw cannot('it holds a control character');
  if (bytes.length > NAME) throw cannot(`it has ${bytes.length} bytes, and a message has room for ${NAME}`);
  return Buffer.concat([Buffer.from(verb), bytes]);
}

/**
 * Waits for the code, and returns the connection from the first byte behind it on: `pass` and the first of the file
 * may come together. Only the stream's first bytes are a code, so no file's content can be taken for one.
 */
async function passed({ conn }: Errand, refusal: string): Promise<Conn> {
  let came = Buffer.alloc(0);
  while (!startsWith(came, PASS)) {
    if (startsWith(came, CANCEL)) throw new TwinportError('refused', refusal);
    if (![PASS, CANCEL].some((code) => code.subarray(0, came.length).equals(came))) {
      throw new TwinportError('not-understood', 'the server answers with neither "pass" nor "cancel"');
    }
    const chunks = await conn.read();
    if (chunks === null && came.length === 0) throw new TwinportError('refused', 'nothing, and ended the connection');
    if (chunks === null) throw new TwinportError('incomplete', 'the server ended the connection inside of its answer');
    came = Buffer.concat([came, ...chunks]);
  }
  return withUnread(conn, came.subarray(PASS.length));
}

async function everything({ conn, signal, onProgress }: Errand): Promise<Buffer> {
  const listed = new Listed();
  await receive(conn, listed, { signal, onProgress: (bytes) => onProgress(bytes) });
  assertFarewell(conn);
  return listed.bytes();
}
