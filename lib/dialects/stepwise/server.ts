import type { CommandDecoder, DialectReplies, Incoming, Turn } from '../../control/dialect';
import type { AnySession } from '../../control/serve';
import type { Service } from '../../control/service';
import { anyDialect, type ServerSlice } from '../../control/slice';
import { Told } from '../../control/told';
import { dialChannel } from '../../data/dial';
import { discard, finishSending } from '../../data/finish';
import { batches, plainLines, withListing } from '../../data/listing';
import { whileMoving } from '../../data/moving';
import { Scope } from '../../data/scope';
import { sendChunks, sendFile } from '../../data/send';
import { sentOn } from '../../data/stall';
import { sentenceOf, TwinportError } from '../../errors';
import { logFor } from '../../log';
import type { Conn } from '../../net/network';
import { LIMITS } from '../../options';
import type { Source } from '../../storage/storage';
import { sameAddress } from '../../wire/addresses';
import { Unread } from '../../wire/bytes';
import { CR, LF } from '../../wire/lines';
import { decodeName, hasControl } from '../../wire/names';
import { normalisePath } from '../../wire/paths';

const log = logFor('control');

/**
 * `stepwise`, the wire of the original pair: verb, port, the client's address and, for a get, the file's name, one
 * field a send, nothing behind it, the next one only after `OK`. Then the server dials, and the payload alone is on
 * the data connection. What the original has no word for is one sentence on the control connection, and its end.
 */
export interface StepwiseRequest {
  readonly kind: 'list' | 'get';
  readonly port: number;
  /** As the client named it: what is dialled is where it connects from. */
  readonly address: string;
  readonly name: string;
}

/** One field: answered, and with the last of them the request is whole. */
export interface Step {
  readonly request?: StepwiseRequest;
}

/**
 * Milliseconds of silence after which a field is whole. The client says nothing more before the answer, so it waits
 * as long; the pauses of a relay that stammers, or of a lost packet sent again, are shorter.
 */
const PATIENCE = 500;
export const OK = Buffer.from('OK');
/** What the original's client knows a missing file by. */
export const NOT_FOUND = Buffer.from('File not found.');
const NUL = 0x00;

interface FieldRule {
  /** As a refusal calls it. */
  readonly called: string;
  /** Matches a field that cannot grow any more, to its last byte. */
  readonly whole?: RegExp;
  /** Matches what may still become one. */
  readonly begins: RegExp;
}

const FIELDS = {
  verb: { called: 'verb (-l or -g)', whole: /^-[lg]/, begins: /^-?$/ },
  port: { called: 'data port (1024 to 65535)', whole: /^\d{5}/, begins: /^\d{0,4}$/ },
  address: { called: 'IPv4 address', whole: /^(\d{1,3}\.){3}\d{3}/, begins: /^(\d{1,3}\.){0,3}\d{0,3}$/ },
  name: { called: 'file name', begins: /^/ },
} as const satisfies Record<string, FieldRule>;

/**
 * The fields of one request. Nothing says where one ends but that it cannot grow, silence, or FIN; homemade clients may
 * also end it with LF, CR LF or NUL, or fill their buffers up with NULs: such bytes before a field are ignored.
 */
export class StepDecoder implements CommandDecoder<Step> {
  readonly patience = PATIENCE;
  private readonly unread = new Unread();
  private field: keyof typeof FIELDS | 'none' = 'verb';
  private readonly said = { verb: '', port: 0, address: '' };

  push(bytes: Uint8Array): void {
    if (this.field !== 'none') this.unread.append(bytes);
  }

