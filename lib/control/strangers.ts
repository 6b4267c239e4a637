import { TwinportError } from '../errors';
import { LIMITS } from '../options';
import { Unread } from '../wire/bytes';
import type { CommandDecoder, Dialect, Incoming } from './dialect';
import type { AnyDialect, ServerSlice } from './slice';

/** A language whose clients take whatever is said to them for the file. */
export interface Stranger {
  readonly name: string;
  readonly opensGet: NonNullable<ServerSlice['opensGet']>;
}

/**
 * A dialect that has words for what it does not understand, on a port that clients of wordless languages may find by
 * mistake: to these it resets, since they would keep its words as the file. A client of theirs says its whole request
 * and waits, without a line's end: so it is known by nothing but that coming, and then silence or FIN. Whoever types
 * ends the line, and is answered as ever.
 */
export function amongStrangers(dialect: AnyDialect, strangers: readonly Stranger[]): AnyDialect {
  let found: TwinportError | undefined;
  const isStranger = (said: Buffer): TwinportError | undefined => {
    const stranger = strangers.find(({ opensGet }) => opensGet(said));
    if (stranger === undefined) return undefined;
    return (found = new TwinportError('not-understood', `this is ${stranger.name}, which is not spoken here`));
  };
  const guarded: Dialect<unknown> = {
    get name() {
      return dialect.name;
    },
    get tells() {
      return found !== undefined || dialect.tells === true;
    },
    decoder: () => new GuardedDecoder(dialect.decoder(), isStranger),
    row: (command) => dialect.row(command),
    replies: {
      error: (error) => (error === found ? undefined : dialect.replies.error(error)),
      closing: (why) => (found === undefined ? dialect.replies.closing(why) : undefined),
    },
  };
  return guarded;
}

class GuardedDecoder implements CommandDecoder<unknown> {
  /** All that came, for as long as it can be a stranger's. */
  private first: Unread | undefined = new Unread();
  /** Not understood, but the stranger's request it may be has not come to its end. */
  private held: unknown;

  constructor(
    private readonly inner: CommandDecoder<unknown>,
    private readonly isStranger: (said: Buffer) => TwinportError | undefined,
  ) {}

  push(bytes: Uint8Array): void {
    if (this.first !== undefined) {
      this.first.append(bytes);
      // A line's end, or any control byte, is in no stranger's request.
      if (bytes.some(isControl) || this.first.length >= LIMITS.requestLine) this.first = undefined;
    }
    if (this.held === undefined) this.inner.push(bytes);
  }

  next(): Incoming<unknown> | undefined {
    if (this.held !== undefined) return this.first === undefined ? this.release() : undefined;
    try {
      const incoming = this.inner.next();
      if (incoming !== undefined) this.first = undefined;
      return incoming;
    } catch (error) {
      if (this.first === undefined) throw error;
      this.held = error;
      return undefined;
    }
  }

  quiet(): Incoming<unknown> | undefined {
    return this.decide(() => this.inner.quiet());
  }

  end(): Incoming<unknown> | undefined {
    return this.decide(() => this.inner.end());
  }

  get waiting(): boolean {
    return (this.first !== undefined && this.first.length > 0) || this.inner.waiting;
  }

  get patience(): number | undefined {
    return this.inner.patience;
  }

  rest(): Uint8Array {
    return this.inner.rest?.() ?? new Uint8Array();
  }

  private decide(otherwise: () => Incoming<unknown> | undefined): Incoming<unknown> | undefined {
    const stranger = this.first && this.isStranger(this.first.view());
    if (stranger !== undefined) throw stranger;
    if (this.held !== undefined) return this.release();
    const incoming = otherwise();
    if (incoming !== undefined) this.first = undefined;
    return incoming;
  }

  private release(): never {
    throw this.held;
  }
}

function isControl(byte: number): boolean {
  return byte < 0x20 || byte === 0x7f;
}
