'use strict';
// `npm run soak -- [--minutes N] [--seed S] [--jobs N] [--keep]`: one ftserver under mixed load and faults for so long.
// When the load stops, everything the server has taken must come back: descriptors, sockets, timers, temporary files; its
// heap may not have grown, and it does nothing. Every get and put that was confirmed is compared byte by byte.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, setup } = require('./setup.js');
const { compileWhatIsOld } = require('./torture/compile.js');
const { copyPrograms, endTogether } = require('./torture/programs.js');
const { Random } = require('./torture/random.js');
const { KINDS, SPOILT, Wrong, pause } = require('./soak/clients.js');
const { ROGUES } = require('./soak/rogues.js');
const { makeWorld } = require('./soak/world.js');
const { expired, heapGrew, idleLoad, partsIn, released, shown, strangeFiles } = require('./soak/judge.js');

const USAGE = 64;
/** Percent of one processor that an idle server may take, and how long it is watched. */
const IDLE_PERCENT = 1;
const IDLE_MS = 10_000;
/** How often of ten a client means well, comes through a relay, or means ill. */
const SHARES = [
  [5, KINDS],
  [3, SPOILT],
  [2, ROGUES],
];

function wordsOf(argv) {
  const options = { minutes: 2, seed: Date.now() % 1_000_000, jobs: 12, keep: false };
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at];
    const value = argv[at + 1] ?? '';
    if (word === '--keep') options.keep = true;
    else if (word === '--minutes' && /^[0-9]*\.?[0-9]+$/.test(value)) options.minutes = Number(argv[++at]);
    else if (/^--(seed|jobs)$/.test(word) && /^[0-9]{1,15}$/.test(value)) options[word.slice(2)] = Number(argv[++at]);
    else return undefined;
  }
  return options;
}

class Soak {
  constructor({ minutes, seed, jobs }, world, connect) {
    this.minutes = minutes;
    this.jobs = jobs;
    this.world = world;
    this.random = new Random(seed);
    this.connect = connect;
    this.begun = 0;
    /** By kind of client: how often it was done, and how often it failed where it may. */
    this.counts = {};
    this.wrongs = [];
    this.heaps = [];
    this.sockets = new Set();
  }

  /** What a client is given; its numbers are its own, as several take turns. */
  tools() {
    const { world, connect, sockets } = this;
    const random = new Random(this.random.whole(0, 1e9));
    return { world, connect, sockets, random, number: () => this.begun++ };
  }

  async client() {
    const tools = this.tools();
    let drawn = tools.random.whole(0, 9);
    const [, kinds] = SHARES.find(([share]) => (drawn -= share) < 0);
    const name = tools.random.one(Object.keys(kinds));
    const count = (this.counts[name] ??= { done: 0, failed: 0 });
    try {
      await kinds[name](tools);
      count.done += 1;
    } catch (error) {
      count.failed += 1;
      // Nothing spoils what passes: who means well has no excuse.
      if (error instanceof Wrong || kinds === KINDS) this.wrongs.push(`${name}: ${error.message}`);
    }
  }

  async load(ms) {
    const end = performance.now() + ms;
    const worker = async () => {
      while (performance.now() < end && this.wrongs.length < 20 && !this.world.server.over) await this.client();
    };
    await Promise.all(Array.from({ length: this.jobs }, worker));
  }

  async measure() {
    const { heapUsed, external, rss, resources } = await this.world.server.memory();
    this.heaps.push(heapUsed + external);
    const sockets = resources.filter((kind) => kind === 'TCPSocketWrap').length;
    const counts = Object.values(this.counts);
    const sum = (key) => counts.reduce((all, count) => all + count[key], 0);
    const descriptors = this.world.server.descriptors().length;
    process.stdout.write(
      `${sockets} sockets, ${descriptors} descriptors, ${shown(rss)} MiB resident, ${shown(heapUsed + external)} MiB heap, ` +
        `${sum('done')} done, ${sum('failed')} failed as they may, ${this.wrongs.length} wrong\n`,
    );
  }

