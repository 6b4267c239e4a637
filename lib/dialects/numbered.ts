import type { CommandDecoder, Incoming, Turn } from '../control/dialect';
import { sendAll } from '../control/errand';
import type { AnySession } from '../control/serve';
import { putRefusal, type Service } from '../control/service';
import { anyDialect, type ClientSlice, type ServerSlice } from '../control/slice';
import { Told } from '../control/told';
import { receive, type Sink } from '../data/receive';
import { deferred, unlessAborted } from '../data/scope';
import { receivedOn, watchStall } from '../data/stall';
import { withUnread } from '../data/unread';
import { isTwinportError, TwinportError } from '../errors';
import type { Conn } from '../net/network';
import { LIMITS } from '../options';
import type { Storage, Target } from '../storage/storage';
import { Unread } from '../wire/bytes';

/**
 * `numbered`: uploads only, raw bytes to the end of the stream, saved as `1.file`, `2.file`… in the order in which they
 * connected. The wire has no names, no counts and no replies. An upload that is not whole as far as can be told leaves
 * a file all the same, which says `ERROR` and nothing else: its number was given, and its sender may look for it.
 *
 * In the "accio" form the server speaks first, twice, and the bytes come behind the second confirmation.
 */
const ERROR = Buffer.from('ERROR');
const GREETING = Buffer.from('accio\r\n');
const CONFIRMATIONS = [Buffer.from('confirm-accio\r\n'), Buffer.from('confirm-accio-again\r\n\r\n')];
/** So that silence is noticed within a second after its ten. */
const LOOKS = 10;
const COPY = 1024 * 1024;
/** Milliseconds behind the last confirmation: an original that reads more than that would lose what came along. */
const PAUSE = 200;

/** Gives the numbers, each once. */
class Numbers {
  private last = 0;

  /** Two ports that serve one directory count together: each upload would else be kept from its name by the other's. */
  private static readonly known = new WeakMap<Storage, Numbers>();

  /** Goes on behind the highest that is there now; or, where nobody may look, behind those that prove to be taken. */
  static async of({ storage, rights }: Service): Promise<Numbers> {
    const numbers = Numbers.known.get(storage) ?? new Numbers();
    Numbers.known.set(storage, numbers);
    if (!rights.includes('list')) return numbers;
    for await (const { name } of await storage.list('', { facts: false })) {
      // Longer ones are no numbers that can be counted on from.
      const number = Number(/^([1-9][0-9]{0,14})\.file$/.exec(name)?.[1] ?? 0);
      numbers.last = Math.max(numbers.last, number);
    }
    return numbers;
  }

  next(): number {
    this.last += 1;
    return this.last;
  }
}

/** There is nothing to decode: to connect is to ask, and the number is given in that moment. */
class Opening implements CommandDecoder<number> {
  readonly waiting = false;

  constructor(private readonly numbers: Numbers) {}

  open(): Incoming<number> {
    const number = this.numbers.next();
    return { request: number, line: `(upload ${number})` };
  }

  push(): void {
    // Nobody reads before the upload does.
  }

  next(): undefined {
    return undefined;
  }

  quiet(): undefined {
    return undefined;
  }

  end(): undefined {
    return undefined;
  }
}

export const numberedServer: ServerSlice = {
  open: async (service, { maxSize = LIMITS.uploadSize, accio = false }) => {
    const numbers = await Numbers.of(service);
    return (session) =>
      anyDialect<number>({
        name: 'numbered',
        tells: true,
        decoder: () => new Opening(numbers),
        row: () => ({
          inband: true,
          run: (number, turn) => new Upload({ service, session, turn, numbers, maxSize, accio }, number).serve(),
        }),
        replies: { error: () => undefined, closing: () => undefined },
      });
  },
};

interface UploadPlan {
  readonly service: Service;
  readonly session: AnySession;
  readonly turn: Turn<number>;
  readonly numbers: Numbers;
  readonly maxSize: number;
  readonly accio: boolean;
}

class Upload {
  private receiving: Promise<number> = Promise.resolve(0);

