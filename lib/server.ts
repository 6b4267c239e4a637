import { EventEmitter } from 'node:events';
import { Door } from './control/door';
import type { ChangeEvent, ChangeKind, LoginEvent, NoteAbout } from './control/events';
import type { SessionInfo, TransferEvent, TransferKind } from './control/events';
import { Login } from './control/login';
import { rated } from './control/rated';
import { refusalNote, refusedIn } from './control/refusal';
import { SessionKeeper } from './control/serve';
import type { BareSession } from './control/session';
import { rightsFor } from './control/service';
import type { TlsRule } from './control/gate';
import type { PortSettings } from './control/slice';
import { ListingRoom } from './data/listingRoom';
import { OwnPorts } from './data/ownPorts';
import { PortShares } from './data/portShares';
import { Turnstile } from './data/turnstile';
import { assertPort, openPort, type PortDialect } from './dialects/registry';
import type { FtService } from './dialects/ft/job';
import { sentenceOf, TwinportError } from './errors';
import { logFor } from './log';
import { systemClock } from './net/clock';
import type { Clock, Endpoint } from './net/network';
import { tcpNetwork } from './net/tcp';
import { LIMITS, wholeNumber } from './options';
import { Roots, type RootUse } from './roots';
import { ruleOn, tlsRuleOf } from './securing';
import { ServerLimits } from './serverLimits';
import { boundsOf, doorRules, portRights, reads } from './serverOptions';
import type { PortOptions, ReloadOptions, ServerOptions } from './serverOptions';
import type { Right } from './wire/rights';
import { Views } from './views';
import { escaped } from './wire/names';

const log = logFor('server');

export type {
  ChangeEvent,
  ChangeKind,
  LoginEvent,
  NoteAbout,
  Right,
  PortDialect,
  PortOptions,
  PortSettings,
  ReloadOptions,
  ServerOptions,
  SessionInfo,
  TransferEvent,
  TransferKind,
};

export interface ServerEvents {
  session: [session: SessionInfo];
  /** Nothing is left of it. */
  end: [session: SessionInfo];
  transfer: [transfer: TransferEvent];
  /** A directory made, something deleted or renamed; or refused. */
  change: [change: ChangeEvent];
  /** Somebody logged in, or was refused. */
  login: [login: LoginEvent];
  /**
   * One sentence worth showing that is about no transfer: how many clients are expected (colon), or, in the languages
   * with one request a connection, why somebody was not understood. What clients said is escaped in it. `about`: whom it
   * tells of, where somebody was not served.
   */
  note: [sentence: string, about?: NoteAbout];
  /** Something went wrong outside any request. Emitted only when somebody listens: it can kill nobody. */
  error: [error: Error];
}

export interface Server extends EventEmitter<ServerEvents> {
  /**
   * Listens on `port` (0, the default: any free one), on every address unless a host is given. May be called for
   * several ports. Rejects `cannot-listen`, or `not-found`, `denied`, `not-a-directory` when the root cannot be served.
   */
  listen(port?: number, on?: string | PortOptions): Promise<Endpoint>;
  /**
   * Makes these the options, whole: what is left out has its default again. Numbers of sessions and their idle time are
   * those of new sessions, rates hold at once; everything else from each session's next request on. Rejects, and changes
   * nothing: `invalid-argument`, or as `listen` where the root has to be opened anew, for writing.
   */
  reload(options: ReloadOptions): Promise<void>;
  /** Stops: idle sessions get 421 at once, transfers `grace` milliseconds (default 10 000) to finish. */
  close(grace?: number): Promise<void>;
}

/** A server. Throws `invalid-argument` on options that make no sense. */
export function createServer(options: ServerOptions = {}): Server {
  return new TwinportServer(options);
}

class TwinportServer extends EventEmitter<ServerEvents> implements Server {
  private readonly network: OwnPorts;
  private readonly clock: Clock;
  private readonly keeper: SessionKeeper;
  private readonly limits: ServerLimits;
  private readonly digests = new Turnstile();
  private readonly listings = new ListingRoom();
  private readonly portShares = new PortShares();
  private readonly roots: Roots;
  private readonly views = new Views();
  private readonly door: Door;

  private tlsRule: TlsRule;

  /** The ports that are served, each with what its sessions are given: changed in place by `reload`. */
  private readonly ports: ServedPort[] = [];

  constructor(private options: ServerOptions) {
    super();
    const bounds = boundsOf(options);
    this.tlsRule = tlsRuleOf(options.tls);
    this.network = new OwnPorts(options.network ?? tcpNetwork());
    this.clock = options.clock ?? systemClock();
    this.roots = new Roots(options.root ?? '.', this.clock);
    this.limits = new ServerLimits(this.clock, () => this.options);
    this.keeper = new SessionKeeper({
      network: this.network,
      clock: this.clock,
      ...bounds,
      onRefused: (refusal) => this.tell('note', refusalNote(refusal), refusedIn(refusal)),
      onNote: (sentence, about) => this.tell('note', sentence, about),
      onOver: (session) => this.tell('end', infoOf(session)),
      turnsAway: (address) => this.door.turnsAway(address),
    });
    this.door = new Door(
      this.clock,
      () => doorRules(this.options),
      (event) => this.tell('login', event),
      (sentence, about) => this.tell('note', escaped(sentence), about),
    );
  }

