import { TwinportError } from '../errors';
import { ReceiveShare } from './receiveShare';

/** Read-ahead while nobody reads; then the peer feels it. Large enough for one good write to disk. */
export const READ_AHEAD = 1024 * 1024;

/** No reader gathers more than this: larger writes were measured slower, and memory stays bounded. */
export const MAX_GATHER = 960 * 1024;

/**
 * Milliseconds that a reader gathers from the first bytes on. On a slow line a whole gather takes minutes: nobody
 * would see anything move, and what is not handed on is lost when the program is stopped.
 */
export const GATHER_FOR = 250;

/** How a full inlet holds its connection back. */
export interface Flow {
  pause(): void;
  resume(): void;
}

interface Waiting {
  readonly need: number;
  readonly resolve: (chunks: readonly Uint8Array[] | null) => void;
  readonly reject: (error: TwinportError) => void;
  /** Set once something has come. */
  patience?: NodeJS.Timeout;
}

/**
 * The reading half of a connection: what arrives is held until somebody reads it. How the bytes are held
 * differs (`chunkInlet`, `bulkInlet`); who waits for them and how it ends is the same, and is here.
 */
export abstract class Inlet {
  bytesRead = 0;
  /** Bytes that wait to be read. */
  protected held = 0;
  #flow: Flow | undefined;
  #paused = false;
  #waiting: Waiting | undefined;
  #outcome: 'open' | 'ended' | TwinportError = 'open';
  readonly #share: ReceiveShare;

  /** `worst`: bytes that are kept at the most, those among them that the reader has in hand. */
  protected constructor(worst: number) {
    this.#share = new ReceiveShare(worst);
  }

  /** Takes all that is held; what the previous take handed out is free to be reused. */
  protected abstract take(): readonly Uint8Array[];

  /** Lets go of everything held. */
  protected abstract discard(): void;

  /** Bytes that may wait here before the peer has to, and be gathered, where `wanted` are or are to be. */
  protected abstract most(wanted: number): number;

  /** True where more than a little may be kept: the connections of this process do not keep too much already. */
  protected mayKeepMuch(): boolean {
    return this.#share.take();
  }

  /** The connection feeds this inlet from now on. */
  attach(flow: Flow): void {
    this.#flow = flow;
  }

  get ended(): boolean {
    return this.#outcome === 'ended';
  }

  read(gather = 1): Promise<readonly Uint8Array[] | null> {
    if (this.#waiting !== undefined) {
      return Promise.reject(new TwinportError('invalid-argument', 'one read at a time on a connection'));
    }
    const need = Math.max(1, Math.min(gather, MAX_GATHER, this.most(gather)));
    // What came before a FIN or a reset is read first: it did arrive.
    if (this.held >= need || (this.#outcome !== 'open' && this.held > 0)) {
      const chunks = this.take();
      this.#continue();
      return Promise.resolve(chunks);
    }
    if (this.#outcome !== 'open') {
      this.#drop();
      return this.#outcome === 'ended' ? Promise.resolve(null) : Promise.reject(this.#outcome);
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { need, resolve, reject };
      this.#continue();
    });
  }

  /** `count` more bytes are held. */
  protected arrived(count: number): void {
    this.bytesRead += count;
    this.held += count;
    if (this.#outcome !== 'open') {
      if (this.#outcome !== 'ended') this.#drop();
      return;
    }
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      if (this.held >= waiting.need) this.#settle()?.resolve(this.take());
      else waiting.patience ??= setTimeout(() => this.#settle()?.resolve(this.take()), GATHER_FOR);
    } else if (!this.#paused && this.#full()) {
      this.#paused = true;
      this.#flow?.pause();
    }
  }

  /** The peer's FIN came behind everything that arrived. */
  finish(): void {
    if (this.#outcome !== 'open') return;
    this.#outcome = 'ended';
    const waiting = this.#settle();
    if (waiting === undefined) return;
    if (this.held > 0) return waiting.resolve(this.take());
    this.#drop();
    waiting.resolve(null);
  }

  /** The connection was lost: what arrived before can still be read, then reading rejects. */
  fail(error: TwinportError): void {
    if (this.#outcome !== 'open') return;
    this.#outcome = error;
    const waiting = this.#settle();
    if (waiting === undefined) return;
    if (this.held > 0) return waiting.resolve(this.take());
    this.#drop();
    waiting.reject(error);
  }

  /** We gave the connection up: nothing can be read any more. */
  abort(error: TwinportError): void {
    this.#drop();
    this.#outcome = error;
    this.#settle()?.reject(error);
  }

  /** Whoever waits is answered now, and waits no more. */
  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    clearTimeout(waiting?.patience);
    return waiting;
  }

  /** True when the peer must wait until somebody reads. */
  #full(): boolean {
    return this.held >= this.most(this.held);
  }

  /** Nothing is kept any more. */
  #drop(): void {
    this.held = 0;
    this.discard();
    this.#share.giveBack();
  }

  #continue(): void {
    if (!this.#paused || this.#full()) return;
    this.#paused = false;
    this.#flow?.resume();
  }
}
