import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import { logFor } from '../log';
import type { Clock, Conn, Tls } from '../net/network';
import { LIMITS } from '../options';
import { withUnread } from '../data/unread';
import type { NoteAbout } from './events';
import { WrappedConn, type Batch } from '../data/wrapped';

const log = logFor('control');

/** What a port makes of TLS. Without `tls` there is none to be had. */
export interface TlsRule {
  readonly tls?: Tls | undefined;
  /** Nobody is served in clear text. */
  readonly required?: boolean;
}

export interface GateKeeper {
  /** Says why in the language of the port, and ends the session; nothing was served in it. */
  refuse(why: string): void;
  /** One sentence for the server's owner, and what became of the client. */
  note(sentence: string, outcome: NoteAbout['outcome']): void;
}

/** The first byte of a TLS record that holds a handshake (RFC 8446 §5.1). No request of ours begins with it. */
const HANDSHAKE = 0x16;

/**
 * A control connection that has yet to show what it is. Its very first byte decides, once and for all: nothing that came
 * in clear text is ever followed by TLS, and whatever comes together with a handshake goes to TLS alone. So nobody
 * between can put a request before the first of the secured session (the STARTTLS injection, CVE-2011-0411).
 *
 * To the session it is one connection from the beginning: it has its place, and can be idle, sent away and counted.
 */
export class Gate extends WrappedConn {
  private state: 'fresh' | 'shaking' | 'open' = 'fresh';

  constructor(
    private readonly raw: Conn,
    private readonly rule: TlsRule,
    private readonly clock: Clock,
    private readonly keeper: GateKeeper,
  ) {
    super(raw);
  }

  override read(gather?: number): Promise<Batch> {
    return this.state === 'open' ? this.conn.read(gather) : this.first();
  }

  override write(bytes: Uint8Array): Promise<void> {
    return this.state === 'shaking' ? this.giveUp() : this.conn.write(bytes);
  }

  override end(): Promise<void> {
    return this.state === 'shaking' ? this.giveUp() : this.conn.end();
  }

  private async first(): Promise<Batch> {
    const batch = await this.raw.read();
    const { tls, required = false } = this.rule;
    const shakes = batch?.[0]?.[0] === HANDSHAKE;
    if (shakes && tls !== undefined) return this.shake(Buffer.concat(batch ?? []), tls);
    this.state = 'open';
    // In clear text, to who would not read it otherwise: a TLS client sees at once that this is none.
    if (shakes) this.keeper.refuse('There is no TLS here');
    else if (required && batch !== null) {
      this.keeper.note(`Clear text refused from ${this.remote.address}: TLS is required.`, 'refused');
      this.keeper.refuse('TLS is required here');
    }
    return batch;
  }

  private async shake(bytes: Uint8Array, tls: Tls): Promise<Batch> {
    this.state = 'shaking';
    let late = false;
    const timer = this.clock.after(LIMITS.handshake, () => {
      late = true;
      this.raw.reset();
    });
    try {
      const secure = await tls.secure(withUnread(this.raw, bytes));
      this.conn = secure;
      log.trace('%s:%d speaks %s', this.remote.address, this.remote.port, secure.protocol);
      this.state = 'open';
      if (secure.doubt !== undefined) {
        this.keeper.note(`${capital(secure.doubt.message)} (${this.remote.address}).`, 'refused');
        this.keeper.refuse(capital(secure.doubt.message));
      }
      return await secure.read();
    } catch (error) {
      // What we gave up ourselves, for want of a place or to stop, is no failure of anybody's.
      if (this.state === 'shaking' && (late || !isTwinportError(error, 'aborted'))) {
        const why = late ? `no TLS handshake in ${LIMITS.handshake / 1000} s` : sentenceOf(error);
        this.keeper.note(`TLS with ${this.remote.address} failed: ${why}.`, 'failed');
      }
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** In the middle of a handshake there are no words, nor an end: what is sent now would be ciphertext to the client. */
  private giveUp(): Promise<never> {
    this.raw.reset();
    return Promise.reject(new TwinportError('aborted', 'the TLS handshake was given up'));
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
