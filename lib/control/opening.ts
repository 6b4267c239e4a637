import type { Conn } from '../net/network';
import { SHOWN, type Refusal } from './refusal';

/**
 * What a client said before it was served anything, as far as it is shown: for the one line that its connection has
 * where nothing comes of it. Once somebody has heard of the connection in another way, it is forgotten.
 */
export class Opening {
  private said: Buffer | undefined = Buffer.alloc(0);

  constructor(
    private readonly conn: Conn,
    private readonly dialect: { readonly tells?: boolean },
    private readonly onRefused: ((refusal: Refusal) => void) | undefined,
  ) {}

  /** Who comes and goes without a byte has asked for nothing. */
  get heard(): boolean {
    return this.said !== undefined && this.said.length > 0;
  }

  /** No more than is shown is kept: a gigabyte before the first request must not be in memory twice. */
  add(bytes: Uint8Array): void {
    if (this.said === undefined || this.said.length > SHOWN) return;
    this.said = Buffer.concat([this.said, bytes.subarray(0, SHOWN + 1)]);
  }

  forget(): void {
    this.said = undefined;
  }

  /** Once a session: the first reason is the one that counts. */
  tell(what: Refusal['what'], why: string, answer: Refusal['answer']): void {
    const { said } = this;
    // Asked for only now: which language this is may have been found out from what was said.
    if (said === undefined || this.dialect.tells !== true) return;
    this.forget();
    const { remote, local } = this.conn;
    this.onRefused?.({ remote, local, said, what, why, answer });
  }
}
