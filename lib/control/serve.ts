import type { PortsNetwork } from '../data/ownPorts';
import { TwinportError } from '../errors';
import { logFor } from '../log';
import { closeGently } from '../net/close';
import type { Clock, Conn, Listener, ListenOptions, Network } from '../net/network';
import { LIMITS } from '../options';
import { networkOf } from '../wire/addresses';
import { Gate, type TlsRule } from './gate';
import type { NoteAbout } from './events';
import type { Login } from './login';
import { Session, type BareSession, type SessionTimes } from './session';
import { Shortage } from './shortage';
import type { Dialect } from './dialect';
import type { Refusal } from './refusal';

const log = logFor('control');

export interface SessionLimits {
  /** Sessions at once, in all and of one address; of IPv6 a /64 is one, or one host would have as many as it likes. */
  readonly sessions: number;
  readonly perAddress: number;
}

export interface ServeOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly times: SessionTimes;
  readonly limits: SessionLimits;
  /** Somebody came and asked for nothing that can be served (`Dialect.tells`). */
  readonly onRefused?: (refusal: Refusal) => void;
  /** Nothing is left of a session. */
  readonly onOver?: (session: BareSession) => void;
  /** Why nobody from this address is served now. */
  readonly turnsAway?: (address: string) => string | undefined;
  /** What else the server's owner hears of who was not served. */
  readonly onNote?: (sentence: string, about?: NoteAbout) => void;
}

/** A session as its keeper sees it, whatever its dialect. */
interface Kept {
  readonly over: Promise<void>;
  readonly evicted: boolean;
  idleFor(): number;
  close(why: string): void;
  evict(): void;
  abort(reason: TwinportError): void;
  destroy(): void;
}

/** A session as languages are given it. */
export interface AnySession extends BareSession {
  /** Who its client is. Absent where there is no way in but the port itself. */
  readonly login?: Login;
  /** All that its data connections can be opened with: what moves there keeps to its limits. */
  readonly network: PortsNetwork;
}

/** Listens, and keeps every session there is: within the limits, and until they are over. */
export class SessionKeeper {
  private readonly sessions = new Map<Kept, string>();
  private readonly perAddress = new Map<string, number>();
  private readonly listeners: Listener[] = [];
  private readonly refused = new Set<Conn>();
  private nextId = 1;
  /** Sessions sent away that have not gone yet. */
  private leaving = 0;
  private closing = false;
  private readonly shortage: Shortage;

  constructor(private options: ServeOptions) {
    this.shortage = new Shortage(options.clock, (sentence) => this.options.onNote?.(sentence));
  }

  /** For sessions that are still to come; those that are there keep theirs. */
  adjust(bounds: Pick<ServeOptions, 'times' | 'limits'>): void {
    this.options = { ...this.options, ...bounds };
  }

  /**
   * Serves a dialect on a port; the dialect is made per session, which it may remember. `tlsRule` is asked for each
   * connection: undefined where a handshake cannot be told from what the port speaks.
   */
  async listen<C>(
    on: ListenOptions,
    dialectFor: (session: BareSession) => Dialect<C>,
    tlsRule: () => TlsRule | undefined = () => undefined,
  ): Promise<Listener> {
    const listener = await this.options.network.listen({ ...on, crowd: true }, (conn) =>
      this.welcome(conn, dialectFor, tlsRule()),
    );
    this.listeners.push(listener);
    this.closing = false;
    return listener;
  }

  /** Stops accepting; idle sessions end at once with a 421, the others get `grace` milliseconds. */
  async close(grace: number): Promise<void> {
    this.closing = true;
    await Promise.all(this.listeners.splice(0).map((listener) => listener.close()));
    const over = [...this.sessions.keys()].map((session) => session.over);
    for (const session of this.sessions.keys()) session.close('The server stops');
    const { clock } = this.options;
    const timers = [
      clock.after(grace, () => {
        for (const session of this.sessions.keys()) session.abort(new TwinportError('aborted', 'The server stops'));
      }),
      // Their last replies get a moment; a peer that does not read them does not keep us.
      clock.after(grace + LAST_WORDS, () => {
        for (const session of this.sessions.keys()) session.destroy();
        for (const conn of this.refused) conn.destroy();
      }),
    ];
    await Promise.all([...over, ...[...this.refused].map((conn) => conn.closed)]);
    for (const timer of timers) timer.cancel();
  }