  constructor(
    private readonly plan: UploadPlan,
    private number: number,
  ) {}

  private get path(): string {
    return `${this.number}.file`;
  }

  async serve(): Promise<undefined> {
    const { service, session, turn } = this.plan;
    const path = (): string => this.path;
    const told = new Told(service, session, {
      dialect: 'numbered',
      kind: 'put',
      get path() {
        return path();
      },
    });
    await told.whole(async () => {
      const conn = turn.conn();
      const refused = putRefusal(service);
      if (refused !== undefined) return this.refuse(conn, refused);
      const target = await this.open();
      told.started(conn);
      try {
        const length = await this.receive(conn, target);
        if (await isFrame(target, length)) throw new TwinportError('not-understood', STRANGER);
        await this.publish(target, length);
        return { length, unverified: true };
      } catch (error) {
        try {
          if (this.leavesError(error, conn)) await this.leaveError();
        } finally {
          conn.reset();
          // It may be in the middle of a write: what it writes to must not be closed under it.
          await this.receiving.catch(() => undefined);
          await target.discard();
        }
        throw error;
      }
    });
  }

  /** Not before the client says something: what is reset while it connects looks as if nobody were there. */
  private async refuse(conn: Conn, refusal: TwinportError): Promise<never> {
    const denied = (): never => {
      throw refusal;
    };
    await this.receive(conn, { write: denied }, true);
    return denied();
  }

  /**
   * What the disk could not take it will hardly take now. Who resets before the first byte had nothing to send, or
   * nothing he could read; who is sent away before it, to make room, may yet send elsewhere. Everything else was an
   * upload, and is none.
   */
  private leavesError(error: unknown, conn: Conn): boolean {
    if (isTwinportError(error, 'connection-lost', 'aborted') && conn.bytesRead <= this.head) return false;
    return isTwinportError(error) && error.kind !== 'storage';
  }

  /** Bytes that come before the file's. */
  private get head(): number {
    return this.plan.accio ? Buffer.concat(CONFIRMATIONS).length : 0;
  }

  /** A part for this number, or for the next one whose name nobody else has taken. */
  private async open(): Promise<Target> {
    const { service, numbers } = this.plan;
    for (;;) {
      try {
        return await service.storage.write(this.path, { replace: false });
      } catch (error) {
        if (!isTwinportError(error, 'exists', 'not-a-file')) throw error;
        this.number = numbers.next();
      }
    }
  }

  /** Everything up to the client's FIN. It is not reset here: first `ERROR` is there, then it learns of it. */
  private async receive(conn: Conn, into: Sink, prompt = false): Promise<number> {
    const { service, turn, accio, maxSize } = this.plan;
    const silence = deferred<never>();
    const sink = new BoundedSink(into, maxSize);
    const moved = (): number => receivedOn(conn) + sink.signsOfLife();
    const watch = watchStall(service.clock, LIMITS.uploadSilence, moved, silence.reject, LOOKS);
    const { signal } = turn;
    this.receiving = (async () => receive(accio ? await confirmed(conn) : conn, sink, { signal, prompt }))();
    try {
      return await unlessAborted(Promise.race([this.receiving, silence.promise]), signal);
    } finally {
      watch.cancel();
    }
  }

  /** Somebody else may have taken the name since: nothing is ever replaced, so this one gets the next. */
  private async publish(target: Target, length: number): Promise<void> {
    if (!(await this.isTaken())) return target.commit(length);
    const other = await this.open();
    try {
      await copy(target, other, length);
      await this.publish(other, length);
    } catch (error) {
      await other.discard();
      throw error;
    }
    await target.discard();
  }

  private async isTaken(): Promise<boolean> {
    try {
      await this.plan.service.storage.stat(this.path);
      return true;
    } catch (error) {
      if (isTwinportError(error, 'not-found')) return false;
      throw error;
    }
  }

  private async leaveError(): Promise<void> {
    const target = await this.open();
    try {
      await target.write([ERROR], 0);
      await this.publish(target, ERROR.length);
    } catch (error) {
      await target.discard();
      throw error;
    }
  }
}

