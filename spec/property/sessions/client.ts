import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { connect, type Client } from '../../../lib/client';
import { isTwinportError } from '../../../lib/errors';
import type { Conn } from '../../../lib/net/network';
import { isPartName } from '../../../lib/storage/partNames';
import type { TransferResult } from '../../../lib/transfers';
import { fakeClock, settle } from '../../support/fakeClock';
import { memoryNetwork } from '../../support/memoryNetwork';
import { Talker } from '../../support/talker';
import { holds, type Claim } from '../claim';
import { Draw } from '../draw';

const SERVER = '10.0.0.1';
const STRANGER = '10.0.0.66';
const CLIENT = '10.0.0.2';
const OLD = 'an old file that stays';
const PATIENCE = 3000;

/** What was sent on one data connection, and how it ended. */
interface Sent {
  bytes: Buffer;
  how: 'open' | 'FIN' | 'RST';
  readonly stranger: boolean;
}

const text = (bytes: Buffer): string => `length=${bytes.length};crc32=${crc32(bytes).toString(16).padStart(8, '0')};`;

/** A server that answers whatever its script says, right or wrong, early or late. */
class Liar {
  readonly network = memoryNetwork({ addresses: [CLIENT] });
  readonly clock = fakeClock();
  readonly sent: Sent[] = [];
  /** Finals that vouch for bytes. */
  readonly vouched: string[] = [];
  readonly root = fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-liar-'));
  private readonly machine = this.network.machine(SERVER);
  private readonly stranger = this.network.machine(STRANGER);
  private readonly talkers: Talker[] = [];
  private readonly closing: (() => unknown)[] = [];
  private read = 0;
  private busy = false;
  client!: Client;
  p!: Talker;

  constructor(private readonly draw: Draw) {}

