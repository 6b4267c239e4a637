import { TwinportError } from '../errors';
import type { Clock, Conn } from '../net/network';
import type { Leg, Legs } from './legs';
import type { Filter } from './pump';
import { openedPort, ReplyLines, withOpenedPort, type Answered } from './replyLines';
import { RequestLines, withPort, type Said } from './requestLines';
import { Sniffer, type Tongue } from './sniff';
import { portField, Steps, type Step } from './steps';
import { Turns } from './turns';

/** A request that has no final reply yet. */
interface Awaited {
  leg?: Leg;
  /** Its 150 was seen. */
  opened?: true;
  /** It was answered, perhaps while its data port was being opened. */
  over?: true;
  readonly passive: boolean;
  /** Bytes of its token. */
  readonly token: number;
}

/** Plain servers never reply: what waits for nothing is forgotten, oldest first. */
const MOST_AWAITED = 256;

/** As for the ports that a client names. */
const LOWEST = 1024;

const TLS =
  'this is TLS, which the relay cannot read: data ports pass unchanged, and data connections go past the relay, ' +
  'except on pairs of ports given for them (--data)';

type Bytes = readonly Uint8Array[];

/**
 * What the two ends of one control connection say to each other, with the data ports in it exchanged for the relay's.
 * Everything else passes as it is, byte for byte; and where only one connection is spoken, everything does.
 */
export class Talk {
  readonly there: Filter;
  readonly back: Filter;
  private readonly sniffer = new Sniffer();
  private requests = new RequestLines();
  private readonly replies = new ReplyLines();
  private readonly steps = new Steps();
  private readonly awaited: Awaited[] = [];
  /** Of them, so many wait for a 150 with a port. */
  private passives = 0;
  private stepLeg: Leg | undefined;
  /** A first field that looked like one; until the server says OK it may be half a line. */
  private guess: Buffer | undefined;
  private heard = '';
  private readonly turns: Record<'there' | 'back', Turns>;

  /** `tongue` is undefined until the client's first bytes tell. */
  constructor(
    private readonly server: Conn,
    private readonly legs: Legs,
    private readonly note: (text: string) => void,
    clock: Clock,
    private tongue?: Tongue,
    /** Called once, with the first bytes, when there is one connection alone. */
    private alone: () => void = () => undefined,
  ) {
    this.turns = { there: new Turns(clock), back: new Turns(clock) };
    this.there = {
      push: (bytes) => this.said(bytes),
      quiet: () => this.silent(),
      end: () => this.saidAll(),
      waiting: () => {
        if (this.tongue === 'ft') return this.requests.waiting;
        return this.tongue === 'stepwise' ? this.steps.waiting : this.tongue === undefined && this.sniffer.holds;
      },
    };
    this.back = {
      push: (bytes) => this.answered(bytes),
      quiet: () => this.flushed(),
      end: () => this.flushed(),
      waiting: () => this.replies.waiting,
    };
  }

  /** There is one connection, and it is the data connection, too. */
  get single(): boolean {
    return this.tongue === 'single';
  }

  private async said(bytes: Uint8Array): Promise<Bytes> {
    if (this.tongue === undefined) {
      this.sniffer.push(bytes);
      const tongue = this.sniffer.tongue();
      return tongue === undefined ? [] : this.begin(tongue);
    }
    if (this.guess !== undefined) this.settleGuess(this.guess);
    if (this.tongue === 'ft') {
      this.requests.push(bytes);
      return this.asked(() => this.requests.next());
    }
    if (this.tongue !== 'stepwise') {
      this.sayAlone();
      return [bytes];
    }
    this.steps.push(bytes);
    const step = this.steps.next();
    return step === undefined ? [] : [step.bytes];
  }

  private async silent(): Promise<Bytes> {
    if (this.tongue === undefined) return this.begin(this.sniffer.quiet());
    if (this.tongue === 'ft') return this.asked(() => this.requests.quiet());
    return this.stepped();
  }

  private async saidAll(): Promise<Bytes> {
    // Exactly `-l` and an end: half a line, and whatever it is, nothing follows it.
    const begun =
      this.tongue === undefined && this.sniffer.holds ? await this.begin(this.sniffer.tongue() ?? 'ft') : [];
    if (this.tongue === 'ft') return [...begun, ...(await this.asked(() => this.requests.end()))];
    return this.tongue === 'stepwise' ? this.stepped() : begun;
  }

  private async begin(tongue: Tongue): Promise<Bytes> {
    this.tongue = tongue;
    const taken = this.sniffer.take();
    if (tongue === 'ft') {
      this.requests.push(taken);
      return this.asked(() => this.requests.next());
    }
    if (tongue === 'stepwise') {
      this.guess = taken;
      this.steps.push(taken);
      return this.stepped();
    }
    if (tongue === 'tls') this.note(TLS);
    this.sayAlone();
    return [taken];
  }

  private sayAlone(): void {
    if (this.tongue === 'single') this.alone();
    this.alone = () => undefined;
  }

  /** The client goes on: after an OK it is stepwise, without one its first field was the beginning of a line. */
  private settleGuess(first: Buffer): void {
    this.guess = undefined;
    if (this.heard.startsWith('OK')) return;
    this.tongue = 'ft';
    this.requests = new RequestLines(first);
  }

