import { Writable } from 'node:stream';
import { connect, type Client, type ConnectOptions } from '../../lib/client';
import { TwinportError, type ErrorCode } from '../../lib/errors';
import type { Conn, Network, SecureConn, Tls } from '../../lib/net/network';
import { expect } from 'chai';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { memoryNetwork, type MemoryNetwork } from './memoryNetwork';
import { eventually, Talker } from './talker';

export const SERVER = '10.0.0.1';
export const CLIENT = '10.0.0.2';

export interface PlayOptions extends Omit<ConnectOptions, 'host' | 'port' | 'network' | 'clock'> {
  /** Where the scripted server lives; by default another machine, `localhost` for the client's own. */
  readonly host?: string;
  /** The scripted server's TLS, on both connections. */
  readonly secured?: Tls;
}

/** A connection of the scripted server's under TLS, and what is beneath. */
export interface SecuredData {
  readonly q: Talker;
  readonly wire: Conn;
}

/** The real client on a network in memory, and a server that does what the spec makes it do. */
export class Play {
  readonly network: MemoryNetwork = memoryNetwork({ addresses: [CLIENT] });
  readonly clock: FakeClock = fakeClock();
  readonly notes: string[] = [];
  readonly #server: Network = this.network.machine(SERVER);
  readonly #mine: Talker[] = [];
  readonly #others = new Map<string, Network>();
  client!: Client;
  /** The server's end of the control connection. */
  p!: Talker;

  async begin(options: PlayOptions): Promise<void> {
    const { host = SERVER, secured, ...rest } = options;
    const machine = host === SERVER ? this.#server : this.network;
    const listener = await machine.listen({ port: 3555 }, (conn) => {
      if (secured === undefined) this.p = this.#keep(conn);
      else void secured.secure(conn).then((secure) => (this.p = this.#keep(secure)));
    });
    this.client = await connect({ ...rest, host, port: 3555, network: this.network, clock: this.clock });
    await listener.close();
    await eventually('a control connection', () => this.p !== undefined);
  }

  /** The client's next request, and the data port it names. */
  async request(): Promise<{ line: string; port: number }> {
    const line = await this.p.line();
    return { line, port: Number(/ (\d+)$/.exec(line)?.[1] ?? NaN) };
  }

  /** The reply lines of the server, each with its CR LF. */
  say(...lines: string[]): Promise<void> {
    return this.p.send(lines.map((line) => `${line}\r\n`).join(''));
  }

  /** The server dials the client's data port, from an address of its own. */
  async dial(port: number, from = SERVER, how: { reads?: boolean } = {}): Promise<Talker> {
    const local = from.startsWith('127.');
    const network = local ? this.network : from === SERVER ? this.#server : this.#machine(from);
    const to = local ? { host: '127.0.0.1', port, localAddress: from } : { host: CLIENT, port };
    return this.#keep(await network.dial(to, new AbortController().signal), how);
  }

  /** The same under TLS, up to what shows whose the connection is. */
  async dialSecured(port: number): Promise<SecuredData> {
    const wire = await this.#server.dial({ host: CLIENT, port }, new AbortController().signal);
    const secure = await (this.p.conn.secured as SecureConn).another(wire);
    const q = this.#keep(secure);
    await q.bytes(32);
    return { q, wire };
  }

  /** The server listens for a passive data connection. */
  async listen(): Promise<{ port: number; next: () => Promise<Talker>; close: () => Promise<void> }> {
    const taken: Talker[] = [];
    const listener = await this.#server.listen({ port: 0 }, (conn) => void taken.push(this.#keep(conn)));
    return {
      port: listener.local.port,
      next: async () => {
        await eventually('a data connection', () => taken.length > 0);
        return taken.shift() as Talker;
      },
      close: () => listener.close(),
    };
  }

  /** Of the client nothing is left listening or connected but P, if `p` says that it lives. */
  async onlyP(p: 'lives' | 'is gone' = 'lives'): Promise<void> {
    if (p === 'is gone') await this.p.over();
    if (p === 'is gone') this.p.conn.destroy();
    const left = p === 'lives' ? 2 : 0;
    await eventually(
      `nothing but P is open, and P ${p}`,
      () => this.network.open <= left,
      () => this.network.open,
    );
    expect(this.network.open).to.equal(left);
  }

  /** Closes the client; then nothing may be left, on the network or of the clock. */
  async close(): Promise<void> {
    let over = false;
    void this.client.close().then(() => (over = true));
    for (let i = 0; i < 15 && !over; i += 1) await this.clock.advance(1000);
    if (!over) throw new Error('the client does not close');
    for (const { conn } of this.#mine) conn.destroy();
    await settle();
    if (this.network.open > 0) throw new Error(`${this.network.open} ends and listeners are left on the network`);
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
  }

  #keep(conn: Conn, how: { reads?: boolean } = {}): Talker {
    const talker = new Talker(conn, how);
    this.#mine.push(talker);
    return talker;
  }

  #machine(address: string): Network {
    const known = this.#others.get(address) ?? this.network.machine(address);
    this.#others.set(address, known);
    return known;
  }
}

/** Runs a spec against a play and closes it after. */
export function withPlay(options: PlayOptions, spec: (play: Play) => Promise<void>): () => Promise<void> {
  return async () => {
    const play = new Play();
    await play.begin(options);
    await spec(play);
    await play.close();
  };
}

/** A stream that keeps what is written to it. */
export class Basin extends Writable {
  bytes = Buffer.alloc(0);
  failure: Error | undefined;

  constructor() {
    super();
    this.on('error', (error) => (this.failure = error));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    done();
  }
}

/** A promise whose end is watched from now on, so that time can pass before it is asked for. */
export class Watched<T> {
  #outcome: { value: T } | { error: unknown } | undefined;

  constructor(promise: Promise<T>) {
    promise.then(
      (value) => (this.#outcome = { value }),
      (error: unknown) => (this.#outcome = { error }),
    );
  }

  get isOver(): boolean {
    return this.#outcome !== undefined;
  }

  async value(): Promise<T> {
    const outcome = await this.#over();
    if ('value' in outcome) return outcome.value;
    throw outcome.error;
  }

  /** The error it rejected with, which must have this code. */
  async failure(code: ErrorCode): Promise<TwinportError> {
    const outcome = await this.#over();
    if ('value' in outcome) throw new Error(`expected ${code}, but it was fulfilled: ${JSON.stringify(outcome.value)}`);
    if (!(outcome.error instanceof TwinportError)) throw outcome.error;
    expect(outcome.error.code, outcome.error.message).to.equal(code);
    return outcome.error;
  }

  async #over(): Promise<{ value: T } | { error: unknown }> {
    await eventually('the end of a request', () => this.isOver);
    return this.#outcome as { value: T } | { error: unknown };
  }
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  return new Watched(promise);
}
