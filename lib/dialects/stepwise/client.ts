import { receiveAll, soundsLikeNo } from '../../control/errand';
import type { ClientSlice, Errand } from '../../control/slice';
import { listenChannel, type ListeningChannel } from '../../data/accept';
import { assertOtherPort } from '../../data/dataFrom';
import { Listed, linesOf } from '../../data/listed';
import type { Sink } from '../../data/receive';
import { throwIfAborted, unlessLater } from '../../data/scope';
import { isTwinportError, sentenceOf, TwinportError } from '../../errors';
import { forLog, logFor } from '../../log';
import type { Clock, Conn, Timer } from '../../net/network';
import { LIMITS } from '../../options';
import { isLoopback, plainAddress } from '../../wire/addresses';
import { Unread } from '../../wire/bytes';
import { CR, LF, withoutCr } from '../../wire/lines';
import { decodeName, encodeName, escaped, hasControl } from '../../wire/names';
import { NOT_FOUND, OK } from './server';

const log = logFor('control');

export const stepwiseClient: ClientSlice = {
  name: 'stepwise',
  dataApart: true,
  list: async (errand) => {
    const listed = new Listed();
    return overData(errand, ['-l'], listed, () => {
      const all = listed.bytes();
      const text = unpadded(all);
      if (mayBeCut(all.length, text.length)) errand.onNote?.(CUT);
      return [...linesOf(text)].map((line) => decodeName(withoutCr(line))).filter((name) => name !== '');
    });
  },
  get: async (errand, name, into) => {
    // A field has no end mark of its own, but homemade servers, and ours, take these for one.
    if (name === '' || hasControl(name) || encodeName(name).length > LIMITS.requestLine) {
      throw new TwinportError(
        'invalid-name',
        'stepwise cannot ask for this name: it is empty, too long or not one line',
      );
    }
    const body = new Unpadding(into);
    return overData(errand, ['-g', name], body, async () => {
      const length = await body.finish();
      if (mayBeCut(body.came, length)) errand.onNote?.(CUT);
      return length;
    });
  },
};

/** What the original's buffer holds: its server sends all of it, whatever the file's size. */
const PADDED = 199_999;
const CUT = `these are ${PADDED} bytes, all that an original server can send: the rest may have been cut off`;
const NUL = 0x00;

/**
 * A file as it comes from an original: exactly 199,999 bytes have lost where they end, and are cut behind the last
 * that is not NUL. Of any other size they are as they should be. Nothing that may still be cut, or may be no file but
 * a refusal, is passed on before the end.
 */
export class Unpadding implements Sink {
  private readonly held = new Unread();
  private passed = 0;
  /** Bytes that came, padding included. */
  came = 0;

  constructor(private readonly into: Sink) {}

  write(chunks: readonly Uint8Array[], position: number): void | Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.came += bytes;
    if (this.passed === 0 && this.held.length + bytes <= PADDED) {
      for (const chunk of chunks) this.held.append(chunk);
      return;
    }
    const late = this.held.length === 0 ? chunks : [this.held.take(this.held.length), ...chunks];
    const at = this.passed === 0 ? 0 : position;
    this.passed = position + bytes;
    return this.into.write(late, at);
  }

  /** The end came: how many bytes the file has. */
  async finish(): Promise<number> {
    if (this.passed > 0) return this.passed;
    const all = this.held.take(this.held.length);
    const body = all.length === PADDED ? unpadded(all) : all;
    if (body.equals(NOT_FOUND)) {
      throw new TwinportError('refused', 'File not found. (A file of just these words could not be told from it.)');
    }
    if (body.length > 0) await this.into.write([body], 0);
    return body.length;
  }
}

/** The original's buffer came full to its last byte: whatever did not fit is lost without a sign. */
function mayBeCut(came: number, kept: number): boolean {
  return came === PADDED && kept === PADDED;
}

function unpadded(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === NUL) end -= 1;
  return bytes.subarray(0, end);
}

/**
 * A whole exchange: listen, ask field by field, take the server's dial, and all that it sends up to its FIN. What `finish`
 * makes of it is the result, unless the server says on P that it is none.
 */
async function overData<T>(
  errand: Errand,
  [verb, ...rest]: readonly [verb: string, ...rest: string[]],
  into: Sink,
  finish: () => T | Promise<T>,
): Promise<T> {
  const { conn, clock, signal } = errand;
  const address = ownAddress(conn);
  const door = await listen(errand);
  const server = new Answers(conn, clock);
  try {
    for (const field of [verb, String(door.port), address, ...rest]) await server.ask(encodeName(field));
    const opened = door.open(signal);
    opened.catch(() => undefined);
    const data = await Promise.race([opened, server.refusal(SETTLE)]).catch((error: unknown) => {
      void opened.then((late) => late.destroy()).catch(() => undefined);
      throw isTwinportError(error, 'data-timeout')
        ? new TwinportError('data-timeout', 'the server took the request, but never dialled (a firewall?)')
        : error;
    });
    server.stop();
    errand.join(data);
    await receiveAll(errand, into, data).catch((error: unknown) => {
      if (signal.aborted || !isTwinportError(error, 'connection-lost')) throw error;
      throw new TwinportError('incomplete', 'the data connection was lost', { cause: error });
    });
    // The other side waits for our FIN before it ends the control connection.
    await data.end().catch(() => undefined);
    data.destroy();
    const result = await finish();
    const said = await server.lastWords();
    throwIfAborted(signal);
    if (said !== '') errand.onNote?.(`the server says "${said}"`);
    return result;
  } finally {
    server.stop();
    await door.cancel();
  }
}