  async listen(port = 0, on: string | PortOptions = {}): Promise<Endpoint> {
    wholeNumber('port', port, 0, 65535);
    const { host, dialect = 'default', ...settings } = typeof on === 'string' ? { host: on } : on;
    assertPort(dialect, port);
    ruleOn(dialect, this.tlsRule);
    const service = await this.service(portRights(this.options, dialect, settings.writable), settings.create === true);
    const dialectFor = await openPort(dialect, service, settings);
    const listener = await this.keeper.listen(
      { port, ...(host !== undefined && { host }) },
      (session) => {
        this.tell('session', infoOf(session));
        const rates = this.limits.session();
        const network = rates.network(this.network);
        const login = new Login(this.door, session, ({ name, limits }) => rates.as(name, limits?.rate));
        const { visitor } = this.door;
        if (visitor !== undefined) rates.as(visitor.name, visitor.limits?.rate);
        return rated(dialectFor({ ...session, network, login }), (conn) => rates.over(conn));
      },
      () => ruleOn(dialect, this.tlsRule),
    );
    this.ports.push({ dialect, writable: settings.writable, service });
    return listener.local;
  }

  async reload(options: ReloadOptions): Promise<void> {
    const { root, storage, network, clock } = this.options;
    const next: ServerOptions = { ...options, ...defined({ root, storage, network, clock }) };
    const bounds = boundsOf(next);
    const tlsRule = tlsRuleOf(next.tls);
    for (const { dialect } of this.ports) ruleOn(dialect, tlsRule);
    // All that can fail comes first: a server that is half reloaded is neither.
    const services = await Promise.all(
      this.ports.map(({ dialect, writable }) => this.service(portRights(next, dialect, writable), false, next)),
    );
    this.options = next;
    this.tlsRule = tlsRule;
    this.keeper.adjust(bounds);
    await this.views.renew();
    // In place: sessions, and what languages remember of a port (the number of the next upload), live on.
    this.ports.forEach(({ service }, at) => Object.assign(service, services[at]));
  }

  async close(grace: number = LIMITS.grace): Promise<void> {
    await this.keeper.close(grace);
    this.ports.splice(0);
    await this.views.close();
    this.limits.forget();
    await this.roots.close();
  }

  private async service(rights: readonly Right[], create: boolean, options = this.options): Promise<FtService> {
    const changes = !rights.every(reads);
    const whole = options.storage ?? (await this.roots.open(useOf(changes, options), create));
    const within = changes ? await this.limits.within(whole, options) : () => whole;
    return {
      visitor: () => this.door.visitor,
      storage: this.views.of(within(), rights),
      storageFor: (account) => this.views.of(within(account), rightsFor({ rights }, account), account),
      clock: this.clock,
      rights,
      writable: rights.includes('write'),
      active: options.active !== false,
      strictPut: options.strictPut === true,
      plainReplies: options.plainReplies === true,
      dataPorts: options.dataPorts ?? [0, 0],
      stall: options.stallTimeout ?? LIMITS.stall,
      digests: this.digests,
      listings: this.listings,
      portShares: this.portShares,
      emit: (event) => this.tell('transfer', event),
      changed: (event) => this.tell('change', event),
      note: (sentence, about) => this.tell('note', sentence, about),
    };
  }

  /** A listener that throws must not take a session with it, and an `error` nobody listens for must not kill. */
  private tell<K extends 'session' | 'transfer' | 'change' | 'login' | 'note' | 'end'>(
    name: K,
    ...values: ServerEvents[K]
  ): void {
    try {
      (this.emit as (name: string, ...values: unknown[]) => boolean).call(this, name, ...values);
    } catch (error) {
      if (this.listenerCount('error') === 0) return;
      try {
        this.emit('error', error instanceof Error ? error : new TwinportError('io-error', String(error)));
      } catch (again) {
        log.trace('an error listener failed: %s', sentenceOf(again));
      }
    }
  }
}

function infoOf({ id, conn }: BareSession): SessionInfo {
  return { id, remote: conn.remote, local: conn.local };
}

function useOf(changes: boolean, { fsync }: ServerOptions): RootUse {
  if (!changes) return 'read';
  return fsync === true ? 'fsync' : 'write';
}

interface ServedPort {
  readonly dialect: PortDialect;
  readonly writable: boolean | undefined;
  readonly service: FtService;
}

/** Without what is undefined. */
function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
