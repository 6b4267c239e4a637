import type { Conn } from '../../lib/net/network';
import { bytesOf, isBody, type Scene, type Step } from './dialectSteps';
import { eventually } from './eventually';
import { settle } from './fakeClock';

/** How a bare peer goes about its steps. */
export interface Manner {
  /** The pieces in which the `nth` words are said. Default: whole. */
  readonly cut?: (bytes: Buffer, nth: number) => readonly Uint8Array[];
  /** Between two pieces. Default: until everything has come to rest. `none`: they arrive in the same moment. */
  readonly between?: 'none' | (() => Promise<void>);
  /** Words go together with what is said or sent right behind them, FIN included. */
  readonly coalesced?: boolean;
  /** A `silence` passes. */
  readonly pass: (ms: number) => Promise<void>;
}

export interface PlayerPlan {
  readonly scene: Scene;
  /** The data connection, when a step calls for it. */
  readonly data: () => Promise<Conn>;
  /** Reads all that comes at once, or only what a step wants to hear. */
  readonly reads: 'always' | 'asked';
}

/** How a peer may go away. */
export const LEAVINGS = ['ends', 'is killed', 'resets', 'falls silent'] as const;
export type Leaving = (typeof LEAVINGS)[number];

/** A bare peer that plays steps against the program under test. */
export class Player {
  private readonly control: Heard;
  private data: Heard | undefined;
  private nth = 0;

  constructor(
    readonly conn: Conn,
    private readonly plan: PlayerPlan,
  ) {
    this.control = new Heard(conn, plan.reads);
  }

  /** Plays these steps; further ones go on from there. */
  async play(steps: readonly Step[], manner: Manner): Promise<void> {
    for (let at = 0; at < steps.length;) {
      const run = manner.coalesced === true ? runOf(steps.slice(at)) : 1;
      if (run > 1) await this.sayTogether(steps.slice(at, at + run), manner);
      else await this.step(steps[at] as Step, manner);
      at += run;
    }
  }

  /** Both connections leave, in this way. */
  leave(how: Leaving): void {
    for (const heard of [this.data, this.control]) {
      if (heard === undefined) continue;
      if (how === 'resets') heard.conn.reset();
      else if (how === 'is killed') heard.conn.destroy();
      else if (how === 'ends') heard.conn.end().catch(() => undefined);
    }
  }

  /** How the other side ended the connection, and what of it nobody had heard yet. */
  async ending(on: Step['on'] = 'control'): Promise<{ by: 'fin' | 'rst'; rest: Buffer }> {
    const heard = on === 'control' ? this.control : this.onData;
    const by = (await heard.over()) === 'ended' ? 'fin' : 'rst';
    return { by, rest: heard.rest };
  }

  private async step(step: Step, manner: Manner): Promise<void> {
    const heard = step.on === 'control' || step.does === 'dataConnection' ? this.control : this.onData;
    switch (step.does) {
      case 'say':
        return this.say(heard, bytesOf(step.words, this.plan.scene), manner);
      case 'hear':
        return heard.exactly(bytesOf(step.words, this.plan.scene));
      case 'send':
        return heard.send(step.bytes);
      case 'hearBody':
        return heard.exactly(step.bytes);
      case 'silence':
        return manner.pass(step.ms);
      case 'fin':
        return heard.conn.end().catch(() => undefined);
      case 'rst':
        return heard.conn.reset();
      case 'hearFin':
        return heard.ends('ended');
      case 'hearRst':
        return heard.ends('lost');
      case 'dataConnection':
        this.data = new Heard(await this.plan.data(), this.plan.reads);
    }
  }

  private get onData(): Heard {
    if (this.data === undefined) throw new Error('a step on the data connection before it is there');
    return this.data;
  }