  /** Resolves with sentences about what is not as it was. */
  async run() {
    const { server } = this.world;
    // Everything is loaded, and every pool filled, by the first of each kind.
    const kinds = Object.values({ ...KINDS, ...SPOILT, ...ROGUES });
    await Promise.all(kinds.map((kind) => kind(this.tools()).catch(() => undefined)));
    const warm = { descriptors: [], resources: [] };
    await this.settle(warm);

    const ms = this.minutes * 60_000;
    const every = Math.min(10_000, ms / 6);
    let over = false;
    const load = this.load(ms).then(() => (over = true));
    for (let next = performance.now() + every; !over && !server.over; next += every) {
      await Promise.race([load, pause(next - performance.now())]);
      if (!over && !server.over) await this.measure();
    }
    await load;
    if (server.over) return [`the server ended: ${server.said.trim().split('\n').slice(-5).join(' | ')}`];
    for (const socket of this.sockets) socket.destroy();
    return this.ending(warm);
  }

  /** What the server holds when nobody is there. */
  async settle(warm) {
    const { server } = this.world;
    let before;
    for (let same = 0; same < 3;) {
      await pause(1000);
      const { resources } = await server.memory();
      const descriptors = server.descriptors();
      const now = `${descriptors.length} ${resources.length}`;
      same = now === before ? same + 1 : 0;
      before = now;
      Object.assign(warm, { descriptors, resources });
    }
  }

  async ending(warm) {
    const { world } = this;
    const { server } = world;
    const faults = [...this.wrongs];
    const left = await released(server, warm);
    if (left.length > 0) faults.push(`not given back: ${left.join(', ')}`);
    const strange = strangeFiles(world);
    if (strange.length > 0) faults.push(`files that should not be: ${strange.join(', ')}`);
    const grew = heapGrew(this.heaps);
    if (grew !== undefined) faults.push(grew);
    const idle = await idleLoad(server, IDLE_MS);
    if (idle > IDLE_PERCENT) faults.push(`idle, it takes ${idle.toFixed(1)} % of a processor`);
    await this.measure();
    process.stdout.write(`idle ${idle.toFixed(2)} %, ${partsIn(world.served).length} parts kept\n`);
    const end = await server.kill('SIGTERM');
    if (end.code !== 0) faults.push(`asked to stop, it ended ${end.code ?? end.signal}`);
    const kept = await expired(world);
    if (kept.length > 0) faults.push(`parts that do not expire: ${kept.join(', ')}`);
    return faults;
  }
}

async function soak(options) {
  setup();
  if (!compileWhatIsOld()) return 1;
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-soak-'));
  endTogether();
  const home = copyPrograms(root, scratch);
  const { connect } = require(path.join(home, 'dist', 'lib', 'index.js'));
  let faults = [];
  let world;
  process.stdout.write(`soak: ${options.minutes} min, seed ${options.seed}\n`);
  try {
    world = await makeWorld(home, scratch, new Random(options.seed));
    const run = new Soak(options, world, connect);
    faults = await run.run();
    const told = Object.entries(run.counts).map(([kind, { done, failed }]) => `${kind} ${done}/${done + failed}`);
    process.stdout.write(`done of begun: ${told.sort().join(', ')}\n`);
  } finally {
    for (const program of [world?.server, ...(world?.programs ?? [])]) await program?.kill();
    if (!options.keep && faults.length === 0) fs.rmSync(scratch, { recursive: true });
  }
  for (const fault of faults) process.stderr.write(`soak: ${fault}\n`);
  if (faults.length > 0) process.stderr.write(`soak: seed ${options.seed}; kept: ${scratch}\n`);
  else process.stdout.write('soak: everything is back where it was\n');
  return faults.length === 0 ? 0 : 1;
}

const options = wordsOf(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write('soak: the options are --minutes N, --seed S, --jobs N and --keep.\n');
  process.exitCode = USAGE;
} else {
  void soak(options).then((code) => {
    process.exitCode = code;
  });
}