/** The wire has room for an IPv4 address alone; to whom ::1 is this machine, so is 127.0.0.1. */
function ownAddress(conn: Conn): string {
  const address = plainAddress(conn.local.address);
  if (!address.includes(':')) return address;
  if (isLoopback(address)) return '127.0.0.1';
  throw new TwinportError('unsupported', `stepwise can name IPv4 addresses only, and we are ${address} to the server`);
}

/** Before anything is said: an original may dial as soon as it knows where. */
async function listen({ conn, network, clock, dataPort, allows }: Errand): Promise<ListeningChannel> {
  assertOtherPort(network, conn.remote, dataPort);
  return listenChannel({ network, clock, ports: [dataPort, dataPort], allows, bulk: true });
}

/** What the server says on P: `OK` to each field; everything else is why it will not serve us. */
class Answers {
  private readonly unread = new Unread();
  private ended: TwinportError | undefined;
  private stopped = false;
  private wake: () => void = () => undefined;
  private timer: Timer | undefined;
  private lost = false;
  private readonly over: Promise<void>;

  constructor(
    private readonly conn: Conn,
    private readonly clock: Clock,
  ) {
    this.over = this.listen();
  }

  /** Says a field and waits for its `OK`. */
  async ask(field: Buffer): Promise<void> {
    // One OK too many: the server took a field in two, as the original does when it comes so. What it understood is not
    // what was asked for, and the file that it would send is another.
    if (this.says(OK)) {
      throw new TwinportError('protocol', 'the server says OK to what it was not asked: it took a field apart');
    }
    if (this.text.length > 0) return this.refusal();
    log.trace('> %s', forLog(field.toString()));
    // A failed write shows as the end of reading, and what was said before that end is worth more.
    this.conn.write(field).catch(() => undefined);
    while (!this.says(OK)) {
      if (!this.couldSay(OK) || this.ended !== undefined) return this.refusal();
      await this.news();
    }
    this.unread.drop(OK.length);
  }

  /**
   * Rejects once the server has refused, in words or by its end, and no dial of its came in that very moment
   * (`grace`, milliseconds).
   */
  async refusal(grace = 0): Promise<never> {
    while (this.text.length === 0 && this.ended === undefined && !this.stopped) await this.news();
    await this.pause(LIMITS.plainQuiet, () => this.ended !== undefined);
    if (grace > 0) await this.pause(grace);
    const { words } = this;
    if (words !== '') throw new TwinportError('refused', words);
    throw this.ended ?? new TwinportError('aborted', 'nobody waits for the server any more');
  }

  /** Nobody waits for what it says any more. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.wake();
  }

  /**
   * The data connection has ended, which a server's death ends as well. This wire has no word for done, but a server in
   * trouble says so here, or resets: ends our side, and hears the server's to its end, or for a moment. Returns what it said;
   * rejects `refused` when that sounds like a refusal, `incomplete` on a reset.
   */
  async lastWords(): Promise<string> {
    this.conn.end().catch(() => undefined);
    const late = new TwinportError('timeout', 'the server keeps its end open, for the next command');
    await unlessLater(this.over, this.clock, LAST_WORDS, () => late).catch(() => this.conn.destroy());
    const { words } = this;
    if (soundsLikeNo(words)) throw new TwinportError('refused', words);
    if (this.lost) throw new TwinportError('incomplete', 'the server reset the control connection behind the data');
    return words;
  }

  /** What is left of what it said, as one line. */
  private get words(): string {
    return escaped(
      decodeName(this.text)
        .replace(/[\s\0]+$/, '')
        .replace(/\r?\n/g, ' / '),
    );
  }

  /** Reads to the end of P: closing it with something unread would be a reset. */
  private async listen(): Promise<void> {
    try {
      for (let chunks; (chunks = await this.conn.read()) !== null;) {
        // An error text is a line or two; a flood is not worth memory.
        for (const chunk of chunks) if (this.unread.length < LIMITS.requestLine) this.unread.append(chunk);
        this.wake();
      }
      this.ended = new TwinportError('connection-lost', 'the server ended the connection without an answer');
    } catch (error) {
      this.ended = new TwinportError('connection-lost', sentenceOf(error), { cause: error });
      // What we give up ourselves was not taken from us.
      this.lost = isTwinportError(error, 'connection-lost');
    }
    this.wake();
  }

  /** What it said and was not asked for yet; some send all of a buffer, and an `OK` then comes with NULs. */
  private get text(): Buffer {
    const bytes = this.unread.view();
    const first = bytes.findIndex((byte) => byte !== NUL && byte !== CR && byte !== LF);
    this.unread.drop(first === -1 ? bytes.length : first);
    return this.unread.view();
  }

  private says(word: Buffer): boolean {
    return this.text.subarray(0, word.length).equals(word);
  }

  private couldSay(word: Buffer): boolean {
    return this.text.equals(word.subarray(0, this.text.length));
  }

  private news(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      if (this.stopped) resolve();
    });
  }

  private async pause(ms: number, isOver = (): boolean => false): Promise<void> {
    let late = false;
    this.timer = this.clock.after(ms, () => {
      late = true;
      this.wake();
    });
    while (!late && !this.stopped && !isOver()) await this.news();
    this.timer.cancel();
  }
}

/**
 * Milliseconds for what a server says behind the data. Words that it said with their end are there with it, or a lost
 * packet later; an original that keeps P open for the next command costs no more than this.
 */
const LAST_WORDS = 200;
/** Milliseconds between the end of P and giving up on Q: both are ready in the same turn of the loop. */
const SETTLE = 50;
