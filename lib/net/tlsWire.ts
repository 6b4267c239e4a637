import { Duplex } from 'node:stream';
import type { Conn } from './network';

/** Ciphertext on its way while TLS makes more of it. */
const AHEAD = 512 * 1024;

/** A line of words, should it be one. */
const OPENING = 160;

type Done = (error?: Error | null) => void;

/**
 * A connection as the stream of ciphertext that Node's TLS stands on. Whatever a `Conn` knows of resets, ends and
 * pressure holds beneath TLS as well, over TCP and in memory alike.
 *
 * The chunks of a connection are good until its next read. With a high-water mark of one byte a stream asks for more
 * (`_read`) only while it hands out the last of what it has, so the read of the next tick spoils nothing.
 */
export class Wire extends Duplex {
  /** How reading ended that did not end with FIN. To TLS it is an end; whoever hears of that end looks here. */
  failure: unknown;
  /** The first bytes that came, while somebody may still ask what spoke there; undefined once nobody does. */
  opening: Buffer | undefined = Buffer.alloc(0);
  /** TLS has said something: of a server that is its certificate. */
  answered = false;
  /** TLS is being told of the end of what it reads. */
  ended = false;
  /** Bytes that TLS takes for sent and the connection does not yet. */
  #ahead = 0;
  #reading = false;
  #over = false;

  constructor(private readonly conn: Conn) {
    super({ readableHighWaterMark: 1, allowHalfOpen: true, autoDestroy: false });
    // Before whoever reads it: what comes of this end is not from the peer.
    this.once('end', () => (this.ended = true));
  }

  forget(): void {
    this.opening = undefined;
  }

  override _read(): void {
    process.nextTick(() => void this.#pull());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#send(chunk, done);
  }

  /** The records of one turn go out as one: a system call costs more than copying them. */
  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: Done): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    this.#settle(this.conn.end(), done);
  }

  /** TLS is done with it. What still comes is read and thrown away, up to FIN: closing now would reset. */
  override _destroy(_error: Error | null, done: Done): void {
    done();
    void this.#pull();
  }

  #settle(work: Promise<void>, done: Done): void {
    work.then(
      () => done(),
      (error: Error) => done(error),
    );
  }

  /** TLS waits for each turn's records to be gone before it makes more: told too late, the line is idle meanwhile. */
  #send(bytes: Buffer, done: Done): void {
    this.answered = true;
    const sent = this.conn.write(bytes);
    this.#ahead += bytes.length;
    const gone = sent.then(() => {
      this.#ahead -= bytes.length;
    });
    if (this.#ahead <= AHEAD) {
      gone.catch((error: Error) => this.destroy(error));
      done();
    } else this.#settle(gone, done);
  }

  async #pull(): Promise<void> {
    if (this.#reading || this.#over) return;
    this.#reading = true;
    try {
      do {
        const chunks = await this.conn.read();
        this.#over = chunks === null;
        if (this.opening !== undefined && this.opening.length < OPENING) {
          const all = Buffer.concat([this.opening, ...(chunks ?? [])]);
          this.opening = Buffer.from(all.subarray(0, OPENING));
        }
        if (!this.destroyed) for (const chunk of chunks ?? [null]) this.push(chunk);
      } while (this.destroyed && !this.#over);
    } catch (error) {
      this.#over = true;
      this.failure = error;
      if (!this.destroyed) this.push(null);
    } finally {
      this.#reading = false;
    }
    // Destroyed between the read and now.
    if (this.destroyed) void this.#pull();
  }
}
