import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import type { Conn, Endpoint } from '../net/network';
import type { TransferEvent, TransferKind } from './events';
import type { BareSession } from './session';
import { userOf, type Service } from './service';

/** What is told of one transfer besides its phases. */
export interface Subject {
  readonly dialect: string;
  readonly kind: TransferKind;
  /** As normalised, relative to the served root. */
  readonly path: string;
  /** See `TransferEvent.port`. */
  readonly port?: number;
}

/** A transfer as the server's owner hears of it: `requested`, `started`, and how it ended. */
export class Told {
  private data: Endpoint | undefined;
  private moved: (() => number) | undefined;
  /** Whoever it was at its beginning. */
  private readonly user: { readonly user?: string };

  constructor(
    private readonly service: Pick<Service, 'emit' | 'account'>,
    private readonly session: BareSession,
    private readonly subject: Subject,
  ) {
    this.user = userOf(service);
  }

  get kind(): TransferKind {
    return this.subject.kind;
  }

  /** Its data connection is there. */
  started(conn: Pick<Conn, 'remote' | 'bytesRead' | 'bytesWritten'>): void {
    this.data = conn.remote;
    const bytes = (): number => (this.kind === 'put' ? conn.bytesRead : conn.bytesWritten);
    const before = bytes();
    this.moved = () => bytes() - before;
    this.tell('started');
  }

  /** Tells of the transfer from its request to its end, whichever; what fails is rethrown, coded. */
  async whole<T extends { readonly length: number; readonly unverified?: boolean }>(
    serve: () => Promise<T>,
  ): Promise<T> {
    this.tell('requested');
    try {
      const served = await serve();
      this.tell('done', { length: served.length, unverified: served.unverified === true });
      return served;
    } catch (error) {
      const coded = isTwinportError(error) ? error : new TwinportError('io-error', sentenceOf(error), { cause: error });
      this.tell('failed', { error: coded, ...(this.moved && { moved: this.moved() }) });
      throw coded;
    }
  }

  private tell(phase: TransferEvent['phase'], more: Partial<TransferEvent> = {}): void {
    const { id, conn } = this.session;
    const session = { id, remote: conn.remote, local: conn.local };
    const data = this.data && { data: this.data };
    this.service.emit({ ...this.subject, ...this.user, phase, session, ...data, ...more });
  }
}
