import { isTwinportError, TwinportError } from '../errors';
import type { Clock, Conn, Endpoint, Listener, Network, Timer } from '../net/network';
import { logFor } from '../log';
import { LIMITS } from '../options';
import type { Channel } from './channel';
import { crypto, demands, prove, type Proof } from './proof';
import { deferred, unlessAborted } from './scope';

/** The listening side of a data connection: the client when active, the server when passive. */
export interface AcceptPlan {
  readonly network: Network;
  readonly clock: Clock;
  /** Address to bind; absent: every address. */
  readonly host?: string;
  /** Ports to try, inclusive; [0, 0] for any free one. */
  readonly ports: readonly [low: number, high: number];
  /** Takes the port's place among those of a range, and throws where there is none; what it returns gives it back. */
  readonly claim?: () => () => void;
  /** Whose connections count. Anybody else's are closed without using up the one accept (FTP's port theft). */
  readonly allows: (remote: Endpoint) => boolean;
  /** When given, the dialling side must write these bytes first. */
  readonly token?: Uint8Array;
  /** More than a token: whoever cannot go through with it is a stranger. Instead of the token. */
  readonly proof?: Proof;
  /** Milliseconds to wait for the connection. */
  readonly wait?: number;
  /** Many bytes will be read from this side. */
  readonly bulk?: boolean;
}

const log = logFor('data');

/** A channel that is listening already. */
export interface ListeningChannel extends Channel {
  readonly port: number;
}

/** Starts listening; rejects `cannot-listen`. From here until `cancel`, or the accept, the port is held. */
export async function listenChannel(plan: AcceptPlan): Promise<ListeningChannel> {
  const door = new Door(plan);
  await door.listen();
  return door;
}

class Door implements ListeningChannel {
  private listener: Listener | undefined;
  private readonly accepted = deferred<Conn>();
  /** Connections that have yet to show their token. */
  private readonly candidates = new Set<Conn>();
  private seen = 0;
  private settled = false;
  private opened = false;
  private giveBack: (() => void) | undefined;

  constructor(private readonly plan: AcceptPlan) {}

  get port(): number {
    return this.listener?.local.port ?? 0;
  }

  async listen(): Promise<void> {
    this.giveBack = this.plan.claim?.();
    const [low, high] = this.plan.ports;
    const count = high - low + 1;
    // A random start: the next port must not be guessable from the last one.
    const first = count === 1 ? 0 : crypto().randomInt(count);
    for (let i = 0; ; i++) {
      try {
        const port = low + ((first + i) % count);
        const { host, bulk } = this.plan;
        const bind = { port, ...(host !== undefined && { host }), ...(bulk === true && { bulk }) };
        this.listener = await this.plan.network.listen(bind, (conn) => this.onConn(conn));
        log.trace('listening on port %d', this.port);
        return;
      } catch (error) {
        if (i + 1 < count && isTaken(error)) continue;
        this.giveBack?.();
        throw error;
      }
    }
  }

  async open(signal: AbortSignal): Promise<Conn> {
    this.opened = true;
    const timer = this.plan.clock.after(this.plan.wait ?? LIMITS.awaitData, () =>
      this.settle(new TwinportError('data-timeout', 'no data connection arrived', { reply: 425 })),
    );
    try {
      return await unlessAborted(this.accepted.promise, signal);
    } catch (error) {
      // Accepted in the very moment of the abort: it is nobody's any more.
      void this.accepted.promise.then((conn) => conn.reset()).catch(() => undefined);
      throw error;
    } finally {
      timer.cancel();
      await this.cancel();
    }
  }

  async cancel(): Promise<void> {
    this.settle(new TwinportError('aborted', 'the data connection is not wanted any more'));
    // Accepted, and never asked for: nobody else would close it.
    if (!this.opened) void this.accepted.promise.then((conn) => conn.reset()).catch(() => undefined);
    await this.listener?.close();
  }

  private onConn(conn: Conn): void {
    const allowed = !this.settled && this.plan.allows(conn.remote);
    log.trace('%s:%d knocks%s', conn.remote.address, conn.remote.port, allowed ? '' : ', and is sent away');
    if (!allowed) {
      conn.destroy();
      return;
    }
    const { token, proof = token && demands(token) } = this.plan;
    if (proof === undefined) {
      this.settle(conn);
      return;
    }
    // Strangers can knock, not besiege: eight tries for a secret of 128 bits or more, each five seconds.
    if (this.seen >= LIMITS.candidates) {
      conn.destroy();
      return;
    }
    this.seen += 1;
    void this.examine(conn, proof);
  }

  /** A candidate is sent away with RST: to the dialling side FIN is the end of a file, and it may be about to keep it. */
  private async examine(conn: Conn, proof: Proof): Promise<void> {
    this.candidates.add(conn);
    const timer: Timer = this.plan.clock.after(LIMITS.candidate, () => conn.reset());
    const proven = await prove(conn, proof).catch(() => undefined);
    timer.cancel();
    this.candidates.delete(conn);
    log.trace(
      '%s:%d shows %s token',
      conn.remote.address,
      conn.remote.port,
      proven === undefined ? 'a wrong or no' : 'the right',
    );
    if (proven === undefined || this.settled) {
      conn.reset();
      if (this.seen >= LIMITS.candidates && this.candidates.size === 0) {
        this.settle(
          new TwinportError('no-data-connection', 'no data connection showed the right token', { reply: 425 }),
        );
      }
      return;
    }
    this.settle(proven);
  }

  /** The first outcome wins. From then on the port is closed and everybody else is sent away. */
  private settle(outcome: Conn | TwinportError): void {
    if (this.settled) return;
    this.settled = true;
    void this.listener?.close();
    this.giveBack?.();
    for (const conn of this.candidates) conn.reset();
    if (outcome instanceof TwinportError) this.accepted.reject(outcome);
    else this.accepted.resolve(outcome);
  }
}

function isTaken(error: unknown): boolean {
  if (!isTwinportError(error, 'cannot-listen')) return false;
  const cause: unknown = error.cause;
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
}
