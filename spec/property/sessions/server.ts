import { isTwinportError } from '../../../lib/errors';
import type { Conn, Listener, SecureConn } from '../../../lib/net/network';
import { Bench, CLIENT, SERVER, THEN_FACT } from '../../support/ftBench';
import { atRest, fakeClock, settle } from '../../support/fakeClock';
import type { Talker } from '../../support/talker';
import { bindingOf, secureDial } from '../../support/tlsPeers';
import { memoryStorage, type MemoryStorage } from '../../../lib/storage/memory';
import { holds, outcome, type Claim } from '../claim';
import { Draw } from '../draw';
import { behave, conduct, confirmation, sentBeforeEnd, type Conduct } from './conduct';
import { leaps } from './leaps';
import { finals, matches, owedFor } from './replies';
import { LOGINS, Setting } from './setting';

const FILES = { 'hello.txt': 'hello, world\n', 'notes/a': 'a', 'large.bin': Buffer.alloc(400_000, 'large') };
const TOKEN = '000102030405060708090a0b0c0d0e0f';
/** Names of puts: those that are there, that are not, and that cannot be. */
const PUTS = ['new.txt', 'other', 'notes/b', 'hello.txt', 'nowhere/x', 'notes', 'large.bin'];
const MOST_STEPS = 40;
/** Seconds of the fake clock after which nothing may go on: idle is 300 of them, and each step may stall for 60. */
const PATIENCE = 300 + 75 * MOST_STEPS;

/** One client with a script of its own, against a real server. */
class Scripted {
  readonly bench: Bench;
  readonly storage: MemoryStorage;
  readonly setting: Setting;
  readonly sent: Buffer[] = [];
  /** What may be published under each name, and by whom. */
  readonly allowed = new Map<string, Buffer[]>();
  /** Conducts of passive requests, in order: the 150 says where. */
  readonly passive: { conduct: Conduct; puts: boolean; proof: Buffer | undefined }[] = [];
  readonly keyed = new Map<string, string>();
  readonly mine: { close(): unknown }[] = [];
  p!: Talker;
  over: 'no' | 'FIN' | 'RST' = 'no';
  private dialled = 0;
  private secure: SecureConn | undefined;

  constructor(private readonly draw: Draw) {
    this.storage = memoryStorage(FILES, {
      now: () => Date.UTC(2020, 0, 2),
      ...(draw.oneIn(8) && { maxBytes: 401_000 }),
    });
    this.setting = new Setting(draw, this.storage);
    const wires = draw.oneIn(3) ? { segment: 1 + draw.below(700), capacity: 1000 + draw.below(5000) } : {};
    this.bench = new Bench({ ...this.setting.options, fake: fakeClock(atRest), wires, strictPut: draw.oneIn(12) });
  }

  async play(): Promise<void> {
    const { bench, draw, setting } = this;
    bench.port = (await bench.server.listen(0, { dialect: 'ft' })).port;
    setting.arm();
    // Who does not read has no handshake.
    this.reads = setting.secure || !draw.oneIn(20);
    this.p = await this.dial();
    for (let steps = 0; steps < MOST_STEPS && draw.left > 0 && this.over === 'no'; steps += 1) await this.step();
    if (this.over === 'no') {
      this.over = 'FIN';
      await this.p.end().catch(() => undefined);
    }
    // What does not read is told nothing; the server gives it up, and everything ends all the same.
    if (!this.reads) await this.pass(1000 * PATIENCE);
    if (!this.reads) this.p.listen();
    for (let seconds = 0; seconds < PATIENCE && !this.isOver; seconds += 5) await this.pass(5000);
    holds('the session ends', this.isOver, this.p.unread);
  }

  private async dial(): Promise<Talker> {
    const { bench, setting } = this;
    if (!setting.secure) return bench.dial(CLIENT, { reads: this.reads });
    const { p, secure } = await secureDial(bench);
    this.secure = secure;
    this.mine.push({ close: () => secure.destroy() });
    return p;
  }

  private get isOver(): boolean {
    return this.over === 'RST' || this.p.state !== 'open';
  }

  private reads = true;