  private async say(heard: Heard, bytes: Buffer, { cut, between = settle }: Manner): Promise<void> {
    const pieces = cut?.(bytes, this.nth) ?? [bytes];
    this.nth += 1;
    if (between === 'none') return void (await Promise.all(pieces.map((piece) => heard.send(piece))));
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await between();
      await heard.send(piece);
    }
  }

  private async sayTogether(steps: readonly Step[], manner: Manner): Promise<void> {
    const heard = steps[0]?.on === 'data' ? this.onData : this.control;
    const bodies = steps.map((step) => {
      if (step.does === 'say') return bytesOf(step.words, this.plan.scene);
      return isBody(step) ? step.bytes : Buffer.alloc(0);
    });
    const said = this.say(heard, Buffer.concat(bodies), manner);
    const whole = manner.cut === undefined;
    // FIN goes with the bytes, not after they were taken.
    if (steps.at(-1)?.does === 'fin') {
      if (!whole) await said;
      heard.conn.end().catch(() => undefined);
    }
    await said;
    this.nth += steps.filter(({ does }) => does === 'say').length - 1;
  }
}

/** How many steps from here on go in one piece: words, what is said right behind them, and the FIN behind that. */
function runOf(steps: readonly Step[]): number {
  const on = steps[0]?.on;
  let run = 0;
  while (run < steps.length && steps[run]?.on === on && (steps[run]?.does === 'say' || steps[run]?.does === 'send'))
    run += 1;
  if (run > 0 && steps[run]?.does === 'fin' && steps[run]?.on === on) run += 1;
  return Math.max(1, run);
}

/** A connection of which every byte must be expected. */
class Heard {
  private received = Buffer.alloc(0);
  private taken = 0;
  private wanted = 0;
  private state: 'open' | 'ended' | 'lost' = 'open';
  private reading = false;

  constructor(
    readonly conn: Conn,
    reads: PlayerPlan['reads'],
  ) {
    if (reads === 'always') this.want(Infinity);
  }

  get rest(): Buffer {
    return this.received.subarray(this.taken);
  }

  /** Whoever is hung up on while it talks learns so from what it hears next. */
  async send(bytes: Uint8Array): Promise<void> {
    await this.conn.write(bytes).catch(() => undefined);
  }

  async exactly(bytes: Buffer): Promise<void> {
    this.want(this.taken + bytes.length);
    const matches = (): boolean => bytes.subarray(0, this.rest.length).equals(this.rest.subarray(0, bytes.length));
    await eventually(
      `hearing ${shown(bytes)}`,
      () => this.rest.length >= bytes.length || this.state !== 'open' || !matches(),
      () => shown(this.rest),
    );
    if (this.rest.length < bytes.length || !matches())
      throw new Error(`${this.state}: heard ${shown(this.rest)} instead of ${shown(bytes)}`);
    this.taken += bytes.length;
  }

  /** Waits until the other side ends, and says how. */
  async over(): Promise<'ended' | 'lost'> {
    this.want(Infinity);
    await eventually(
      'an end',
      () => this.state !== 'open',
      () => shown(this.rest),
    );
    return this.state as 'ended' | 'lost';
  }

  async ends(how: 'ended' | 'lost'): Promise<void> {
    const state = await this.over();
    if (state !== how) throw new Error(`${state} where it should be ${how}, after ${shown(this.rest)}`);
    if (how === 'ended' && this.rest.length > 0) throw new Error(`nobody expected ${shown(this.rest)} before the end`);
  }

  private want(bytes: number): void {
    this.wanted = Math.max(this.wanted, bytes);
    if (!this.reading && this.state === 'open') void this.read();
  }

  private async read(): Promise<void> {
    this.reading = true;
    const chunks: Uint8Array[] = [this.received];
    let length = this.received.length;
    try {
      while (length < this.wanted) {
        const batch = await this.conn.read();
        if (batch === null) {
          this.state = 'ended';
          break;
        }
        for (const chunk of batch) {
          chunks.push(Buffer.from(chunk));
          length += chunk.length;
        }
        this.received = Buffer.concat(chunks.splice(0));
        chunks.push(this.received);
      }
    } catch {
      this.state = 'lost';
    }
    this.reading = false;
  }
}

function shown(bytes: Buffer): string {
  return `${bytes.length} bytes ${JSON.stringify(bytes.toString('latin1', 0, 60))}`;
}
