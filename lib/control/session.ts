import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import { forLog, logFor } from '../log';
import { closeGently } from '../net/close';
import type { Clock, Conn, Timer } from '../net/network';
import { LIMITS } from '../options';
import { deferred, reasonOf, Scope, throwIfAborted, unlessLater } from '../data/scope';
import { AwaitedConn } from './awaited';
import { Hearing } from './hearing';
import { CommandQueue } from './queue';
import type { CommandDecoder, Dialect, Incoming, Row, Turn } from './dialect';
import { Opening } from './opening';
import type { Refusal } from './refusal';
import { Idleness } from './idleness';

const log = logFor('control');

export interface SessionTimes {
  readonly idle: number;
  readonly firstRequest: number;
  readonly stall: number;
}

/** What tells one from another. */
export interface BareSession {
  readonly id: number;
  /** The control connection. */
  readonly conn: Conn;
}

/**
 * One control connection's life on the server (the server-PI). It always reads: ordinary commands queue, an
 * urgent one acts at once even in mid-transfer. Replies come strictly in request order. There is one place
 * that ends a session (`finish`), and the first reason wins.
 */
export class Session<C> implements BareSession {
  private readonly decoder: CommandDecoder<C>;
  private readonly hearing: Hearing<C>;
  private readonly queue = new CommandQueue<C>(LIMITS.queuedRequests);
  private readonly lingering = new Set<Conn>();
  private readonly isOver = deferred<void>();
  private current: Scope | undefined;
  private working: Promise<void> = Promise.resolve();
  /** Why no more requests are taken, once that is so; what runs may still finish. */
  private farewell: string | undefined;
  private finishing = false;
  /** Connecting was the first command. */
  private opened = false;
  /** Something was said already: the end of our side cannot be taken for an answer. */
  private spoken = false;
  /** A request was refused by a language that has no words for it. */
  private mute = false;
  /** An in-band command was served, and its data said all there is to say. */
  private done = false;
  private served = 0;
  private readonly opening: Opening;
  private badInARow = 0;
  private idleTimer: Timer | undefined;
  private readonly idleness: Idleness;

  constructor(
    readonly id: number,
    readonly conn: Conn,
    private readonly dialect: Dialect<C>,
    private readonly clock: Clock,
    private readonly times: SessionTimes,
    onRefused?: (refusal: Refusal) => void,
  ) {
    this.idleness = new Idleness(clock);
    this.opening = new Opening(conn, dialect, onRefused);
    this.decoder = dialect.decoder();
    this.hearing = new Hearing(conn, this.decoder, clock, {
      deaf: () => this.finishing || this.queue.ended,
      bytes: (bytes) => this.opening.add(bytes),
      command: (incoming) => this.take(incoming),
      lost: () => this.queue.end('The control connection cannot be understood any more'),
      // FIN means "no more requests", not "stop": what is queued and running finishes (DESIGN §3.1).
      ended: () => this.queue.end(),
      // A reset means the client is gone: whatever runs for it is aborted, and nobody is told.
      failed: (error) => {
        log.trace('#%d control connection lost: %s', id, sentenceOf(error));
        this.current?.abort(lost(error));
        this.finish();
      },
    });
  }

  /** Begins to serve. */
  start(): void {
    this.rest();
    const first = this.decoder.open?.();
    this.opened = first !== undefined;
    if (first !== undefined) this.take(first);
    this.hearing.start();
    this.working = this.workLoop();
  }

  /** Resolves when nothing is left of the session; never rejects. */
  get over(): Promise<void> {
    return this.isOver.promise;
  }

  /** Milliseconds since this session last had anything to do; 0 while it has. */
  idleFor(): number {
    return this.idleness.for(this.isBusy(), this.current?.signal);
  }

  /** Takes no more requests and ends with a 421: at once when idle, after the running request otherwise. */
  close(why: string): void {
    this.farewell ??= why;
    // What runs must be able to end: a put is nothing without its second half, and an abort is an end too.
    this.queue.retain((item) => this.concernsCurrent(item));
    if (this.current === undefined) this.finish(why);
  }

  /** Closed already, to make room for somebody else. */
  evicted = false;

  /** As `close`, for an idle session whose place is needed. */
  evict(): void {
    this.evicted = true;
    const why = 'Idle, and somebody else needs the place';
    this.current?.abort(new TwinportError('aborted', why));
    this.close(why);
  }

  /** Ends whatever is going on. */
  abort(reason: TwinportError): void {
    this.current?.abort(reason);
    this.queue.end(reason.message);
  }