/** Refuses what is too much, and knows when it is the disk that makes the client wait. */
class BoundedSink implements Sink {
  private writing = false;
  private signs = 0;

  constructor(
    private readonly into: Sink,
    private readonly most: number,
  ) {}

  /** Another number each time that is asked while something is being written: the disk's silence is not the client's. */
  signsOfLife(): number {
    if (this.writing) this.signs += 1;
    return this.signs;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const end = chunks.reduce((sum, chunk) => sum + chunk.length, position);
    if (end > this.most) throw new TwinportError('protocol', `the upload has more than ${this.most} bytes`);
    this.writing = true;
    try {
      await this.into.write(chunks, position);
    } finally {
      this.writing = false;
    }
  }
}

const STRANGER = 'this is framed, which is not spoken here';

/**
 * What a client of `framed` says: a get and nothing behind it, or a put and its file. To it our FIN would say that it has
 * got an empty file, or that its own is stored under its name. Everything else is a file's.
 */
async function isFrame(target: Target, length: number): Promise<boolean> {
  const head = Buffer.alloc(Math.min(length, FRAME_HEAD));
  for (let at = 0, got; at < head.length; at += got) {
    got = await target.read(head.subarray(at), at);
    if (got === 0) return false;
  }
  const [, digits, verb] = /^([0-9]{1,4}):(get|put) ./.exec(head.toString('latin1')) ?? [];
  if (digits === undefined) return false;
  const frame = digits.length + 1 + Number(digits);
  return verb === 'get' ? length === frame : length >= frame;
}

/** The most digits, a colon, a verb, a space, and the first of a name. */
const FRAME_HEAD = 4 + 1 + 3 + 1 + 1;

async function copy(from: Target, to: Target, length: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(COPY, Math.max(length, 1)));
  for (let position = 0; position < length;) {
    const got = await from.read(buffer.subarray(0, Math.min(buffer.length, length - position)), position);
    if (got === 0) throw new TwinportError('io-error', 'what was received cannot be read back');
    await to.write([buffer.subarray(0, got)], position);
    position += got;
  }
}

/** Greets twice, hears both confirmations; what comes behind the second is the file's. */
async function confirmed(conn: Conn): Promise<Conn> {
  const unread = new Unread();
  for (const confirmation of CONFIRMATIONS) {
    await conn.write(GREETING);
    await heard(conn, unread, confirmation);
  }
  return withUnread(conn, unread.take(unread.length));
}

/** Takes exactly these bytes off what comes; what comes behind them is left in `unread`. */
async function heard(conn: Conn, unread: Unread, wanted: Buffer): Promise<void> {
  for (;;) {
    const came = unread.view().subarray(0, wanted.length);
    if (!came.equals(wanted.subarray(0, came.length))) {
      throw new TwinportError('not-understood', `the peer does not say ${JSON.stringify(wanted.toString())}`);
    }
    if (came.length === wanted.length) return unread.drop(wanted.length);
    const chunks = await conn.read();
    if (chunks === null) throw new TwinportError('incomplete', 'the peer ended before the upload began');
    for (const chunk of chunks) unread.append(chunk);
  }
}

export const numberedClient: ClientSlice = {
  name: 'numbered',
  /** There is no name on this wire: the server counts. */
  put: async (errand, _name, from) => {
    try {
      const unread = new Unread();
      for (const confirmation of errand.settings.accio === true ? CONFIRMATIONS : []) {
        // Nothing before it was asked for: to the server it would be the file's.
        await heard(errand.conn, unread, GREETING);
        await errand.conn.write(confirmation);
      }
      return await sendAll(errand, from, errand.settings.accio === true ? { pause: PAUSE } : {});
    } catch (error) {
      if (!isTwinportError(error, 'connection-lost')) throw error;
      throw new TwinportError(
        'refused',
        'the server did not take it (it reset): too much, a silence of ten seconds, or it wants the other form, with or without accio',
        { cause: error },
      );
    }
  },
};