  private async step(): Promise<void> {
    const { draw } = this;
    // Nobody is served before a login: mostly it comes soon.
    if (this.setting.people !== undefined && draw.oneIn(4)) return this.send(draw.pick(LOGINS));
    switch (draw.below(16)) {
      case 0:
        return this.send(`${draw.text()}${draw.oneIn(3) ? '' : '\n'}`);
      case 1:
        return this.send(
          draw.pick([
            '-x\n',
            '-x\r\n',
            '-q\n',
            '-f\n',
            '\n\n',
            '\0\0',
            '-c 1 00000000\n',
            '-h hello.txt\n',
            '-s notes\n',
            '-s --part --size=5 --modify=20200102030405 new.txt\n',
          ]),
        );
      case 2:
        return this.send(
          draw.pick(['-m made\n', '-m --parents a/b\n', '-d made\n', '-r made\tmoved\n', '-d nothing\n', '-m made']),
        );
      case 3:
      case 4:
        await this.send(this.sent.at(-1)?.at(-1) === 0x0a || this.sent.length === 0 ? '' : '\n');
        if (draw.oneIn(5)) return this.bench.clock.leap(draw.pick(leaps));
        return this.pass(draw.pick([1, 10, 500, 1500, 9000, 61_000, 301_000]));
      case 5:
        if (!draw.oneIn(3)) return settle(draw.below(8));
        this.over = draw.oneIn(2) ? 'RST' : 'FIN';
        if (this.over === 'RST') return this.p.conn.reset();
        return this.p.end().catch(() => undefined);
      case 6:
      case 7:
      case 8:
      case 9:
        return this.put();
      default:
        return this.get();
    }
  }

  private async get(): Promise<void> {
    const { draw } = this;
    const asked = draw.pick([
      '-l',
      '-l --facts',
      '-l --recursive',
      '-l notes',
      '-g hello.txt',
      '-g large.bin',
      '-g --offset=5 hello.txt',
      '-g --length=3 large.bin',
      '-g nothing',
      '-g --version-is=x hello.txt',
      '-g notes',
      '-l hello.txt',
      '-g --offset=99 hello.txt',
    ]);
    const how = conduct(draw);
    await this.send(await this.withPort(asked, how, false));
  }

  private async put(): Promise<void> {
    const { draw } = this;
    const name = draw.pick(PUTS);
    const how = conduct(draw);
    const { length } = how.body;
    const confirms = !draw.oneIn(4);
    const sized = draw.oneIn(2) ? length : draw.oneIn(6) ? draw.below(700) : undefined;
    const timed = draw.oneIn(2);
    const overwrites = draw.oneIn(3);
    const options = [
      ...(confirms ? ['--confirm'] : []),
      ...(sized === undefined ? [] : [`--size=${sized}`]),
      ...(timed ? [`--modify=${THEN_FACT}`] : []),
      ...(overwrites ? ['--if-exists=overwrite'] : []),
    ];
    if (confirms && sized !== undefined && timed)
      this.keyed.set(name, ['anonymous', name, sized, Date.UTC(2020, 0, 2, 3, 4, 5)].join('\0'));
    const line = await this.withPort(`-p ${options.map((option) => `${option} `).join('')}${name}`, how, true);
    if (!confirms) {
      const body = sentBeforeEnd(how);
      // Of what was announced the first bytes are the body, whatever follows, and no end is waited for.
      const came = body ?? (how.way === 'reset' ? how.body.subarray(0, length >> 1) : Buffer.alloc(0));
      if (sized !== undefined && came.length >= sized) this.allow(name, came.subarray(0, sized));
      else if (body !== undefined && sized === undefined) this.allow(name, body);
      return this.send(line);
    }
    const says = draw.below(5);
    if (says === 0) return this.send(line);
    const body = sized === undefined ? how.body : how.body.subarray(0, sized);
    if (says > 1) this.allow(name, body);
    return this.send(
      `${line}${says === 1 ? confirmation(Buffer.from(`${name} is something else`)) : confirmation(body)}\n`,
    );
  }

  private allow(name: string, body: Buffer): void {
    this.allowed.set(name, [...(this.allowed.get(name) ?? []), body]);
  }

  /** The request with a data port, and somebody there who behaves so. */
  private async withPort(asked: string, how: Conduct, puts: boolean): Promise<string> {
    const { draw, bench } = this;
    const token = this.secure === undefined && draw.oneIn(4);
    const proof = this.proof(token);
    const [verb = '', ...rest] = asked.split(' ');
    const line = (words: readonly string[], port: number): string =>
      `${[verb, ...(token ? [`--token=${TOKEN}`] : []), ...words, port].join(' ')}\n`;
    if (draw.oneIn(4)) {
      this.passive.push({ conduct: how, puts, proof });
      return line(marked(rest, this.passive.length), 0);
    }
    const listener: Listener = await bench
      .machine(CLIENT)
      .listen({ port: 0 }, (conn) => void this.meet(conn, how, puts, this.secure && proof));
    this.mine.push({ close: () => listener.close() });
    if (how.way === 'absent') await listener.close();
    return line(rest, listener.local.port);
  }

