import { EventEmitter } from 'node:events';
import type { Authenticator } from './auth/auth';
import { Door, type DoorRules } from './control/door';
import type { ChangeEvent, ChangeKind, LoginEvent, NoteAbout } from './control/events';
import type { SessionInfo, TransferEvent, TransferKind } from './control/events';
import { Login } from './control/login';
import { rated } from './control/rated';
import { refusalNote, refusedIn } from './control/refusal';
import { SessionKeeper, type BareSession, type ServeOptions } from './control/serve';
import { rightsFor } from './control/service';
import type { TlsRule } from './control/gate';
import type { PortSettings } from './control/slice';
import { ListingRoom } from './data/listingRoom';
import { OwnPorts } from './data/ownPorts';
import { PortShares } from './data/portShares';
import { Turnstile } from './data/turnstile';
import { assertPort, openPort, takesPuts, type PortDialect } from './dialects/registry';
import type { FtService } from './dialects/ft/job';
import { sentenceOf, TwinportError } from './errors';
import { logFor } from './log';
import { systemClock } from './net/clock';
import type { Clock, Endpoint, Network } from './net/network';
import { tcpNetwork } from './net/tcp';
import { LIMITS, wholeNumber } from './options';
import { ruleOn, tlsRuleOf, type ServerTlsOptions } from './securing';
import { checkLimits, ServerLimits, type LimitOptions } from './serverLimits';
import { localStorage, type LocalStorage } from './storage/local';
import type { Storage } from './storage/storage';
import { rightsOf, type Right } from './wire/rights';
import { Sweeper } from './sweeping';
import { Views } from './views';
import { escaped } from './wire/names';

const log = logFor('server');

/** Times are milliseconds. Everything is optional: the default serves the current directory, read-only. */
export interface ServerOptions extends LimitOptions {
  /** Directory to serve. Default: the current directory. */
  readonly root?: string;
  /** Serve this storage instead of a directory. */
  readonly storage?: Storage;
  /** Accept puts, and let them replace files where the client asks for that. Default false. */
  readonly writable?: boolean;
  /**
   * What clients may do, whatever they speak. Default: `list` and `read`, and where it is writable `write` and
   * `overwrite`. Given, it says it all, and `writable` nothing.
   */
  readonly allow?: readonly Right[];
  /** Sessions at once, in all (default 480) and of one address (default: half of all). */
  readonly maxSessions?: number;
  readonly maxSessionsPerAddress?: number;
  /** A session without requests is closed after this long. Default 300 000. */
  readonly idleTimeout?: number;
  /** A transfer that does not move for this long is aborted. Default 60 000. */
  readonly stallTimeout?: number;
  /** Ports for passive data connections, inclusive. Default: any free one. */
  readonly dataPorts?: readonly [low: number, high: number];
  /** TLS, for which a port of its own is not needed. Default: there is none. */
  readonly tls?: ServerTlsOptions;
  /** Answer active requests. Servers behind a proxy or tunnel must not: they would dial their own host. Default true. */
  readonly active?: boolean;
  /** Refuse puts that are not confirmed by count and digest. Default false. */
  readonly strictPut?: boolean;
  /**
   * Answer a put only once its bytes, and then its name, are on disk: what was confirmed outlives a power loss. Costs a
   * trip to the disk each time. Default false. A `storage` of one's own keeps its own rule.
   */
  readonly fsync?: boolean;
  /** Send error replies only, for homemade clients that take any text on P as an error. Default false. */
  readonly plainReplies?: boolean;
  /** Who may log in, and what that means (`usersFile`, or one's own). Default: there are no accounts, and everybody is served. */
  readonly authenticator?: Authenticator;
  /**
   * Take passwords in clear text from other machines too; `never`: not even from this one, for servers at the end of a tunnel
   * or behind a proxy, where everybody seems to be here. Default false: from this machine alone.
   */
  readonly clearPasswords?: boolean | 'never';
  /** Logins that may fail on one connection. Default 3. */
  readonly loginTries?: number;
  /** Logins of one address that may fail within ten minutes (default 10), and how long it is turned away then (600 000). */
  readonly banAfter?: number;
  readonly banTime?: number;
  readonly network?: Network;
  readonly clock?: Clock;
}

/** How one port is to be served. */
export interface PortOptions extends PortSettings {
  /** The address to listen on. Default: every one. */
  readonly host?: string;
  /** What is spoken there. Default `default`: the native language, and stepwise by its rule. */
  readonly dialect?: PortDialect;
  /**
   * Take new files there; false is always obeyed. Default: `ServerOptions.writable`; or true where the port's dialect
   * is one that was made for uploads (privateshare, framed, colon, numbered), none of which ever replaces a file.
   */
  readonly writable?: boolean;
  /** Make the served directory, should it not exist. Default false. */
  readonly create?: boolean;
}

/** What can be changed while the server runs. Who it serves, and where, cannot. */
export type ReloadOptions = Omit<ServerOptions, 'root' | 'storage' | 'network' | 'clock'>;

