import type { CommandDecoder, Incoming } from '../control/dialect';
import { receiveAll, sendAll } from '../control/errand';
import { receiveWhole, sendWhole } from '../control/inband';
import { anyDialect, type ClientSlice, type ServerSlice } from '../control/slice';
import { isSource } from '../data/body';
import { withUnread } from '../data/unread';
import { TwinportError } from '../errors';
import { LIMITS, wholeNumber } from '../options';
import { Unread } from '../wire/bytes';
import { decodeName, encodeName, hasControl } from '../wire/names';

/**
 * `colon`: one connection, one file. `NAME:PUT` (or `SEND`) or `NAME:GET`, then the file, raw, to the end of the stream.
 * The first choice in the stream ends the header, so `a:GET` is no name. A client may announce how many come at once,
 * itself among them, by `N:CLIENTS` in front of its own header: our choice of bytes, the original's are not public.
 */
export interface ColonRequest {
  readonly choice: 'get' | 'put';
  readonly name: string;
  readonly clients?: number;
}

const CHOICE = /: *(PUT|SEND|GET)/i;
const CLIENTS = /^([0-9]+) *: *CLIENTS/i;
/** Clients that can be announced. They are only told of: nothing is kept for them. */
const MOST_CLIENTS = 1000;
/**
 * Milliseconds between our header and a body: a server that takes the first packet for the header, as the original does,
 * then finds nothing else in it. And one that refuses can say so before a byte was sent in vain.
 */
const PAUSE = 200;
const SPACE = 0x20;
/**
 * What begins a frame of `framed`, too: its client would take our words, or the file `7`, for the one that it asks for, and
 * the name and all that it puts would be stored as `7`. A space behind it is no colon's, and without it the header is whole
 * after `PATIENCE` milliseconds.
 */
const FRAME = /^[0-9]{1,4}:(?:get|put)$/;
const PATIENCE = 500;

/**
 * Instead of a file that is not there, by either end. It is the text that stepwise's original sends; colon's own is
 * not public, so that this is our reading.
 */
const NOT_FOUND = Buffer.from('File not found.');

/** One header; what follows it is the file. */
export class HeaderDecoder implements CommandDecoder<ColonRequest> {
  readonly patience = PATIENCE;
  private readonly unread = new Unread();
  private clients: number | undefined;
  /** No choice begins before this: only behind the last colon can one still come to be. */
  private from = 0;
  private done = false;

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  next(): Incoming<ColonRequest> | undefined {
    return this.decode(false);
  }

  /** `over`: the client says no more, for now or ever. */
  private decode(over: boolean): Incoming<ColonRequest> | undefined {
    if (this.done) return undefined;
    this.clients ??= this.announcement();
    const { unread, from } = this;
    const text = unread.view().toString('latin1', from, LIMITS.requestLine);
    const found = CHOICE.exec(text);
    if (found === null) {
      if (unread.length >= LIMITS.requestLine) throw notUnderstood('no choice follows the name');
      const colon = text.lastIndexOf(':');
      this.from += colon === -1 ? text.length : colon;
      return undefined;
    }
    const [matched, choice] = found;
    const length = from + found.index + matched.length;
    if (this.clients === undefined && FRAME.test(unread.view().toString('latin1', 0, length))) {
      if (unread.at(length) === SPACE)
        throw new TwinportError('not-understood', 'this is framed, which is not spoken here');
      if (unread.length === length && !over) return undefined;
    }
    this.done = true;
    const line = unread.take(length);
    const request = {
      choice: choice?.toUpperCase() === 'GET' ? 'get' : 'put',
      name: nameIn(line, from + found.index),
    } as const;
    return {
      request: this.clients === undefined ? request : { ...request, clients: this.clients },
      line: line.toString(),
    };
  }

  quiet(): Incoming<ColonRequest> | undefined {
    return this.decode(true);
  }

  end(): Incoming<ColonRequest> | undefined {
    const incoming = this.decode(true);
    if (incoming === undefined && this.waiting) throw notUnderstood('the connection ended inside of it');
    return incoming;
  }

  get waiting(): boolean {
    return !this.done && (this.unread.length > 0 || this.clients !== undefined);
  }

  rest(): Uint8Array {
    return this.unread.take(this.unread.length);
  }

  private announcement(): number | undefined {
    const found = CLIENTS.exec(this.unread.view().toString('latin1', 0, LIMITS.requestLine));
    if (found === null) return undefined;
    const count = Number(found[1]);
    if (count < 1 || count > MOST_CLIENTS) throw notUnderstood(`1 to ${MOST_CLIENTS} clients can be announced`);
    this.unread.drop(found[0].length);
    this.from = 0;
    return count;
  }
}

/** The spaces around the colon belong to nobody, those in front of the name and inside of it are its own. */
function nameIn(header: Buffer, colon: number): string {
  let end = colon;
  while (end > 0 && header[end - 1] === SPACE) end -= 1;
  const name = decodeName(header.subarray(0, end));
  if (name === '') throw notUnderstood('the name is empty');
  if (hasControl(name)) throw notUnderstood('the name holds a control character');
  return name;
}

function notUnderstood(why: string): TwinportError {
  return new TwinportError('syntax', `not a header NAME:PUT, NAME:SEND or NAME:GET: ${why}`);
}