  async begin(): Promise<void> {
    const listener = await this.machine.listen({ port: 3555 }, (conn) => void (this.p = this.keep(conn)));
    const { network, clock, draw } = this;
    this.client = await connect({
      host: SERVER,
      port: 3555,
      network,
      clock,
      blocking: true,
      requireVerified: draw.oneIn(6),
      passive: draw.oneIn(4),
    });
    await listener.close();
    if (draw.oneIn(8))
      await this.say(draw.pick(['220 welcome', 'hello', '421 go away', '226 done', '150 x', '120 wait']));
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
      void this.p.send(piece).catch(() => undefined);
      if (cut > 0) await settle(2);
    }
  }

  /** Answers what has been asked meanwhile, one thing after another. */
  async answer(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (;;) {
      const lf = this.p.received.indexOf(0x0a, this.read);
      if (lf === -1) break;
      const line = this.p.received.toString('latin1', this.read, lf);
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
        return void this.p.end().catch(() => undefined);
      case 'reset':
        return this.p.conn.reset();
    }
  }

  /** Whatever came on data connections of puts. */
  private get received(): Buffer {
    return Buffer.concat(this.talkers.filter((talker) => talker !== this.p).map((talker) => talker.received));
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

  private async serve(conn: Conn, { verb, body, token, honest, port }: Asked, stranger: boolean): Promise<void> {
    const { draw } = this;
    const sent: Sent = { bytes: Buffer.alloc(0), how: 'open', stranger };
    this.sent.push(sent);
    const talker = this.keep(conn);
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
    let over = false;
    void this.client.close().then(() => (over = true));
    for (let seconds = 0; seconds < 40 && !over; seconds += 1) {
      await this.answer();
      await this.clock.advance(1000);
    }
    holds('the client closes', over);
    for (const close of this.closing) await close();
    for (const { conn } of this.talkers) conn.destroy();
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

const STEPS = ['150', '150', 'data', 'data', 'final', 'final', 'words', 'silence', 'end', 'reset'] as const;

/** Whatever a promise becomes, within fake minutes. */
async function settled<T>(liar: Liar, work: Promise<T>): Promise<{ value?: T; error?: unknown }> {
  let outcome: { value?: T; error?: unknown } | undefined;
  work.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  );
  for (let steps = 0; outcome === undefined && steps < PATIENCE; steps += 1) {
    await liar.answer();
    await diskIdle();
    if (outcome === undefined) await liar.clock.advance(steps < 20 ? 5 : 1000);
  }
  holds('the client comes to an end', outcome !== undefined);
  const { error } = outcome ?? {};
  if (error !== undefined && !isTwinportError(error)) throw new Error('an error without a code', { cause: error });
  return outcome ?? {};
}

/** A fake minute is over sooner than one call of a disk. */
async function diskIdle(): Promise<void> {
  do await settle(2);
  while (process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq')));
}

/** A file that a get left is what came, all of it, and vouched for; and where it failed, there is none. */
function judge(liar: Liar, file: string, outcome: { value?: TransferResult }, wasThere: boolean): void {
  const { value } = outcome;
  const bytes = fs.existsSync(file) ? fs.readFileSync(file) : undefined;
  if (value === undefined) {
    holds(
      'a failure leaves what was there, or nothing',
      wasThere ? bytes?.toString() === OLD : bytes === undefined,
      bytes?.length,
    );
    return;
  }
  if (value.skipped || bytes === undefined) return holds('a file came of it', bytes !== undefined);
  const wholes = liar.sent.filter(({ stranger }) => !stranger);
  holds(
    'it is what one data connection brought',
    wholes.some((sent) => sent.bytes.equals(bytes)),
    bytes.length,
    wholes,
  );
  holds(
    'no reset was taken for an end',
    wholes.some((sent) => sent.bytes.equals(bytes) && sent.how === 'FIN'),
    bytes.length,
    wholes,
  );
  if (value.verified) holds('somebody vouched for it', liar.vouched.includes(text(bytes)), text(bytes), liar.vouched);
}

async function play(draw: Draw): Promise<void> {
  const liar = new Liar(draw);
  await liar.begin();
  const { client, root } = liar;
  for (let turn = 0; turn < 4 && draw.left > 0; turn += 1) {
    const file = nodePath.join(root, `file${turn}`);
    const wasThere = draw.oneIn(5);
    switch (draw.below(10)) {
      case 0:
        await settled(liar, client.list('notes', { facts: draw.oneIn(2) }));
        break;
      case 1:
        await settled(liar, client.stat('hello.txt'));
        break;
      case 2:
        await settled(liar, client.digest('hello.txt', { length: draw.below(9) }));
        break;
      case 3:
        await settled(liar, draw.oneIn(2) ? client.rename('a', 'b') : client.remove('a'));
        break;
      case 4:
        await settled(
          liar,
          client.put(Readable.from([Buffer.alloc(draw.below(900), 'put')]), 'new.txt', { onExists: 'overwrite' }),
        );
        break;
      case 5:
        fs.writeFileSync(file, Buffer.alloc(draw.below(900), 'file'));
        await settled(liar, client.put(file, 'new.txt', { resume: draw.oneIn(2) }));
        break;
      default: {
        if (wasThere) fs.writeFileSync(file, OLD);
        const onExists = wasThere
          ? draw.pick(['overwrite', 'fail'] as const)
          : draw.pick(['fail', 'resume', 'overwrite'] as const);
        judge(liar, file, await settled(liar, client.get('hello.txt', file, { onExists })), wasThere);
        // A second try of the same, which may go on from what is kept.
        if (!fs.existsSync(file))
          judge2(file, await settled(liar, client.get('hello.txt', file, { onExists: 'resume' })));
      }
    }
  }
  for (const name of fs.readdirSync(root))
    holds('no name but ours', /^file[0-9]$/.test(name) || isPartName(name), name);
  await liar.close();
}

/** What was resumed is of two connections; there is a file, or there is none. */
function judge2(file: string, { value }: { value?: TransferResult }): void {
  holds('a file where it was said, and only there', fs.existsSync(file) === (value !== undefined));
  if (value !== undefined) holds('of the size that was said', fs.statSync(file).size === value.size);
}

export const clientScripts: Claim = {
  name: 'session-client',
  kind: 'session',
  corpus: Array.from({ length: 24 }, (_, seed) =>
    Buffer.from(
      Array.from(
        { length: 40 + 12 * seed },
        (_value, at) => (Math.imul(at * 37 + seed * 1009 + 3, 2654435761) >>> 24) & 0xff,
      ),
    ),
  ),
  words: [],
  check: (bytes) => play(new Draw(bytes)),
};
