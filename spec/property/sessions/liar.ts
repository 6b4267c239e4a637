import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { crc32 } from 'node:zlib';
import { connect, type Client } from '../../../lib/client';
import { isTwinportError } from '../../../lib/errors';
import type { Conn } from '../../../lib/net/network';
import { atRest, fakeClock, settle } from '../../support/fakeClock';
import { memoryNetwork } from '../../support/memoryNetwork';
import { Talker } from '../../support/talker';
import { TRUST } from '../../support/tlsPeers';
import { holds } from '../claim';
import type { Draw } from '../draw';
import { Impostor } from './impostor';
import { leaps } from './leaps';

const SERVER = '10.0.0.1';
const STRANGER = '10.0.0.66';
const CLIENT = '10.0.0.2';
const PATIENCE = 3000;
/** Turns of the loop that a handshake may take before the next thing is done, finished or not. */
const HANDSHAKE = 120;

/** What was sent on one data connection, and how it ended. */
export interface Sent {
  bytes: Buffer;
  how: 'open' | 'FIN' | 'RST';
  /** Nobody whom the client may believe: another address, or under TLS somebody without P's certificate. */
  stranger: boolean;
}

export const text = (bytes: Buffer): string =>
  `length=${bytes.length};crc32=${crc32(bytes).toString(16).padStart(8, '0')};`;

/** A server that answers whatever its script says, right or wrong, early or late. */
export class Liar {
  readonly network = memoryNetwork({ addresses: [CLIENT] });
  readonly clock = fakeClock(atRest);
  readonly sent: Sent[] = [];
  /** Finals that vouch for bytes. */
  readonly vouched: string[] = [];
  readonly root = fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-liar-'));
  private readonly machine = this.network.machine(SERVER);
  private readonly stranger = this.network.machine(STRANGER);
  private readonly talkers: Talker[] = [];
  /** Data connections under TLS, on which the client shows that it is P's. */
  private readonly proofs: Talker[] = [];
  private readonly closing: (() => unknown)[] = [];
  private read = 0;
  private busy = false;
  /** Where the client wants TLS: what it gets of it. */
  readonly impostor: Impostor | undefined;
  client!: Client;
  p: Talker | undefined;

  constructor(
    private readonly draw: Draw,
    secured: boolean,
  ) {
    this.impostor = secured ? new Impostor(draw) : undefined;
  }

  /** Returns whether there is a client: none, where TLS is not to be had, or nothing that may be believed. */
  async begin(): Promise<boolean> {
    const listener = await this.machine.listen({ port: 3555 }, (conn) => void this.welcome(conn));
    const { network, clock, draw, impostor } = this;
    const connecting = connect({
      host: SERVER,
      port: 3555,
      network,
      clock,
      blocking: true,
      requireVerified: draw.oneIn(6),
      passive: draw.oneIn(4),
      ...(impostor !== undefined && { tls: TRUST }),
    });
    const { value } = impostor === undefined ? { value: await connecting } : await this.settled(connecting);
    await listener.close();
    // Of TLS 1.3 the client's end is there first.
    if (impostor !== undefined) await atRest();
    impostor?.judge(value !== undefined);
    if (value === undefined) return false;
    this.client = value;
    if (draw.oneIn(8))
      await this.say(draw.pick(['220 welcome', 'hello', '421 go away', '226 done', '150 x', '120 wait']));
    return true;
  }

  /** The control connection. */
  private async welcome(conn: Conn): Promise<void> {
    const secure = this.impostor === undefined ? conn : await this.impostor.answer(conn);
    if (secure !== undefined) this.p = this.keep(secure);
  }

  /** Whatever a promise becomes, within fake minutes. */
  async settled<T>(work: Promise<T>): Promise<{ value?: T; error?: unknown }> {
    let outcome: { value?: T; error?: unknown } | undefined;
    work.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
    for (let steps = 0; outcome === undefined && steps < PATIENCE; steps += 1) {
      await this.answer();
      await diskIdle();
      if (outcome === undefined) await this.clock.advance(steps < 20 ? 5 : 1000);
    }
    holds('the client comes to an end', outcome !== undefined);
    const { error } = outcome ?? {};
    if (error !== undefined && !isTwinportError(error)) throw new Error('an error without a code', { cause: error });
    return outcome ?? {};
  }