  /** What whoever dials shows; under TLS, what the client shows: the key of the next request, or once in a while another. */
  private proof(token: boolean): Buffer | undefined {
    const { secure, draw } = this;
    if (secure === undefined) return token ? Buffer.from(TOKEN, 'hex') : undefined;
    const asked = owedFor(Buffer.concat(this.sent), false).length + 1;
    // A connection that is lost has no keys any more.
    const key = outcome(() => bindingOf(secure, draw.oneIn(12) ? draw.below(4) : asked), 'connection-lost');
    return 'value' in key ? key.value : Buffer.alloc(32);
  }

  private async meet(conn: Conn, how: Conduct, puts: boolean, proof?: Buffer): Promise<void> {
    this.mine.push({ close: () => conn.destroy() });
    try {
      await behave((await this.secure?.another(conn)) ?? conn, how, puts, proof);
    } catch (error) {
      // Given up in the middle of the handshake.
      if (!isTwinportError(error)) throw error;
    }
  }

  private async send(text: string): Promise<void> {
    const { draw, p } = this;
    const bytes = Buffer.from(text, 'utf8');
    if (bytes.length === 0) return;
    this.sent.push(bytes);
    const cut = draw.oneIn(3) ? draw.below(bytes.length + 1) : bytes.length;
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      // Who does not read may be refused more; not to wait for it is the client's own affair.
      void p.send(piece).catch(() => undefined);
      await settle(draw.below(3));
    }
    await this.dialPassive();
  }

  private async pass(ms: number): Promise<void> {
    await this.dialPassive();
    await this.bench.clock.advance(ms);
    await this.dialPassive();
  }

  private async dialPassive(): Promise<void> {
    await settle(2);
    const opened = [...this.p.received.toString('latin1').matchAll(/^150 \S*port=([0-9]+);\S* ((?:\.\/)+)/gm)];
    for (; this.dialled < opened.length; this.dialled += 1) {
      const [, port, mark = ''] = opened[this.dialled] ?? [];
      const plan = this.passive[mark.length / 2 - 1];
      if (plan === undefined || plan.conduct.way === 'absent') continue;
      const to = { host: SERVER, port: Number(port) };
      try {
        const conn = await this.bench.machine(CLIENT).dial(to, new AbortController().signal);
        void this.meet(conn, plan.conduct, plan.puts, plan.proof);
      } catch (error) {
        // It has been given up meanwhile.
        if (!isTwinportError(error, 'cannot-connect')) throw error;
      }
    }
  }

  /** Everything that must hold when it is over. */
  async judge(): Promise<void> {
    const { bench, p } = this;
    // Who does not read is dropped after a minute, in the middle of what he was told.
    const politely = this.over === 'FIN' && p.state === 'ended' && this.reads;
    if (p.received.length > 0 || politely) {
      const owed = owedFor(Buffer.concat(this.sent), this.over === 'FIN', this.setting.may);
      matches(owed, finals(p.received, politely), !politely);
    }
    for (const { close } of this.mine) await close();
    await bench.close();
    this.setting.saboteur.disarm();
    this.setting.judge(FILES, PUTS);
    this.judgeFiles();
    for (const [name, key] of this.keyed) {
      try {
        await (await this.storage.write(name, { replace: true, key })).discard();
      } catch (error) {
        holds('nobody writes a part any more', !isTwinportError(error, 'in-use'), name);
      }
    }
  }

  private judgeFiles(): void {
    const { storage, allowed } = this;
    for (const name of PUTS) {
      const bytes = storage.bytes(name);
      if (bytes === undefined) continue;
      const before = (FILES as Record<string, string | Buffer>)[name];
      const wanted = [...(before === undefined ? [] : [Buffer.from(before)]), ...(allowed.get(name) ?? [])];
      const isRight = wanted.some((each) => each.equals(bytes));
      holds(
        'only what was confirmed, or ended, is published',
        isRight,
        name,
        bytes.length,
        bytes.toString('latin1', 0, 40),
      );
    }
  }
}

/** The same path in another spelling, which comes back in the 150 and says whose it is. */
function marked(words: readonly string[], number: number): string[] {
  const mark = './'.repeat(number);
  const last = words.at(-1);
  return last === undefined || last.startsWith('--')
    ? [...words, `${mark}.`]
    : [...words.slice(0, -1), `${mark}${last}`];
}

export const serverScripts: Claim = {
  name: 'session-server',
  kind: 'session',
  corpus: Array.from({ length: 24 }, (_, seed) =>
    Buffer.from(
      Array.from(
        { length: 40 + 12 * seed },
        (_value, at) => (Math.imul(at * 31 + seed * 977 + 7, 2654435761) >>> 24) & 0xff,
      ),
    ),
  ),
  words: [],
  check: async (bytes) => {
    const scripted = new Scripted(new Draw(bytes));
    await scripted.play();
    await scripted.judge();
  },
};