/** A header that says what is meant, or `invalid-name` where none can. */
export function formatHeader({ choice, name, clients }: ColonRequest): Buffer {
  const announcement = clients === undefined ? '' : `${wholeNumber('clients', clients, 1, MOST_CLIENTS)}:CLIENTS`;
  const header = Buffer.concat([encodeName(name), Buffer.from(`:${choice.toUpperCase()}`)]);
  const why = whyNot(name, header.length);
  if (why !== undefined) throw new TwinportError('invalid-name', `colon cannot ask for this name: ${why}`);
  return Buffer.concat([Buffer.from(announcement), header]);
}

function whyNot(name: string, length: number): string | undefined {
  if (name === '') return 'it is empty';
  if (hasControl(name)) return 'it holds a control character';
  if (name.endsWith(' ')) return 'it ends with a space';
  if (CHOICE.test(name)) return 'it holds ":PUT", ":SEND" or ":GET"';
  if (CLIENTS.test(name)) return 'it begins as an announcement of clients does';
  return length > LIMITS.requestLine ? 'it is too long' : undefined;
}

/** Does it hold the error text, and nothing else? */
async function isErrorText(
  file: { read(into: Uint8Array, position: number): number | Promise<number> },
  length: number,
): Promise<boolean> {
  if (length !== NOT_FOUND.length) return false;
  const held = Buffer.alloc(length);
  for (let at = 0, got; at < length; at += got) {
    got = await file.read(held.subarray(at), at);
    if (got === 0) return false;
  }
  return held.equals(NOT_FOUND);
}

/**
 * What a refused client hears before the end. Whoever gets would take any other words for the file, so that everything
 * is "not found" to it; whoever puts may read them, and is read from to its end, so that no reset destroys them. Undefined,
 * a reset, once words are no answer any more.
 */
function words({ code, kind }: TwinportError, getting: boolean): Buffer | undefined {
  // A client of framed keeps any words as the file.
  if (kind === 'aborted' || kind === 'network' || code === 'not-understood') return undefined;
  if (getting) return NOT_FOUND;
  if (code === 'syntax') return Buffer.from('Request not understood: NAME:PUT, NAME:SEND or NAME:GET, please.');
  return Buffer.from(code === 'exists' ? 'File exists already.' : 'File not accepted.');
}

export const colonServer: ServerSlice = {
  opensGet: (said) => {
    const text = said.toString('latin1');
    const found = CHOICE.exec(text);
    // The half of a frame must not be taken for all of a header.
    if (found === null || found.index === 0 || FRAME.test(text) || found[1]?.toUpperCase() !== 'GET') return false;
    return found.index + found[0].length === text.length;
  },
  open: (service) =>
    Promise.resolve((session) => {
      let getting = false;
      return anyDialect<ColonRequest>({
        name: 'colon',
        tells: true,
        decoder: () => new HeaderDecoder(),
        row: () => ({
          inband: true,
          run: ({ choice, name, clients }, turn) => {
            const job = { dialect: 'colon', service, session, turn };
            if (clients !== undefined) {
              const about = { outcome: 'ok', address: session.conn.remote.address, session: session.id } as const;
              service.note(`${clients} ${clients === 1 ? 'client' : 'clients'} expected.`, about);
            }
            getting = choice === 'get';
            if (getting) return sendWhole(job, name);
            return receiveWhole(job, name, {
              vet: async (part, length) => {
                if (!(await isErrorText(part, length))) return;
                throw new TwinportError('protocol', 'the client sent its error text: it has no such file');
              },
            });
          },
        }),
        replies: { error: (error) => words(error, getting), closing: () => undefined },
      });
    }),
};

export const colonClient: ClientSlice = {
  name: 'colon',
  get: async (errand, name, into) => {
    const { conn, onMessage, settings } = errand;
    await conn.write(formatHeader({ choice: 'get', name, ...settings }));
    // Held back as long as it may still turn out to be the error text: that is never the file, under any name.
    let held = Buffer.alloc(0);
    while (NOT_FOUND.subarray(0, held.length).equals(held)) {
      const chunks = await conn.read();
      if (chunks === null) break;
      for (const chunk of chunks) onMessage?.(chunk);
      held = Buffer.concat([held, ...chunks]);
    }
    if (held.equals(NOT_FOUND)) throw new TwinportError('refused', NOT_FOUND.toString());
    if (onMessage === undefined) return receiveAll(errand, into, withUnread(conn, held));
    const write: typeof into.write = (chunks, position) => {
      if (position >= held.length) for (const chunk of chunks) onMessage(chunk);
      return into.write(chunks, position);
    };
    return receiveAll({ ...errand, prompt: true }, { write }, withUnread(conn, held));
  },
  put: async (errand, name, from) => {
    if (isSource(from) && (await isErrorText(from, from.stat.size))) {
      throw new TwinportError(
        'unsupported',
        `in colon a file of just "${NOT_FOUND.toString()}" says that there is none`,
      );
    }
    await errand.conn.write(formatHeader({ choice: 'put', name, ...errand.settings }));
    return sendAll(errand, from, { pause: PAUSE });
  },
};
