import type { TransferKind } from '../../control/events';
import type { AnySession } from '../../control/serve';
import type { Service } from '../../control/service';
import { Told } from '../../control/told';
import type { Turn } from '../../control/dialect';
import { listenChannel, type ListeningChannel } from '../../data/accept';
import type { Channel } from '../../data/channel';
import { dialChannel } from '../../data/dial';
import type { PortShares } from '../../data/portShares';
import type { Proof } from '../../data/proof';
import { whileMoving } from '../../data/moving';
import { reasonOf, Scope } from '../../data/scope';
import { receivedOn, sentOn } from '../../data/stall';
import type { Turnstile } from '../../data/turnstile';
import { TwinportError } from '../../errors';
import { logFor } from '../../log';
import type { Conn, Timer } from '../../net/network';
import { LIMITS } from '../../options';
import { networkOf, sameAddress } from '../../wire/addresses';
import { formatFacts } from '../../wire/facts';
import { encodeName } from '../../wire/names';
import { formatReply } from '../../wire/replies';
import { dialledProof, serverProof } from './binding';
import type { FtRequest } from './grammar';
import { numberOf } from './numbering';

const log = logFor('data');

/** What the server gives every session of this dialect. */
export interface FtService extends Service {
  readonly strictPut: boolean;
  readonly plainReplies: boolean;
  readonly dataPorts: readonly [low: number, high: number];
  readonly portShares: PortShares;
  /** Digests asked for: one at a time per address. */
  readonly digests: Turnstile;
}

/** One request being served. */
export class Job {
  private told: Told | undefined;

  constructor(
    readonly service: FtService,
    readonly session: AnySession,
    readonly request: FtRequest,
    readonly turn: Turn<FtRequest>,
  ) {}

  /** PATH as the client sent it, so that it can see that the answer is to its question. */
  get pathSent(): string {
    const { named, options } = this.request;
    return options.hex === true ? encodeName(named).toString('hex') : named;
  }

  /**
   * The whole life of one data connection: plan, 150, open, `body`, and nothing left behind whatever happens.
   * An abort or a stall resets the connection, which unblocks the body; the first reason is what is thrown. `needs` is
   * what the whole is nothing without: it is not opened for a client that has left P without it.
   */
  async withData<T>(
    kind: TransferKind,
    facts: Record<string, string | number | undefined>,
    body: (conn: Conn, signal: AbortSignal) => Promise<T>,
    needs?: (request: FtRequest) => boolean,
  ): Promise<T> {
    const { clock, stall } = this.service;
    const channel = await this.plan(kind);
    const scope = new Scope(this.turn.signal);
    try {
      // Homemade clients take any text on P for an error (--plain-replies); a passive or put client needs its 150.
      const spoken = !this.service.plainReplies || kind === 'put' || this.request.port === 0;
      const port = 'port' in channel ? (channel as ListeningChannel).port : undefined;
      if (spoken) await this.turn.say(formatReply(150, `${formatFacts({ ...facts, port })} ${this.pathSent}`));
      const conn = await this.opened(channel, scope, needs);
      log.trace('#%d %s open %s:%d', this.session.id, kind, conn.remote.address, conn.remote.port);
      this.told?.started(conn);
      // What we say on P counts too (120, while a part is read back), what the client says there does not.
      // Nor does what it sends against the data, which is thrown away.
      const moved = (): number => (kind === 'put' ? receivedOn(conn) : sentOn(conn)) + this.session.conn.bytesWritten;
      const value = await this.whileHeld(conn, spoken, () =>
        whileMoving({ conn, clock, stall, moved }, scope, (signal) => body(conn, signal)),
      );
      log.trace('#%d %s ended, %d bytes in, %d out', this.session.id, kind, conn.bytesRead, conn.bytesWritten);
      return value;
    } catch (error) {
      throw scope.signal.aborted ? reasonOf(scope.signal) : error;
    } finally {
      scope.close();
      // Before the final reply: a dial still on its way must not land on the client's next transfer.
      await channel.cancel();
    }
  }

