import { Unread } from '../wire/bytes';

/** What a client speaks, told from its first bytes. `stepwise` is a guess until the server says OK. */
export type Tongue = 'ft' | 'stepwise' | 'single' | 'tls';

const DASH = 0x2d;
/** A TLS handshake record (RFC 8446 §5.1). */
const HANDSHAKE = 0x16;

/** Holds the first bytes back until they tell. */
export class Sniffer {
  private readonly unread = new Unread();

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  /** Undefined while it can still be either `ft` or `stepwise`. */
  tongue(): Tongue | undefined {
    const first = this.unread.at(0);
    if (first === undefined) return undefined;
    if (first === HANDSHAKE) return 'tls';
    if (first !== DASH) return 'single';
    return this.unread.length > 2 || !this.mayBeField ? 'ft' : undefined;
  }

  /** After a silence: exactly `-l` or `-g` and nothing behind it is a stepwise client's first field. */
  quiet(): Tongue {
    return this.tongue() ?? (this.unread.length === 2 ? 'stepwise' : 'ft');
  }

  get holds(): boolean {
    return this.unread.length > 0;
  }

  take(): Buffer {
    return this.unread.take(this.unread.length);
  }

  private get mayBeField(): boolean {
    const second = this.unread.at(1);
    return second === undefined || second === 0x6c || second === 0x67;
  }
}
