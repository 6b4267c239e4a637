'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Program, startServer } = require('../trial/programs.js');
const { changed, planOf } = require('./plan.js');

const PART = /^\.twinport-[0-9a-f]{16,32}-[0-9a-f]{8}-\d+-\d+\.part$/;
/** How often is looked at what can be seen, while bytes move. */
const LOOK_MS = 4;
/** A try that nobody is killed in; whoever was killed has let go of ports and parts long before. */
const TRY_MS = 60_000;
/** A server hears of a death by FIN or RST: at once, but for a machine that is busy otherwise. */
const MOST_BUSY = 100;
const DAY_MS = 25 * 60 * 60 * 1000;

class Wrong extends Error {}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One file, two programs, and what happens to them. */
class Round {
  constructor(home, directory, seed, only) {
    this.home = home;
    this.plan = planOf(seed, only);
    this.random = this.plan.random;
    this.name = `file-${seed}`;
    const at = (name) => path.join(directory, name);
    this.directories = { served: at('served'), local: at('local') };
    fs.mkdirSync(this.directories.served, { recursive: true });
    fs.mkdirSync(this.directories.local);
    const [from, to] = this.plan.verb === 'get' ? ['served', 'local'] : ['local', 'served'];
    this.source = path.join(this.directories[from], this.name);
    this.target = path.join(this.directories[to], this.name);
    this.to = this.directories[to];
    /** What happened, for whoever has to find out why. */
    this.story = [];
    this.counts = { tries: 0, kills: 0, inFlight: 0, resumed: 0, refused: 0, changed: 0, expired: 0 };
  }

  async run() {
    const { plan, random } = this;
    const { random: _, ...told } = plan;
    this.say(JSON.stringify(told));
    this.now = random.bytes(plan.size);
    fs.writeFileSync(this.source, this.now);
    /** Whatever may stand under the name: the old file, and every content the source had, each of them whole. */
    this.whole = [this.now];
    if (plan.old) {
      this.old = random.bytes(random.whole(1, 100_000));
      this.whole.push(this.old);
      fs.writeFileSync(this.target, this.old);
    }
    try {
      await this.serve();
      for (const [at, kill] of plan.kills.entries()) {
        await this.killedTry(kill, at === 0 ? plan.onExists : this.policy());
        this.check();
        if (at === 0 && plan.change !== undefined) this.changeSource(plan.change);
      }
      await this.lastTry();
      await this.expire();
    } finally {
      await this.server?.kill();
      await this.client?.kill();
    }
    return this.counts;
  }

  say(line) {
    this.story.push(line);
  }

  fail(sentence) {
    throw new Wrong(sentence);
  }

  async serve(port) {
    const words = ['--root', this.directories.served, '--writable', ...(this.plan.fsync ? ['--fsync'] : [])];
    this.server = await startServer(this.home, words, port);
    this.say(this.server === undefined ? `port ${port} is taken` : `server on ${this.server.port}`);
  }

  start(onExists, { paced = true, retry = 0 } = {}) {
    const { verb, passive, sha256, rate } = this.plan;
    const words = ['127.0.0.1', String(this.server.port), '--no-progress', '--on-exists', onExists];
    if (passive) words.push('--passive');
    if (sha256 && verb === 'get') words.push('--digest', 'sha256');
    if (paced) words.push('--limit-rate', String(rate));
    if (retry > 0) words.push('--retry', String(retry));
    words.push(verb === 'get' ? '-g' : '-p', this.name);
    this.counts.tries += 1;
    this.say(`ftclient ${words.slice(2).join(' ')}`);
    this.client = new Program(this.home, 'ftclient', words, { cwd: this.directories.local });
    return this.client;
  }

  /** Later tries resume where the name is free, and replace where something stands there. */
  policy() {
    return fs.existsSync(this.target) && this.random.chance(0.7) ? 'overwrite' : 'resume';
  }

  async killedTry(kill, onExists) {
    if (this.server === undefined || this.server.over) await this.serve();
    const port = this.server.port;
    const client = this.start(onExists, { retry: this.plan.retry && kill.victim === 'server' ? 3 : 0 });
    await this.moment(kill);
    const flying = this.parts().length > 0 && !client.over;
    if (flying) this.counts.inFlight += 1;
    this.counts.kills += 1;
    this.say(`kill ${kill.victim}, parts ${this.parts().map(({ size }) => size)}${client.over ? ', over' : ''}`);
    if (kill.victim !== 'server') await client.kill();
    if (kill.victim !== 'client') await this.server.kill();
    if (kill.victim !== 'server') return;
    if (this.plan.retry) await this.serve(port);
    const end = await client.endsWithin(TRY_MS);
    if (end === undefined) this.fail('the client does not end, its server being gone');
    this.say(`client ended ${end.code}: ${client.said.trim().split('\n').at(-1)}`);
    if (end.code === 0) this.assertNow('the client says that all is done');
    if (this.server === undefined) this.say('restart elsewhere');
  }

  /** The moment of a kill: watched for, and what can be seen meanwhile looked at. */
  async moment({ from, share }) {
    const { client } = this;
    const begun = performance.now();
    if (from !== 'start') {
      const wanted = from === 'whole' ? Math.max(1, this.now.length) : 0;
      const there = () => this.parts().some(({ size }) => size >= wanted);
      while (!client.over && !there() && performance.now() - begun < TRY_MS) await this.look();
    }
    // Behind the last byte there is little time, and all of it interesting.
    const most = { start: 700, part: this.plan.milliseconds * 1.1, whole: 25 }[from];
    const end = performance.now() + share * most;
    while (!client.over && performance.now() < end) await this.look();
  }