  private keep(conn: Conn): Talker {
    const talker = new Talker(conn);
    this.talkers.push(talker);
    return talker;
  }

  private async say(line: string): Promise<void> {
    const { draw } = this;
    const bytes = Buffer.from(`${line}${draw.oneIn(12) ? '' : draw.oneIn(5) ? '\n' : '\r\n'}`);
    const cut = draw.oneIn(3) ? draw.below(bytes.length) : 0;
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      void this.p?.send(piece).catch(() => undefined);
      if (cut > 0) await settle(2);
    }
  }

  /** Answers what has been asked meanwhile, one thing after another. */
  async answer(): Promise<void> {
    const { p } = this;
    if (this.busy || p === undefined) return;
    this.busy = true;
    for (;;) {
      const lf = p.received.indexOf(0x0a, this.read);
      if (lf === -1) break;
      const line = p.received.toString('latin1', this.read, lf);
      this.read = lf + 1;
      await this.respond(line);
    }
    this.busy = false;
  }

  private async respond(line: string): Promise<void> {
    const { draw } = this;
    const verb = line.slice(0, 2);
    if (verb === '-q' || verb === '-x') return this.say(draw.oneIn(3) ? '426 aborted' : '226 done');
    // What is true of this one, unless it is lied about.
    const body = Buffer.alloc(
      draw.oneIn(10) ? 70_000 + draw.below(3000) : draw.below(300),
      `${verb}${this.sent.length} `,
    );
    const path = / ([^ ]+)( [0-9]+)?$/.exec(line)?.[1] ?? '';
    const port = Number(/ ([0-9]+)$/.exec(line)?.[1] ?? NaN);
    const token = Buffer.from(/--token=([0-9a-f]+)/.exec(line)?.[1] ?? '', 'hex');
    const honest = draw.oneIn(3);
    const steps: (typeof STEPS)[number][] = ['150', 'data', 'final'];
    if (!honest) {
      // Mostly one thing is wrong with it, so that the rest is believed.
      if (draw.oneIn(3)) steps.sort(() => draw.below(3) - 1);
      while (draw.oneIn(3)) steps.splice(draw.below(4), draw.below(2), draw.pick(STEPS));
    }
    for (const step of steps) await this.step(step, { verb, body, path, port, token, honest });
  }

  private async step(step: (typeof STEPS)[number], asked: Asked): Promise<void> {
    const { draw } = this;
    const { verb, body, path, honest } = asked;
    const facts = text(
      honest ? body : draw.pick([body, body, body.subarray(0, body.length >> 1), Buffer.alloc(body.length, 'lie')]),
    );
    switch (step) {
      case '150': {
        const opened = asked.port === 0 ? `port=${await this.listen(asked)};` : '';
        const size = honest || !draw.oneIn(3) ? body.length : draw.below(500);
        return this.say(`150 type=file;size=${size};${opened} ${honest || !draw.oneIn(5) ? path : 'another'}`);
      }
      case 'data':
        return this.dial(asked);
      case 'final': {
        if (verb === '-h' || verb === '-s') return this.say(`213 type=file;size=${body.length};${facts} ${path}`);
        if (verb === '-p' && honest) return this.say(`226 ${text(this.received)} done`);
        this.vouched.push(facts);
        return this.say(`226 ${facts} done`);
      }
      case 'words':
        return this.say(
          draw.pick([
            'FILE NOT FOUND',
            '550 FILE NOT FOUND',
            '553 no',
            '425 no',
            '500 what',
            '150 ',
            '226 done',
            '226-many\r\n lines\r\n226 end',
            '120 wait',
            '999 ?',
            '426 gone',
            '213 x',
            '421 bye',
            draw.text(),
          ]),
        );
      case 'silence':
        return void (await this.clock.advance(draw.pick([1, 300, 2100, 16_000])));
      case 'end':
        return void this.p?.end().catch(() => undefined);
      case 'reset':
        return this.p?.conn.reset();
      case 'leap':
        return this.clock.leap(draw.pick(leaps));
    }
  }

  /** Whatever came on data connections of puts. */
  private get received(): Buffer {
    const others = this.talkers.filter((talker) => talker !== this.p);
    // Under TLS what a client proves itself with comes first.
    return Buffer.concat(others.map(({ received }) => received.subarray(this.impostor === undefined ? 0 : 32)));
  }

  private async listen(asked: Asked): Promise<number> {
    if (this.draw.oneIn(8)) return this.draw.pick([1, 0, 80, 65_536, 40_000]);
    const listener = await this.machine.listen({ port: 0 }, (conn) => void this.serve(conn, asked, false));
    this.closing.push(() => listener.close());
    return listener.local.port;
  }

  private async dial(asked: Asked): Promise<void> {
    const { draw } = this;
    if (!(asked.port > 0)) return settle(5);
    const stranger = !asked.honest && draw.oneIn(6);
    try {
      const machine = stranger ? this.stranger : this.machine;
      const conn = await machine.dial({ host: CLIENT, port: asked.port }, new AbortController().signal);
      await this.serve(conn, asked, stranger);
    } catch (error) {
      if (!isTwinportError(error)) throw error;
    }
  }

  private async serve(conn: Conn, asked: Asked, stranger: boolean): Promise<void> {
    const sent: Sent = { bytes: Buffer.alloc(0), how: 'open', stranger };
    this.sent.push(sent);
    if (this.impostor === undefined) return this.transfer(this.keep(conn), asked, sent);
    const { impostor } = this;
    const secured = async (): Promise<void> => {
      const { secure, believed } = await impostor.another(conn, asked.honest);
      if (!believed) sent.stranger = true;
      if (secure === undefined) return;
      const talker = this.keep(secure);
      if (believed) this.proofs.push(talker);
      await this.transfer(talker, asked, sent);
    };
    // Whether it comes to an end or not is the client's to notice.
    await Promise.race([secured(), settle(HANDSHAKE)]);
  }

  private async transfer(talker: Talker, { verb, body, token, honest, port }: Asked, sent: Sent): Promise<void> {
    const { draw } = this;
    const { conn } = talker;
    try {
      if (token.length > 0 && port > 0 && (honest || !draw.oneIn(4))) await conn.write(token);
      if (verb === '-p') return void (await settle(draw.below(9)));
      const much =
        honest || !draw.oneIn(3)
          ? body
          : Buffer.concat([body.subarray(0, draw.below(body.length + 1)), Buffer.alloc(draw.below(4) * 7, 'more')]);
      for (const piece of [much.subarray(0, much.length >> 1), much.subarray(much.length >> 1)]) {
        void conn.write(piece).catch(() => undefined);
        sent.bytes = Buffer.concat([sent.bytes, piece]);
      }
      await settle(4);
      sent.how = honest || !draw.oneIn(3) ? 'FIN' : draw.pick(['RST', 'open', 'FIN']);
      if (sent.how === 'RST') talker.conn.reset();
      if (sent.how === 'FIN') await talker.end();
    } catch (error) {
      if (!isTwinportError(error)) throw error;
    }
  }

  async close(): Promise<void> {
    let over = (this.client as Client | undefined) === undefined;
    if (!over) void this.client.close().then(() => (over = true));
    for (let seconds = 0; seconds < 40 && !over; seconds += 1) {
      await this.answer();
      await this.clock.advance(1000);
    }
    holds('the client closes', over);
    for (const close of this.closing) await close();
    for (const { received } of this.proofs) this.impostor?.proved(received);
    for (const { conn } of this.talkers) conn.destroy();
    this.impostor?.close();
    await settle();
    holds('nothing is left open', this.network.open === 0, this.network.open);
    holds('no timer is left', this.clock.pending === 0, this.clock.pending);
    fs.rmSync(this.root, { recursive: true });
  }
}

interface Asked {
  readonly verb: string;
  readonly body: Buffer;
  readonly path: string;
  readonly port: number;
  readonly token: Buffer;
  readonly honest: boolean;
}

const STEPS = ['150', '150', 'data', 'data', 'final', 'final', 'words', 'silence', 'end', 'reset', 'leap'] as const;

/** A fake minute is over sooner than one call of a disk. */
async function diskIdle(): Promise<void> {
  do await settle(2);
  while (process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq')));
}