  private welcome<C>(raw: Conn, dialectFor: (session: BareSession) => Dialect<C>, rule: TlsRule | undefined): void {
    const id = this.nextId++;
    const { clock, onNote } = this.options;
    const guard = {
      refuse: (why: string): void => session.close(why),
      note: (sentence: string, outcome: NoteAbout['outcome']): void =>
        onNote?.(sentence, { outcome, address: conn.remote.address, session: id }),
    };
    const conn = rule === undefined ? raw : new Gate(raw, rule, clock, guard);
    const address = networkOf(conn.remote.address);
    const dialect = dialectFor({ id, conn });
    // Asked first: who is turned away takes nobody's place.
    const away = this.options.turnsAway?.(conn.remote.address);
    const scarce = this.shortage.isMetBy(raw, this.sessions.size);
    if (this.closing || away !== undefined || !this.makeRoom(address, scarce)) {
      const why = this.closing ? 'The server stops' : (away ?? 'Too many sessions');
      const words = dialect.replies.closing(why);
      const { remote, local } = conn;
      const answer = words === undefined ? 'reset' : 'words';
      // Of who is turned away its owner was told once: a flood must not fill a log.
      const tells = dialect.tells === true && (this.closing || away === undefined);
      if (tells) this.options.onRefused?.({ remote, local, what: 'refused', why, answer });
      // Beneath the gate: whatever still comes is no handshake that failed, and no request in clear text.
      this.refuse(raw, words);
      this.options.onOver?.({ id, conn });
      return;
    }
    log.trace('#%d %s:%d connected', id, conn.remote.address, conn.remote.port);
    const session: Session<C> = new Session<C>(id, conn, dialect, clock, this.options.times, this.options.onRefused);
    this.sessions.set(session, address);
    this.perAddress.set(address, (this.perAddress.get(address) ?? 0) + 1);
    session.start();
    void session.over.then(() => {
      this.sessions.delete(session);
      const left = (this.perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.perAddress.delete(address);
      else this.perAddress.set(address, left);
      this.options.onOver?.({ id, conn });
    });
  }

  /**
   * Connections that ask for nothing cost us a place each: a thousand of them would lock everybody out. So
   * when the places are taken, the longest-idle session makes room: one of the same address, or, when the
   * server itself is full, one of the address that holds most. Who is busy is never sent away. A server whose descriptors
   * run short is full with however many it has, or the system would turn away whoever comes, and keep the idle.
   */
  private makeRoom(address: string, scarce: boolean): boolean {
    const { sessions, perAddress } = this.options.limits;
    if ((this.perAddress.get(address) ?? 0) >= perAddress) return this.evictOneOf(address, scarce);
    // Where somebody else in this process has them all, nobody would ever be served.
    if (this.sessions.size < (scarce ? 1 : sessions)) return true;
    const byCount = [...this.perAddress].sort((a, b) => b[1] - a[1]);
    return byCount.slice(0, 4).some(([holder]) => this.evictOneOf(holder, scarce));
  }

  private evictOneOf(address: string, scarce: boolean): boolean {
    let idlest: Kept | undefined;
    let longest = 0;
    for (const [session, of] of this.sessions) {
      if (of !== address || session.evicted) continue;
      const idle = session.idleFor();
      // Of two that are equally idle the older goes.
      if (idle >= LIMITS.evictableAfter && idle > longest) {
        longest = idle;
        idlest = session;
      }
    }
    if (idlest === undefined) return false;
    // The farewell is short: places must come free as fast as they are asked for.
    const evicted = idlest;
    evicted.evict();
    this.leaving += 1;
    // A caller that makes no room even when told so must not hold a descriptor meanwhile.
    if (scarce || this.leaving > REFUSED_AT_ONCE) evicted.destroy();
    const timer = this.options.clock.after(LAST_WORDS, () => evicted.destroy());
    void evicted.over.then(() => {
      timer.cancel();
      this.leaving -= 1;
    });
    return true;
  }

  /** One last line for who cannot come in; bounded in number and time, so that refusing is no way to exhaust us. */
  private refuse(conn: Conn, goodbye: Buffer | undefined): void {
    // RST where the language has no words: FIN could be taken for an empty file.
    if (goodbye === undefined) return conn.reset();
    // A farewell would have one of the last descriptors for a second; of the others there are enough for it.
    if (conn.scarce === true || this.refused.size >= REFUSED_AT_ONCE) return conn.destroy();
    this.refused.add(conn);
    conn.write(goodbye).catch(() => undefined);
    void closeGently(conn, this.options.clock, LAST_WORDS).finally(() => this.refused.delete(conn));
  }
}

/** Milliseconds for a last reply to be read, where nothing else is owed: who does not read it must not keep us. */
const LAST_WORDS = 1000;
/** Refused connections that are still being told so: each is a descriptor, and a flood brings thousands a second. */
const REFUSED_AT_ONCE = 64;