  /** Leaves at once, whatever is still on its way. */
  destroy(): void {
    this.current?.abort(new TwinportError('connection-lost', 'the session was ended'));
    this.finish();
    this.conn.destroy();
    for (const conn of this.lingering) conn.destroy();
  }

  /** What is not understood has none. */
  private rowOf(incoming: Incoming<C>): Row<C> | undefined {
    return 'request' in incoming ? this.dialect.row(incoming.request) : undefined;
  }

  private isUrgent(incoming: Incoming<C>): boolean {
    return this.rowOf(incoming)?.urgent === true;
  }

  private continues(incoming: Incoming<C>): boolean {
    return this.rowOf(incoming)?.continues === true;
  }

  private concernsCurrent(incoming: Incoming<C>): boolean {
    return this.isUrgent(incoming) || this.continues(incoming);
  }

  private isBusy(): boolean {
    return this.current !== undefined || this.queue.length > 0;
  }

  private take(incoming: Incoming<C> | undefined): void {
    if (incoming === undefined || this.queue.ended || this.finishing) return;
    const half = 'request' in incoming ? incoming.half : undefined;
    log.trace('#%d < %s%s', this.id, forLog(incoming.line), half === undefined ? '' : ` (no newline: ${half})`);
    if (this.farewell !== undefined && !this.concernsCurrent(incoming)) return;
    this.idleTimer?.cancel();
    if (this.isUrgent(incoming)) {
      const aborted = new TwinportError('aborted', 'Transfer aborted');
      this.current?.abort(aborted);
      // One reply for each request: the second half of one has none, and an abort is not itself aborted.
      this.queue.retain((item) => !this.continues(item));
      this.queue.refuseAll(aborted, (item) => this.isUrgent(item));
    }
    // Bounded: a client that only talks and never listens must not fill our memory.
    if (!this.queue.push(incoming)) {
      this.queue.clear();
      this.queue.end('Too many requests waiting');
      this.current?.abort(new TwinportError('aborted', 'Too many requests waiting'));
    }
    if (this.rowOf(incoming)?.inband === true) {
      this.hearing.inband = true;
      this.queue.end();
    }
  }

  /** The connection as an in-band command gets it: from the first byte behind the command on. */
  private takeOver(): Conn {
    const taken = this.hearing.takeOver();
    this.idleness.watch(taken, this.opened);
    return taken;
  }

  private async workLoop(): Promise<void> {
    try {
      for (;;) {
        const incoming = await this.queue.shift();
        if (incoming === undefined || this.finishing) break;
        const goOn = await this.serve(incoming);
        if (this.rowOf(incoming)?.partial !== true) this.served += 1;
        if (!goOn || (this.farewell !== undefined && this.queue.length === 0)) break;
        if (!this.isBusy()) this.rest();
      }
      this.finish(this.farewell ?? this.queue.why);
    } catch (error) {
      log.trace('#%d ended: %s', this.id, sentenceOf(error));
      this.finish();
    }
  }

  /** Serves one request, final reply included; false when the session ends with it. */
  private async serve(incoming: Incoming<C>): Promise<boolean> {
    if ('refusal' in incoming) {
      const words = this.dialect.replies.error(incoming.refusal);
      if (words === undefined) this.mute = true;
      this.opening.tell('not understood', incoming.refusal.message, words === undefined ? 'reset' : 'words');
      await this.reply(words);
      // Somebody who speaks another language (HTTP, TLS, binary rubbish) is not worth ten more answers.
      if (incoming.refusal.code === 'syntax') this.badInARow += 1;
      if (this.badInARow < MOST_BAD) return true;
      this.queue.clear();
      this.queue.end('Too many errors');
      return false;
    }
    this.badInARow = 0;
    const row = this.dialect.row(incoming.request);
    // Whoever serves a whole request tells of it.
    if (row.partial !== true) this.opening.forget();
    const scope = new Scope();
    this.current = scope;
    this.idleness.mark();
    let final: Buffer | undefined;
    let failed = false;
    try {
      final = await row.run(incoming.request, this.turn(scope.signal));
    } catch (error) {
      failed = true;
      const coded = isTwinportError(error) ? error : new TwinportError('io-error', sentenceOf(error), { cause: error });
      log.trace('#%d failed: %s', this.id, isTwinportError(error) ? error.message : (error as Error).stack);
      // The client is gone: there is nobody to tell.
      if (scope.signal.aborted && isTwinportError(reasonOf(scope.signal), 'connection-lost')) throw coded;
      final = this.dialect.replies.error(scope.signal.aborted ? reasonOf(scope.signal) : coded);
      if (row.partial === true) this.opening.tell('refused', coded.message, final === undefined ? 'reset' : 'words');
    } finally {
      this.current = undefined;
      this.idleness.mark();
      this.idleness.watch(undefined);
      scope.close();
    }
    if (row.inband === true) this.done = true;
    // Without words, only RST says that what was sent is not all.
    if (final === undefined && failed && row.inband === true) this.conn.reset();
    await this.reply(final);
    return row.last !== true && row.inband !== true;
  }