  next(): Incoming<Step> | undefined {
    if (this.field === 'none') return undefined;
    this.dropPadding();
    if (this.unread.length === 0) return undefined;
    const bytes = this.unread.view();
    const end = bytes.findIndex(endsField);
    const length = end === -1 ? bytes.length : end;
    if (length > LIMITS.requestLine) throw this.nonsense();
    const rule: FieldRule = FIELDS[this.field];
    // The other fields are short; a name is never whole by its looks, and not worth turning into text for every byte.
    const text = this.field === 'name' ? '' : bytes.toString('latin1', 0, length);
    const whole = rule.whole?.exec(text)?.[0];
    if (whole !== undefined) return this.take(whole.length);
    if (end !== -1) return this.take(end);
    if (!rule.begins.test(text)) throw this.nonsense();
    return undefined;
  }

  quiet(): Incoming<Step> | undefined {
    const incoming = this.next();
    // A verb always has its second byte to come.
    if (incoming !== undefined || !this.waiting || this.field === 'verb') return incoming;
    return this.take(this.unread.length, 'silence');
  }

  end(): Incoming<Step> | undefined {
    return this.next() ?? (this.waiting ? this.take(this.unread.length, 'end') : undefined);
  }

  get waiting(): boolean {
    return this.field !== 'none' && this.unread.length > 0;
  }

  private dropPadding(): void {
    const bytes = this.unread.view();
    const first = bytes.findIndex((byte) => !endsField(byte));
    this.unread.drop(first === -1 ? bytes.length : first);
  }

  private take(length: number, half?: 'silence' | 'end'): Incoming<Step> {
    const line = decodeName(this.unread.take(length));
    const request = this.understand(line);
    return { request: request === undefined ? {} : { request }, line, ...(half !== undefined && { half }) };
  }

  private understand(text: string): StepwiseRequest | undefined {
    const { said } = this;
    switch (this.field) {
      case 'verb':
        if (text !== '-l' && text !== '-g') throw this.nonsense();
        said.verb = text;
        this.field = 'port';
        return undefined;
      case 'port':
        said.port = /^\d{4,5}$/.test(text) ? Number(text) : 0;
        // The ports of a machine's own services are not for clients to have dialled (RFC 2577 §3).
        if (said.port < 1024 || said.port > 65535) throw this.nonsense();
        this.field = 'address';
        return undefined;
      case 'address':
        if (!isIPv4(text)) throw this.nonsense();
        said.address = text;
        if (said.verb === '-l') return this.whole('list', '');
        this.field = 'name';
        return undefined;
      default:
        if (text === '' || hasControl(text)) throw this.nonsense();
        return this.whole('get', text);
    }
  }

  private whole(kind: 'list' | 'get', name: string): StepwiseRequest {
    const { port, address } = this.said;
    this.field = 'none';
    this.unread.drop(this.unread.length);
    return { kind, port, address, name };
  }

  private nonsense(): TwinportError {
    const called = this.field === 'none' ? 'request' : FIELDS[this.field].called;
    return new TwinportError('syntax', `that is no ${called}`);
  }
}

function endsField(byte: number): boolean {
  return byte === LF || byte === CR || byte === NUL;
}

function isIPv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((octet) => Number(octet) <= 255);
}

export const stepwiseServer: ServerSlice = {
  // On a port of several languages `-l` and `-g` alone are one only when nothing follows them: ft's lines begin so.
  begins: (first, silent) => {
    const text = first.toString('latin1');
    // Padded to its buffer by a client in C: no line of ft's has a NUL there.
    if (/^-[lg]\0+$/.test(text)) return true;
    if (text === '-l' || text === '-g') return silent ? true : undefined;
    return text === '-' && !silent ? undefined : false;
  },
  open: (service) =>
    Promise.resolve((session) => {
      const words = new Words();
      return anyDialect<Step>({
        name: 'stepwise',
        tells: true,
        decoder: () => new StepDecoder(),
        row: ({ request }) => {
          if (!service.active) return { last: true, partial: true, run: () => Promise.reject(dialsNobody()) };
          if (request === undefined) return { partial: true, run: () => Promise.resolve(OK) };
          return { last: true, run: (_, turn) => new StepwiseJob(service, session, request, turn, words).serve() };
        },
        replies: words,
      });
    }),
};

