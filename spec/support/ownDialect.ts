import type { CommandDecoder, Dialect, Incoming, Turn } from '../../lib/control/dialect';
import { Session } from '../../lib/control/session';
import { deferred, type Deferred } from '../../lib/data/scope';
import { TwinportError } from '../../lib/errors';
import type { Conn } from '../../lib/net/network';
import { Unread } from '../../lib/wire/bytes';
import { eventually } from './eventually';
import { fakeClock, settle, type FakeClock } from './fakeClock';
import { memoryNetwork, type MemoryNetwork } from './memoryNetwork';
import { Talker } from './talker';

/** What the dialect of these specs is told to be like. */
export interface OwnOptions {
  /** What refusals and farewells say; absent: the language has no words for them. */
  readonly words?: { readonly error: string; readonly closing: string };
  /** A command that connecting asks for. */
  readonly opens?: string;
  /** What an in-band command does with its turn. Default: it reads to the end, and answers nothing. */
  readonly run?: (turn: Turn<string>, owned: Owned) => Promise<Buffer | undefined>;
  readonly capacity?: number;
}

/** A session of a dialect made for specs: a command ends at `!`, at 500 ms of silence, or at FIN. */
export class Owned {
  readonly clock: FakeClock = fakeClock();
  readonly network: MemoryNetwork;
  readonly commands: string[] = [];
  /** What the commands that took the connection have read, and how that ended. */
  read = '';
  readEnded: 'open' | 'ended' | 'lost' = 'open';
  session!: Session<string>;
  peer!: Talker;
  isOver = false;
  /** What holds a command back before it takes the connection. */
  gate: Deferred<void> | undefined;

  constructor(private readonly options: OwnOptions) {
    const { capacity } = options;
    this.network = memoryNetwork({ ...(capacity !== undefined && { capacity }) });
  }

  async start(): Promise<void> {
    const { network, clock } = this;
    const times = { idle: 300_000, firstRequest: 60_000, stall: 60_000 };
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (conn) => {
      this.session = new Session(1, conn, this.dialect(), clock, times);
      this.session.start();
      void this.session.over.then(() => (this.isOver = true));
    });
    const { port } = listener.local;
    this.peer = new Talker(await network.dial({ host: '127.0.0.1', port }, new AbortController().signal));
    await listener.close();
  }

  /** Holds every command back until `open`. */
  hold(): { open(): void } {
    const gate = (this.gate = deferred<void>());
    return { open: () => gate.resolve() };
  }

  /** The default: reads to the end, and says nothing. */
  async readAll(conn: Conn): Promise<void> {
    try {
      for (let batch; (batch = await conn.read(64 * 1024)) !== null;)
        for (const chunk of batch) this.read += Buffer.from(chunk).toString('latin1');
      this.readEnded = 'ended';
    } catch (error) {
      this.readEnded = 'lost';
      throw error;
    }
  }

  /** Lets time pass until the session is over; then nothing is left. */
  async over(within = 20_000): Promise<void> {
    for (let passed = 0; !this.isOver && passed < within; passed += 1000) await this.clock.advance(1000);
    await eventually('the session is over', () => this.isOver);
    this.peer.conn.destroy();
    await settle();
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
    if (this.network.open > 0) throw new Error(`${this.network.open} ends are left`);
  }

  private dialect(): Dialect<string> {
    const { words, run, opens } = this.options;
    return {
      name: 'own',
      decoder: () => new OwnDecoder(opens),
      row: (command) =>
        command.startsWith('?')
          ? { run: () => Promise.resolve(Buffer.from(`${command}=`)) }
          : {
              inband: true,
              run: async (_command, turn) => {
                this.commands.push(command);
                await this.gate?.promise;
                if (run !== undefined) return run(turn, this);
                await this.readAll(turn.conn());
                return undefined;
              },
            },
      replies: {
        error: ({ code }) => (words === undefined ? undefined : Buffer.from(`${words.error} ${code}`)),
        closing: () => (words === undefined ? undefined : Buffer.from(words.closing)),
      },
    };
  }
}

class OwnDecoder implements CommandDecoder<string> {
  private readonly unread = new Unread();
  private done = false;
  readonly patience = 500;
  readonly open?: () => Incoming<string>;

  constructor(opens: string | undefined) {
    if (opens !== undefined) this.open = () => this.made(opens);
  }

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  next(): Incoming<string> | undefined {
    const end = this.done ? -1 : this.unread.indexOf(0x21, 0);
    if (end === -1) return undefined;
    return this.made(this.unread.take(end + 1).toString('latin1', 0, end));
  }

  quiet(): Incoming<string> | undefined {
    return this.waiting ? this.made(this.unread.take(this.unread.length).toString('latin1')) : undefined;
  }

  end(): Incoming<string> | undefined {
    return this.quiet();
  }

  rest(): Uint8Array {
    return this.unread.take(this.unread.length);
  }

  get waiting(): boolean {
    return !this.done && this.unread.length > 0;
  }

  private made(request: string): Incoming<string> {
    if (request === 'bad') throw new TwinportError('syntax', 'bad');
    this.done = !request.startsWith('?');
    return { request, line: request };
  }
}

/** Runs a spec on a session of its own; afterwards it is over, and nothing is left of it. */
export function withOwned(options: OwnOptions, spec: (owned: Owned) => Promise<void>): () => Promise<void> {
  return async () => {
    const owned = new Owned(options);
    await owned.start();
    await spec(owned);
    await owned.over();
  };
}