  private turn(signal: AbortSignal): Turn<C> {
    return {
      signal,
      say: async (reply) => {
        throwIfAborted(signal);
        await this.reply(reply);
      },
      conn: () => this.takeOver(),
      takeNext: (belongs, ms) =>
        this.idleness.during(signal, () => this.queue.takeNext(belongs, this.clock, ms, signal)),
      opening: (open) => this.idleness.during(signal, open),
      moving: (conn) => {
        const awaited = new AwaitedConn(conn);
        this.idleness.watch(awaited);
        return awaited;
      },
      unfollowed: (belongs, isAsked) => this.queue.unfollowed(belongs, isAsked),
      linger: (conn) => {
        this.lingering.add(conn);
        void closeGently(conn, this.clock, LIMITS.linger).finally(() => this.lingering.delete(conn));
      },
    };
  }

  /** A peer that does not read its replies is given as long as any stalled transfer, then dropped. */
  private async reply(bytes: Buffer | undefined): Promise<void> {
    if (bytes === undefined || bytes.length === 0) return;
    this.spoken = true;
    if (log.on) log.trace('#%d > %s', this.id, forLog(bytes.toString('utf8').trimEnd()));
    await unlessLater(
      this.conn.write(bytes),
      this.clock,
      this.times.stall,
      () => new TwinportError('timeout', 'the client does not read its replies'),
    );
  }

  /** Nothing to do: the idle timer runs. Only a whole request stops it, so dribbling bytes keeps nobody here. */
  private rest(): void {
    if (this.finishing) return;
    this.idleness.mark();
    this.idleTimer?.cancel();
    const ms = this.served === 0 ? Math.min(this.times.firstRequest, this.times.idle) : this.times.idle;
    this.idleTimer = this.clock.after(ms, () => this.close(`Nothing asked for ${Math.round(ms / 1000)} s`));
  }

  /** The one end of a session: what is owed has been said, then FIN, the peer's FIN, and nothing is left. */
  private finish(why?: string): void {
    if (this.finishing) return;
    this.finishing = true;
    this.idleTimer?.cancel();
    this.hearing.hush();
    this.queue.clear();
    this.queue.end();
    // Behind a file a farewell would be more of it, behind an upload's success its refusal.
    const goodbye = why === undefined || this.done ? undefined : this.dialect.replies.closing(why);
    if (goodbye !== undefined) {
      log.trace('#%d > %s', this.id, forLog(goodbye.toString('utf8').trimEnd()));
      this.conn.write(goodbye).catch(() => undefined);
    } else if (!this.spoken && !this.done && (this.mute || (why !== undefined && this.served === 0))) {
      // RST: FIN alone is an empty file to whoever asked for one.
      this.conn.reset();
    }
    const answer = why === undefined ? 'none' : goodbye === undefined ? 'reset' : 'words';
    if (this.opening.heard) this.opening.tell('not finished', why ?? 'the client left', answer);
    void this.leave();
  }

  private async leave(): Promise<void> {
    const { clock, conn } = this;
    const timer = clock.after(LIMITS.linger, () => conn.destroy());
    // `hearing` is reading already and discards; here only FIN and the wait for the peer's.
    if (!this.hearing.inband) conn.end().catch(() => conn.destroy());
    else void closeGently(this.takeOver(), clock);
    // What was running ends too: nobody may close the storage under a part that is just being put away.
    await Promise.all([conn.closed, this.working, ...[...this.lingering].map((other) => other.closed)]);
    timer.cancel();
    log.trace('#%d closed', this.id);
    this.isOver.resolve();
  }
}

/** Wrong lines in a row before the session is ended: two million of them, of two bytes each, were all answered once. */
const MOST_BAD = 10;

function lost(error: unknown): TwinportError {
  return new TwinportError('connection-lost', 'the control connection was lost', { cause: error });
}