function dialsNobody(): TwinportError {
  return new TwinportError('no-data-connection', 'this server dials nobody, and this language has no other way');
}

/** One sentence a session: what is not `OK` is an error to the client, and the first says most. */
class Words implements DialectReplies {
  done = false;

  error(error: TwinportError): Buffer | undefined {
    return this.last(error.code === 'not-found' ? NOT_FOUND.toString() : `${error.message}.`);
  }

  closing(why: string): Buffer | undefined {
    return this.last(`${why}, closing.`);
  }

  private last(sentence: string): Buffer | undefined {
    if (this.done) return undefined;
    this.done = true;
    return Buffer.from(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}\n`);
  }
}

class StepwiseJob {
  private readonly told: Told;
  private readonly path: string;

  constructor(
    private readonly service: Service,
    private readonly session: AnySession,
    private readonly request: StepwiseRequest,
    private readonly turn: Turn<Step>,
    private readonly words: Words,
  ) {
    const { kind, name, port, address } = request;
    this.path = normalisePath(name);
    this.told = new Told(service, session, { dialect: 'stepwise', kind, path: this.path, port });
    // A client behind a NAT knows itself by another name; one that names a third machine is an attack (RFC 2577 §3).
    const { remote } = session.conn;
    if (!sameAddress(address, remote.address)) {
      log.trace('#%d names %s and is dialled where it is, at %s', session.id, address, remote.address);
    }
  }

  async serve(): Promise<undefined> {
    await this.turn.say(OK);
    await this.told.whole(async () => ({ length: await this.transfer(), unverified: true }));
    this.words.done = true;
  }

  private async transfer(): Promise<number> {
    if (this.request.kind === 'list') {
      const { storage, listings } = this.service;
      const share = listings.share(this.session.conn.remote.address);
      return withListing({ storage, path: '', share, signal: this.turn.signal }, (entries) => {
        const lines = batches(plainLines(entries));
        return this.overData((data, signal) => sendChunks(data, lines, { signal }));
      });
    }
    const source = await this.open();
    try {
      return await this.overData((data, signal) => sendFile(data, source, { length: source.stat.size, signal }));
    } finally {
      await source.close();
    }
  }

  /**
   * A client of the original waits for its data connection and hears nothing else: whatever cannot be had is told
   * there, in the one sentence that it knows.
   */
  private async open(): Promise<Source> {
    try {
      return await this.service.storage.read(this.path);
    } catch (error) {
      try {
        await this.overData((data, signal) => sendChunks(data, [NOT_FOUND], { signal }), false);
        this.words.done = true;
      } catch (second) {
        log.trace('#%d could not be told: %s', this.session.id, sentenceOf(second));
      }
      throw error;
    }
  }

  /** Dials where P comes from, never what the client named; `body` writes, and the rest of the life of Q is here. */
  private async overData(
    body: (data: Conn, signal: AbortSignal) => Promise<{ length: number }>,
    isTransfer = true,
  ): Promise<number> {
    const { clock, stall } = this.service;
    const { conn, network } = this.session;
    const channel = dialChannel({
      network,
      clock,
      to: { address: conn.remote.address, port: this.request.port },
      from: conn.local.address,
      isOurs: (endpoint) => network.isOurs(endpoint),
    });
    const scope = new Scope(this.turn.signal);
    try {
      const data = this.turn.moving(await this.turn.opening(() => channel.open(scope.signal)));
      if (isTransfer) this.told.started(data);
      return await whileMoving({ conn: data, clock, stall, moved: () => sentOn(data) }, scope, async (signal) => {
        const discarded = discard(data);
        const { length } = await body(data, signal);
        await finishSending(data, discarded, clock);
        return length;
      });
    } finally {
      scope.close();
      await channel.cancel();
    }
  }
}
