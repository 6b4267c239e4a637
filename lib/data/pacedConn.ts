import type { Conn, Direction, SecureConn } from '../net/network';
import { Lane } from './lane';
import type { SharedPace } from './sharedPace';
import { WrappedConn, type Batch } from './wrapped';

/** The paces of each direction, as seen from here. */
export interface Paces {
  readonly in: SharedPace;
  readonly out: SharedPace;
}

/**
 * A connection whose bytes keep to all of these paces. It is what a language is given for one, so that no transfer can
 * opt out. Where no pace has a limit, reads and writes are the connection's own.
 */
export class PacedConn extends WrappedConn {
  private readonly lanes: Readonly<Record<Direction, Lane>>;
  /** Read already, and not yet paid for: the connection's own chunks, valid as long as it is not read again. */
  private rest: readonly Uint8Array[] = [];
  /** What comes before a transfer is under way. */
  private isOpening = false;
  private writes = 0;
  private written: Promise<void> = Promise.resolve();

  constructor(
    conn: Conn,
    private readonly paces: () => readonly Paces[],
  ) {
    super(conn);
    this.lanes = {
      in: new Lane(() => paces().map((each) => each.in)),
      out: new Lane(() => paces().map((each) => each.out)),
    };
    // A peer that went away in the middle of our patience must not keep its place among those that wait.
    void conn.closed.then(() => this.leave());
  }

  override signsOfLife(direction: Direction): number {
    return this.lanes[direction].signsOfLife() + super.signsOfLife(direction);
  }

  override async opening<T>(work: () => Promise<T>): Promise<T> {
    const [read, written] = [this.bytesRead, this.bytesWritten];
    this.isOpening = true;
    try {
      const done = await work();
      this.lanes.in.charge(this.bytesRead - read);
      this.lanes.out.charge(this.bytesWritten - written);
      return done;
    } finally {
      this.isOpening = false;
    }
  }

  /**
   * A limit counts what goes over the wire, TLS and all, so where there is one TLS is made above it. Where there is none yet,
   * one that comes in mid-transfer counts what is inside.
   */
  async beneath(secure: (conn: Conn) => Promise<SecureConn>): Promise<SecureConn> {
    const { lanes, paces } = this;
    if (lanes.in.limited || lanes.out.limited) return secure(this);
    return new PacedSecureConn(await secure(this.conn), paces);
  }

  override read(gather?: number): Promise<Batch> {
    if (this.isOpening) return this.readFreely(gather);
    if (this.rest.length === 0 && !this.lanes.in.limited) return super.read(gather);
    return this.readPaced(gather);
  }

  override write(bytes: Uint8Array): Promise<void> {
    if (this.isOpening || (this.writes === 0 && !this.lanes.out.limited)) return super.write(bytes);
    this.writes += 1;
    const writing = this.written.then(() => this.writePaced(bytes)).finally(() => void (this.writes -= 1));
    this.written = writing.catch(() => undefined);
    return writing;
  }

  override end(): Promise<void> {
    return this.writes === 0 ? super.end() : this.written.then(() => super.end());
  }

  override destroy(): void {
    this.leave();
    super.destroy();
  }

  override reset(): void {
    this.leave();
    super.reset();
  }

  /** TLS reads ahead: what comes only behind the opening belongs to the transfer. */
  private async readFreely(gather: number | undefined): Promise<Batch> {
    const batch = await super.read(gather);
    if (batch === null || this.isOpening) return batch;
    this.rest = batch;
    return this.readPaced(gather);
  }

  private async readPaced(gather: number | undefined): Promise<Batch> {
    const { in: lane } = this.lanes;
    if (this.rest.length === 0) {
      const batch = await super.read(gather === undefined ? undefined : Math.min(gather, lane.slice));
      if (batch === null) return null;
      this.rest = batch;
    }
    const { first, bytes, rest } = cut(this.rest, lane.slice);
    this.rest = rest;
    await lane.pass(bytes);
    return first;
  }

  /** In pieces, each handed over before the next is asked for: the caller's bytes stay his until the last of them. */
  private async writePaced(bytes: Uint8Array): Promise<void> {
    const { out: lane } = this.lanes;
    let at = 0;
    do {
      const piece = bytes.subarray(at, at + Math.min(lane.slice, bytes.length));
      await lane.pass(piece.length);
      await super.write(piece);
      at += piece.length;
    } while (at < bytes.length);
  }

  private leave(): void {
    this.rest = [];
    this.lanes.in.leave();
    this.lanes.out.leave();
  }
}

/** One under TLS already. */
class PacedSecureConn extends PacedConn implements SecureConn {
  constructor(
    private readonly inner: SecureConn,
    paces: () => readonly Paces[],
  ) {
    super(inner, paces);
  }

  get protocol(): string {
    return this.inner.protocol;
  }
  get peerName(): string | undefined {
    return this.inner.peerName;
  }
  get farewell(): boolean {
    return this.inner.farewell;
  }
  get doubt(): SecureConn['doubt'] {
    return this.inner.doubt;
  }
  exporter(length: number, label: string, context: Uint8Array): Buffer {
    return this.inner.exporter(length, label, context);
  }
  another(conn: Conn): Promise<SecureConn> {
    return this.inner.another(conn);
  }
}

/** The first `most` bytes of these chunks, and the others. */
function cut(
  chunks: readonly Uint8Array[],
  most: number,
): { readonly first: readonly Uint8Array[]; readonly bytes: number; readonly rest: readonly Uint8Array[] } {
  let bytes = 0;
  for (const [at, chunk] of chunks.entries()) {
    const room = most - bytes;
    if (chunk.length > room) {
      const first = [...chunks.slice(0, at), chunk.subarray(0, room)];
      return { first, bytes: most, rest: [chunk.subarray(room), ...chunks.slice(at + 1)] };
    }
    bytes += chunk.length;
  }
  return { first: chunks, bytes, rest: [] };
}