  async look() {
    await pause(LOOK_MS);
    let size;
    try {
      ({ size } = fs.statSync(this.target));
    } catch {
      if (this.old === undefined) return;
      this.fail('the old file is gone while a new one is on its way');
    }
    if (!this.whole.some(({ length }) => length === size)) this.fail(`${size} bytes stand under the name meanwhile`);
  }

  parts() {
    return fs.readdirSync(this.to).flatMap((name) => {
      if (!PART.test(name)) return [];
      const size = fs.statSync(path.join(this.to, name), { throwIfNoEntry: false })?.size;
      return size === undefined ? [] : [{ name, size }];
    });
  }

  /** Under the name: the old file or nothing, or one of the source's contents, whole. Beside it parts alone. */
  check() {
    const strangers = fs.readdirSync(this.to).filter((name) => name !== this.name && !PART.test(name));
    if (strangers.length > 0) this.fail(`files that nobody asked for: ${strangers}`);
    const there = fs.existsSync(this.target) ? fs.readFileSync(this.target) : undefined;
    if (there === undefined) {
      if (this.old !== undefined) this.fail('the old file is gone');
      return;
    }
    if (!this.whole.some((bytes) => bytes.equals(there))) this.fail(this.described(there));
  }

  described(there) {
    const common = (bytes) => {
      let at = 0;
      while (at < Math.min(bytes.length, there.length) && bytes[at] === there[at]) at += 1;
      return at;
    };
    const like = this.whole.map((bytes) => `${common(bytes)} of ${bytes.length}`);
    return `what stands under the name (${there.length} bytes) is no whole file; it begins like ${like.join(', ')}`;
  }

  assertNow(why) {
    const there = fs.existsSync(this.target) ? fs.readFileSync(this.target) : undefined;
    if (there === undefined) this.fail(`${why}, and nothing is there`);
    if (!there.equals(this.now)) this.fail(`${why}, and ${this.described(there)}`);
  }

  changeSource(how) {
    const { mtimeMs } = fs.statSync(this.source);
    this.now = changed(this.random, how, this.now);
    this.whole.push(this.now);
    // Replaced or written over in place: a server reads whatever stands there.
    if (this.random.chance(0.5)) {
      fs.writeFileSync(`${this.source}.new`, this.now);
      fs.renameSync(`${this.source}.new`, this.source);
    } else {
      fs.writeFileSync(this.source, this.now);
    }
    if (how.includes('not its time')) fs.utimesSync(this.source, mtimeMs / 1000, mtimeMs / 1000);
    this.counts.changed += 1;
    this.say(`source changed: ${how}, now ${this.now.length} bytes`);
  }

  /** Nobody is killed: it ends byte-equal, after a resume where the name is free and by overwriting elsewhere. */
  async lastTry() {
    if (this.server === undefined || this.server.over) await this.serve();
    const kept = Math.max(0, ...this.parts().map(({ size }) => size));
    const onExists = this.random.chance(0.8) ? 'resume' : 'overwrite';
    const { code, last } = await this.goodTry(onExists);
    if (code === 0) {
      if (onExists === 'resume' && kept > 0) this.counts.resumed += 1;
      return;
    }
    // Another whole file stands there: to refuse is right, and then it is asked for what replaces it.
    const there = fs.existsSync(this.target) && !fs.readFileSync(this.target).equals(this.now);
    if (onExists !== 'resume' || !there) this.fail(`the last try fails: ${last}`);
    this.counts.refused += 1;
    const again = await this.goodTry('overwrite');
    if (again.code !== 0) this.fail(`overwriting fails: ${again.last}`);
  }

  /** One try, or several while the server has not heard yet that the client before is dead. */
  async goodTry(onExists) {
    for (let busy = 0; ; busy += 1) {
      const client = this.start(onExists, { paced: false });
      const end = await client.endsWithin(TRY_MS);
      const last = client.said.trim().split('\n').join(' | ');
      this.say(`client ended ${end?.code}: ${last}`);
      this.check();
      if (end === undefined) this.fail('a try that nobody is killed in does not end');
      if (end.code === 0) this.assertNow('the client says that all is done');
      if (!/being written by another transfer/.test(last) || busy === MOST_BUSY) return { code: end.code, last };
      await pause(50);
    }
  }

  /** What is left is parts that expire: a day later the next to write there removes them. */
  async expire() {
    const left = this.parts();
    if (left.length === 0) return;
    const kept = left.filter(({ name }) => /^\.twinport-[0-9a-f]{32}-/.test(name));
    if (kept.length > this.counts.tries) this.fail(`${left.length} parts are left of ${this.counts.tries} tries`);
    const past = (Date.now() - DAY_MS) / 1000;
    for (const { name } of left) fs.utimesSync(path.join(this.to, name), past, past);
    // Another server: one that has looked into this directory a moment ago does not look again for a minute.
    await this.server.kill();
    await this.serve();
    this.name = 'another';
    const [from] = this.plan.verb === 'get' ? ['served'] : ['local'];
    fs.writeFileSync(path.join(this.directories[from], this.name), 'another');
    const end = await this.start('overwrite', { paced: false }).endsWithin(TRY_MS);
    if (end?.code !== 0) this.fail(`another transfer fails: ${this.client.said}`);
    const still = this.parts();
    if (still.length > 0) this.fail(`parts that do not expire: ${still.map(({ name }) => name)}`);
    this.counts.expired += left.length;
  }
}

module.exports = { Round, Wrong };