export type {
  ChangeEvent,
  ChangeKind,
  LoginEvent,
  NoteAbout,
  Right,
  PortDialect,
  PortSettings,
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
  /** Opened with the first `listen` that needs it, closed with the server: one for each use of the directory. */
  private readonly opened = new Map<RootUse, Promise<LocalStorage>>();
  /** Since there is a directory that can be written to. */
  private sweeper: Sweeper | undefined;
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
    const service = await this.service(this.rights(dialect, settings.writable), settings.create === true);
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
      this.ports.map(({ dialect, writable }) => this.service(this.rights(dialect, writable, next), false, next)),
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
    await this.sweeper?.stop();
    this.sweeper = undefined;
    const opened = [...this.opened.values()];
    this.opened.clear();
    for (const storage of opened) await (await storage.catch(() => undefined))?.close();
  }

  /** What may be done on one port. A port that is not writable never is, whatever is allowed elsewhere. */
  private rights(dialect: PortDialect, writable: boolean | undefined, options = this.options): readonly Right[] {
    const { allow, writable: everywhere = false } = options;
    const puts = writable ?? (takesPuts(dialect) || everywhere);
    const rights = allow === undefined ? (puts ? WRITABLE : READING) : rightsOf(allow);
    return writable === false ? rights.filter((right) => READING.includes(right)) : rights;
  }

  private async service(rights: readonly Right[], create: boolean, options = this.options): Promise<FtService> {
    const changes = rights.some((right) => !READING.includes(right));
    const whole = options.storage ?? (await this.openRoot(useOf(changes, options), create));
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
      note: (sentence) => this.tell('note', sentence),
    };
  }

  private openRoot(use: RootUse, create: boolean): Promise<LocalStorage> {
    const known = this.opened.get(use);
    if (known !== undefined && !create) return known;
    const how = { writable: use !== 'read', fsync: use === 'fsync', create };
    const open = (): Promise<LocalStorage> => localStorage({ root: this.options.root ?? '.', ...how });
    // Another port, told to make nothing, may be finding just now that there is nothing.
    const opened = known?.catch(open) ?? open();
    this.opened.set(use, opened);
    opened.then(
      (storage) => {
        // Whoever cannot write leaves no parts. One is enough, however often the directory was opened.
        if (use !== 'read' && this.opened.get(use) === opened) this.sweeper ??= new Sweeper(this.clock, storage);
      },
      // Another try may find it.
      () => {
        if (this.opened.get(use) === opened) this.opened.delete(use);
      },
    );
    return opened;
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

/** What the directory is opened for: reading alone, writing, or writing that waits for the disk. */
type RootUse = 'read' | 'write' | 'fsync';

function useOf(changes: boolean, { fsync }: ServerOptions): RootUse {
  if (!changes) return 'read';
  return fsync === true ? 'fsync' : 'write';
}

interface ServedPort {
  readonly dialect: PortDialect;
  readonly writable: boolean | undefined;
  readonly service: FtService;
}

/** The numbers in the options. Throws `invalid-argument`, also on what is none of these and makes no sense. */
function boundsOf(options: ServerOptions): Pick<ServeOptions, 'times' | 'limits'> {
  const sessions = wholeNumber('maxSessions', options.maxSessions ?? LIMITS.sessions, 1, MOST_SESSIONS);
  const perAddress = options.maxSessionsPerAddress ?? Math.max(1, Math.ceil(sessions / 2));
  const idle = wholeNumber('idleTimeout', options.idleTimeout ?? LIMITS.idle, 1, LONGEST);
  const stall = wholeNumber('stallTimeout', options.stallTimeout ?? LIMITS.stall, 1, LONGEST);
  if (options.dataPorts !== undefined) {
    const [low, high] = options.dataPorts;
    wholeNumber('the last of dataPorts', high, wholeNumber('the first of dataPorts', low, 1024, 65535), 65535);
  }
  if (options.allow !== undefined) rightsOf(options.allow);
  doorRules(options);
  checkLimits(options);
  return {
    times: { idle, firstRequest: LIMITS.firstRequest, stall },
    limits: { sessions, perAddress: wholeNumber('maxSessionsPerAddress', perAddress, 1, MOST_SESSIONS) },
  };
}

function doorRules(options: ServerOptions): DoorRules {
  return {
    authenticator: options.authenticator,
    clearPasswords: clearPasswordsOf(options),
    tries: wholeNumber('loginTries', options.loginTries ?? LIMITS.loginTries, 1, MOST_TRIES),
    banAfter: wholeNumber('banAfter', options.banAfter ?? LIMITS.loginFailures, 1, MOST_TRIES),
    banTime: wholeNumber('banTime', options.banTime ?? LIMITS.loginBan, 1, LONGEST),
  };
}

function clearPasswordsOf({ clearPasswords = false }: ServerOptions): boolean | 'never' {
  if (typeof clearPasswords === 'boolean' || clearPasswords === 'never') return clearPasswords;
  throw new TwinportError(
    'invalid-argument',
    `clearPasswords is true, false or "never", not ${String(clearPasswords)}`,
  );
}

/** Without what is undefined. */
function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

const READING: readonly Right[] = ['list', 'read'];
const WRITABLE: readonly Right[] = [...READING, 'write', 'overwrite'];
/** A session costs descriptors; more than this is a mistyped number. */
const MOST_SESSIONS = 1_000_000;
/** More failed logins than that are no limit. */
const MOST_TRIES = 1000;
/** A day: the longest a timer here can sensibly run (`setTimeout` itself breaks at 24.8 days). */
const LONGEST = 24 * 60 * 60 * 1000;
