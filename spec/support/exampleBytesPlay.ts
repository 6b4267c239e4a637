import type { Conn } from '../../lib/net/network';
import { Bindings, type Actor } from './example';
import type { ByteExample, ByteStep } from './exampleBytes';
import { fakeClock, settle } from './fakeClock';
import { memoryNetwork } from './memoryNetwork';
import { Talker } from './talker';

/** The addresses of the examples' two machines (RFC 5737 §3). */
export const SERVER = '192.0.2.1';
export const CLIENT = '192.0.2.2';

/** Turns of the loop without work for the disk after which everything has come to rest. */
const QUIET_TURNS = 25;

/** Lets everything that is under way in this process come to rest, the disk's work too. */
export async function rest(): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
    await settle(1);
    if (process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq'))) quiet = 0;
  }
}

/** One connection as the example's other side sees it. */
class Wire {
  readonly talker: Talker;
  /** How the document says that the program's side of it is. */
  shown: 'open' | 'ended' | 'reset' = 'open';
  /** How the played side is. */
  ours: 'open' | 'ended' | 'reset' = 'open';
  #taken = 0;

  constructor(
    conn: Conn,
    private readonly name: string,
  ) {
    this.talker = new Talker(conn);
  }

  get unread(): string {
    return this.talker.received.toString('latin1', this.#taken);
  }

  expect(text: string, bound: Bindings): void {
    this.#taken += bound.begins(latin1(text), this.unread);
  }

  /** Nothing came, and nothing ended, that the document does not show by now. */
  mustBeQuiet(): void {
    if (this.unread !== '')
      throw new Error(`on ${this.name} nobody expected ${JSON.stringify(this.unread.slice(0, 200))}`);
    if (this.ours === 'reset' || this.state === this.shown) return;
    throw new Error(`${this.name} is ${this.state} where the document says that it is ${this.shown}`);
  }

  mustBeOver(): void {
    const over = this.ours === 'reset' || this.shown === 'reset' || (this.ours === 'ended' && this.shown === 'ended');
    if (!over) throw new Error(`the example does not say how ${this.name} ends`);
  }

  private get state(): 'open' | 'ended' | 'reset' {
    return this.talker.state === 'lost' ? 'reset' : this.talker.state;
  }
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * Executes an example that shows every byte, against the real program, over memory and on a clock that is ours:
 * a silence takes no time, and is as long as the document says to the millisecond. One side is played.
 */
export abstract class BytePlay {
  readonly clock = fakeClock();
  readonly server = memoryNetwork({ addresses: [SERVER] });
  readonly client = this.server.machine(CLIENT);
  protected readonly bound = new Bindings();
  readonly #wires = new Map<string, Wire>();

  constructor(protected readonly example: ByteExample) {}

  async run(): Promise<void> {
    for (const step of this.example.steps) await this.#play(step);
    await rest();
    for (const wire of this.#wires.values()) {
      wire.mustBeQuiet();
      wire.mustBeOver();
    }
    await this.finish();
  }

  /** Releases everything, whichever way it ended, and fails when something is left. */
  async leave(program: { close(): Promise<void> }): Promise<void> {
    for (const { talker } of this.#wires.values()) talker.conn.destroy();
    const closed = program.close();
    await rest();
    await this.clock.advance(LONG);
    await closed;
    await this.left();
    await rest();
    const { clock, server } = this;
    if (clock.pending > 0 || server.open > 0)
      throw new Error(`left over: ${clock.pending} timers, ${server.open} ends of connections and listeners`);
  }

  /** Is this the side that is played? */
  protected abstract plays(actor: Actor): boolean;
  /** The connection of that number, once it is there. */
  protected abstract control(number: number): Promise<Conn>;
  protected abstract openData(dials: 'server' | 'client'): Promise<Conn>;
  /** What only one of the two sides has. */
  protected abstract other(step: ByteStep): Promise<void>;
  /** Before something is said by the played side. */
  protected abstract prepare(text: string): Promise<void>;
  /** All steps went well: does the example say all that there is to say? */
  protected abstract finish(): Promise<void>;
  /** The program is closed: what remains to be cleared away. */
  protected abstract left(): Promise<void>;

  async #play(step: ByteStep): Promise<void> {
    await rest();
    switch (step.kind) {
      case 'open': {
        const conn = await this.openData(step.dials);
        this.#wires.set('Q', new Wire(conn, 'Q'));
        return;
      }
      case 'silence': {
        // To connect and say nothing is a silence, too.
        await this.#wire(step.actor, step.conn);
        this.#mustBeQuiet();
        // One millisecond less is not yet that silence.
        await this.clock.advance(step.ms - 1);
        await rest();
        this.#mustBeQuiet();
        return this.clock.advance(1);
      }
      case 'bytes':
      case 'end':
      case 'reset': {
        const wire = await this.#wire(step.actor, step.conn);
        return this.plays(step.actor) ? this.#say(step, wire) : this.#hear(step, wire);
      }
      default:
        return this.other(step);
    }
  }

  async #say(step: ByteStep & { kind: 'bytes' | 'end' | 'reset' }, wire: Wire): Promise<void> {
    this.#mustBeQuiet();
    if (step.kind === 'bytes') {
      await this.prepare(step.text);
      // Not awaited: who does not read must not keep the example waiting.
      wire.talker.send(this.bound.filled(step.text)).catch(() => undefined);
    } else if (step.kind === 'end') {
      wire.ours = 'ended';
      wire.talker.conn.end().catch(() => undefined);
    } else {
      wire.ours = 'reset';
      wire.talker.conn.reset();
    }
  }

  #hear(step: ByteStep & { kind: 'bytes' | 'end' | 'reset' }, wire: Wire): void {
    if (step.kind === 'bytes') return wire.expect(step.text, this.bound);
    wire.shown = step.kind === 'end' ? 'ended' : 'reset';
    wire.mustBeQuiet();
  }

  async #wire(actor: Actor, number: number): Promise<Wire> {
    const isData = actor === 'c' || actor === 's';
    const name = isData ? 'Q' : number === 1 ? 'P' : `P${number}`;
    const known = this.#wires.get(name);
    if (known !== undefined) return known;
    if (isData) throw new Error('there is no data connection yet');
    const wire = new Wire(await this.control(number), name);
    this.#wires.set(name, wire);
    await rest();
    return wire;
  }

  #mustBeQuiet(): void {
    for (const wire of this.#wires.values()) wire.mustBeQuiet();
  }
}

/** Milliseconds after which no timer of an abandoned example is left. */
const LONG = 600_000;