  private async asked(next: () => Said | undefined): Promise<Bytes> {
    const out: Uint8Array[] = [];
    for (let said = next(); said !== undefined; said = next()) {
      const line = this.request(said);
      out.push(line instanceof Uint8Array ? line : await line);
      if (this.turns.there.spend(said.parsed)) await this.turns.there.rest();
    }
    return joined(out);
  }

  /** Only what opens a data port has to wait for it. */
  private request({ bytes, asks, request }: Said): Buffer | Promise<Buffer> {
    const opens = request?.verb === 'l' || request?.verb === 'g' || request?.verb === 'p';
    // `-c` is the second half of a put and has no reply of its own.
    if (!asks || request?.verb === 'c') return bytes;
    const token = request?.options.token?.length ?? 0;
    const awaited: Awaited = { passive: opens && request.port === 0, token };
    this.awaited.push(awaited);
    if (awaited.passive) this.passives += 1;
    if (this.awaited.length > MOST_AWAITED) this.answeredFirst();
    this.replies.holds = this.passives > 0;
    return opens && request.port !== 0 ? this.exchanged(bytes, request.port, awaited) : bytes;
  }

  private async exchanged(bytes: Buffer, port: number, awaited: Awaited): Promise<Buffer> {
    const leg = await this.legs.active(port, awaited.token);
    const line = leg && withPort(bytes, leg.port);
    if (leg === undefined || line === undefined) {
      leg?.close();
      return bytes;
    }
    this.give(awaited, leg);
    return line;
  }

  private give(awaited: Awaited, leg: Leg): void {
    awaited.leg = leg;
    if (awaited.over === true) leg.expire();
  }

  /** Nothing is awaited for the oldest request any more. */
  private answeredFirst(): void {
    const first = this.awaited.shift();
    if (first === undefined) return;
    first.over = true;
    first.leg?.expire();
    if (first.passive) this.passives -= 1;
    this.replies.holds = this.passives > 0;
  }

  private async stepped(): Promise<Bytes> {
    const step = this.steps.quiet();
    return step === undefined ? [] : [await this.field(step)];
  }

  private async field({ field, bytes }: Step): Promise<Buffer> {
    if (field === 'port') {
      const found = portField(bytes);
      this.stepLeg = found && (await this.legs.active(found.port, 0));
      return found && this.stepLeg ? Buffer.from(`${this.stepLeg.port}${found.padding}`) : bytes;
    }
    if (field !== 'address' || this.stepLeg === undefined) return bytes;
    const { address } = this.server.local;
    if (address.includes(':')) {
      this.note('a stepwise server is reached over IPv6 here, and can be told an IPv4 address only');
      return bytes;
    }
    return Buffer.from(bytes.toString('latin1').replace(/^[0-9.]+/, address), 'latin1');
  }

  private async answered(bytes: Uint8Array): Promise<Bytes> {
    if (this.tongue === 'stepwise' && this.heard.length < 2) this.heard += Buffer.from(bytes).toString('latin1', 0, 2);
    if (this.tongue !== 'ft') return [bytes];
    this.replies.push(bytes);
    return this.replied(() => this.replies.next());
  }

  private flushed(): Promise<Bytes> {
    return this.replied(() => this.replies.flush());
  }

  private async replied(next: () => Answered | undefined): Promise<Bytes> {
    const out: Uint8Array[] = [];
    for (let answer = next(); answer !== undefined; answer = next()) {
      out.push(answer.opens === true ? await this.opening(answer.bytes) : answer.bytes);
      if (answer.final === true) this.answeredFirst();
      if (this.turns.back.spend(answer.opens === true)) await this.turns.back.rest();
    }
    return joined(out);
  }

  private async opening(line: Buffer): Promise<Buffer> {
    const port = openedPort(line);
    const awaited = this.awaited[0];
    // One 150 a request: a server that floods us with them would have us listen on every port there is.
    if (port === undefined || awaited === undefined || awaited.opened === true || awaited.leg !== undefined)
      return line;
    awaited.opened = true;
    // A server that names one would have us dial the services of its own machine (RFC 2577 §3).
    if (port < LOWEST) {
      this.note(`data port ${port} of the server is not relayed: below ${LOWEST} are the ports of services`);
      return line;
    }
    const leg = await this.legs.passive(port, awaited.token);
    if (leg === undefined) return line;
    this.give(awaited, leg);
    return withOpenedPort(line, leg.port);
  }
}

/** What passes together goes out together: a relay that does nothing must not look like one that stammers. */
function joined(out: readonly Uint8Array[]): Bytes {
  return out.length < 2 ? out : [Buffer.concat(out)];
}

export function tongueOf(dialect: string): Tongue | undefined {
  const known = Object.hasOwn(DIALECTS, dialect) ? DIALECTS[dialect] : undefined;
  if (known === undefined) {
    const names = Object.keys(DIALECTS).join(', ');
    throw new TwinportError('invalid-argument', `the dialect is one of ${names}, not "${dialect}"`);
  }
  return known === 'auto' ? undefined : known;
}

/** What can be told instead of being found out. */
const DIALECTS: Readonly<Record<string, Tongue | 'auto'>> = {
  auto: 'auto',
  ft: 'ft',
  stepwise: 'stepwise',
  raw: 'single',
  privateshare: 'single',
  framed: 'single',
  colon: 'single',
  numbered: 'single',
};