  /**
   * A client that is killed ends P as politely as any, and its data connection never comes: a part that waits for it
   * (15 s, or 8 s of dialling) is one that nobody can resume meanwhile.
   */
  private async opened(
    channel: Channel,
    scope: Scope,
    needs: ((request: FtRequest) => boolean) | undefined,
  ): Promise<Conn> {
    let opening = true;
    const unfollowed = needs === undefined ? Promise.resolve(false) : this.turn.unfollowed(needs, () => opening);
    void unfollowed.then((isSo) => {
      if (isSo && opening) scope.abort(new TwinportError('aborted', 'nobody is left to confirm it (-c)'));
    });
    try {
      return this.turn.moving(await this.turn.opening(() => channel.open(scope.signal)));
    } finally {
      opening = false;
    }
  }

  /** Digest work: one at a time per address (an IPv6 host has as many as it likes). Who gives up does nothing in his turn. */
  async digesting<T>(work: () => Promise<T>): Promise<T> {
    const asker = networkOf(this.session.conn.remote.address);
    return this.whileAlive('Still reading.', () => this.service.digests.pass(asker, work, this.turn.signal));
  }

  /** The client waits for a reply as long as something is said now and then, and no longer. */
  async whileAlive<T>(text: string, work: () => Promise<T>): Promise<T> {
    const alive = this.signsOfLife(text);
    try {
      return await work();
    } finally {
      alive.cancel();
    }
  }

  /** While a limit of ours holds a transfer back, buffers between may be full, or empty: the client sees nothing move. */
  private async whileHeld<T>(conn: Conn, spoken: boolean, work: () => Promise<T>): Promise<T> {
    const signs = (): number => (conn.signsOfLife?.('in') ?? 0) + (conn.signsOfLife?.('out') ?? 0);
    let last = signs();
    const alive = this.signsOfLife('Within the limit on the rate.', () => spoken && last !== (last = signs()));
    try {
      return await work();
    } finally {
      alive.cancel();
    }
  }

  private signsOfLife(text: string, needed = (): boolean => true): Timer {
    const { clock } = this.service;
    const say = (): void => {
      if (needed()) this.turn.say(formatReply(120, text)).catch(() => undefined);
      timer = clock.after(LIMITS.signOfLife, say);
    };
    let timer = clock.after(LIMITS.signOfLife, say);
    return { cancel: () => timer.cancel() };
  }

  /** A transfer from its request to its final reply, and the server's owner told of it. */
  async transfer(
    kind: TransferKind,
    serve: () => Promise<{ reply: Buffer; length: number; unverified?: boolean }>,
  ): Promise<Buffer | undefined> {
    const { path, port } = this.request;
    this.told = new Told(this.service, this.session, { dialect: 'ft', kind, path, port });
    const { reply } = await this.told.whole(serve);
    return this.service.plainReplies && kind !== 'put' && port !== 0 ? undefined : reply;
  }

  private async plan(kind: TransferKind): Promise<Channel> {
    const { clock, active, dataPorts, portShares } = this.service;
    const { conn, network } = this.session;
    const proof = this.proof();
    const token = this.request.options.token;
    const bulk = kind === 'put';
    const { address } = conn.remote;
    if (this.request.port === 0) {
      return listenChannel({
        network,
        clock,
        host: conn.local.address,
        ports: dataPorts,
        claim: () => portShares.take(address, dataPorts),
        bulk,
        // The client's own address; a client on this very host may come from any of its addresses.
        allows: (remote) =>
          sameAddress(remote.address, address) ||
          (network.isOwnAddress(address) && network.isOwnAddress(remote.address)),
        ...(token && { token }),
        ...(proof && { proof }),
      });
    }
    if (!active) {
      throw new TwinportError('no-data-connection', 'active mode is off here, ask for a passive one (port 0)', {
        reply: 425,
      });
    }
    return dialChannel({
      network,
      clock,
      to: { address, port: this.request.port },
      from: conn.local.address,
      isOurs: (endpoint) => network.isOurs(endpoint),
      bulk,
      ...(token && { token }),
      ...(proof && { proof }),
    });
  }

  /** Under TLS the data connection is secure as well, and bound to this request. */
  private proof(): Proof | undefined {
    const { conn } = this.session;
    const { request } = this;
    if (conn.secured === undefined) return undefined;
    if (request.options.token !== undefined) {
      throw new TwinportError('invalid-argument', 'under TLS there is no --token', { reply: 504 });
    }
    const number = numberOf(request);
    return request.port === 0
      ? serverProof(conn.secured, number)
      : dialledProof(conn.secured, number, this.service.clock);
  }
}
