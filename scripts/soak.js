'use strict';
// `npm run soak -- [--minutes N] [--seed S] [--jobs N] [--keep]`: two ftservers under mixed load and faults for so long.
// When the load rests, everything a server has taken must come back: descriptors, sockets, timers, sessions, temporary
// files, quotas; its heap may not have grown, and it does nothing. Every get and put that was confirmed is compared byte
// by byte.
const { excusedTooOften, expired, heapGrew, held, idleLoads, isBusyIdle } = require('./soak/judge.js');
const { partsIn, released, settled, shown, spoiltLogs, starvedFor, strangeFiles, waited } = require('./soak/judge.js');
const { wholeQuotaIsThere } = require('./soak/accounts.js');
const { Wrong, pause } = require('./soak/clients.js');
const { KINDS, ROGUES, SPOILT } = require('./soak/kinds.js');
const { World } = require('./soak/world.js');
const { Random } = require('./trial/random.js');
const { WHOLE, trial } = require('./trial/trial.js');
const path = require('node:path');

/** How often of ten a client means well, comes through a relay, or means ill. */
const SHARES = [
  [5, KINDS],
  [3, SPOILT],
  [2, ROGUES],
];
/** Minutes between two rests; at least two rests, since growth is told by two. */
const REST_EVERY = 2;
/** More than this many things wrong are one thing. */
const MOST_WRONGS = 20;

class Soak {
  constructor({ minutes, seed, jobs }, world, connect) {
    this.minutes = minutes;
    this.jobs = jobs;
    this.world = world;
    this.random = new Random(seed);
    this.connect = connect;
    this.begun = 0;
    this.served = 0;
    /** Of those who meant well: who had no time, since somebody else had the processors. */
    this.starved = 0;
    /** By kind of client: how often it was done, and how often it failed where it may. */
    this.counts = {};
    this.wrongs = [];
    this.sockets = new Set();
    /** By server: what it held before the load, and its heap at each rest. */
    this.first = new Map();
    this.rests = new Map(world.servers.map((server) => [server, []]));
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
    const pids = [process.pid, ...this.world.servers.map(({ child }) => child.pid)];
    const before = waited(pids);
    const began = performance.now();
    try {
      await kinds[name](tools);
      count.done += 1;
    } catch (error) {
      count.failed += 1;
      const ms = Math.round(performance.now() - began);
      const told = `${name}, after ${ms} ms: ${error.message}`;
      const starved = error instanceof Wrong ? undefined : starvedFor(error, before, waited(pids), ms);
      // Nothing spoils what passes: who means well has no excuse but that.
      if (kinds === KINDS && starved !== undefined) {
        this.starved += 1;
        process.stdout.write(`no processor for ${starved} ms: ${told}\n`);
      } else if (error instanceof Wrong || kinds === KINDS) {
        this.wrongs.push(told);
      }
    }
    this.served += 1;
  }

  get isOver() {
    return this.world.servers.some(({ over }) => over) || this.wrongs.length >= MOST_WRONGS;
  }

  async load(ms) {
    const end = performance.now() + ms;
    const worker = async () => {
      while (performance.now() < end && !this.isOver) await this.client();
    };
    const load = Promise.all(Array.from({ length: this.jobs }, worker)).then(() => true);
    const every = Math.min(10_000, ms / 3);
    while (!(await Promise.race([load, pause(every)]))) if (!this.isOver) await this.tell();
    for (const socket of this.sockets) socket.destroy();
  }

  async tell() {
    const counts = Object.values(this.counts);
    const sum = (key) => counts.reduce((all, count) => all + count[key], 0);
    const told = await Promise.all(
      this.world.servers.map(async (server) => {
        const { heap, rss, descriptors, sockets, signals } = await held(server);
        const sizes = `${shown(rss)} MiB resident, ${shown(heap)} MiB heap`;
        return `${server.name}: ${descriptors.length} descriptors, ${sockets} sockets, ${signals} signals, ${sizes}; `;
      }),
    );
    const clients = `${sum('done')} done, ${sum('failed')} failed as they may, ${this.starved} starved, ${this.wrongs.length} wrong`;
    process.stdout.write(`${told.join('')}${clients}\n`);
  }

  /** Resolves with sentences about what is not as it was. */
  async run() {
    const { world } = this;
    // Everything is loaded, and every pool filled, by the first of each kind.
    await world.openRelays();
    const kinds = Object.values({ ...KINDS, ...SPOILT, ...ROGUES });
    await Promise.all(kinds.map((kind) => kind(this.tools()).catch(() => undefined)));
    await world.closeRelays();
    for (const server of world.servers) this.first.set(server, await settled(server));

    const phases = Math.max(2, Math.ceil(this.minutes / REST_EVERY));
    for (let phase = 0; phase < phases; phase += 1) {
      await world.openRelays();
      await this.load((this.minutes * 60_000) / phases);
      await world.closeRelays();
      const dead = world.servers.filter(({ over }) => over);
      if (dead.length > 0) return dead.map(({ name, said }) => `${name} ended: ${said.trim().slice(-500)}`);
      const faults = await this.rest();
      if (faults.length > 0) return faults;
    }
    return this.ending();
  }

  /** Nobody is there: what is left of those who were? */
  async rest() {
    const { world } = this;
    const faults = [...this.wrongs.splice(0), excusedTooOften(this.starved, this.served)].filter(Boolean);
    await Promise.all(
      world.servers.map(async (server) => {
        const { heap, left } = await released(server, this.first.get(server));
        if (left.length > 0) faults.push(`${server.name} has not given back: ${left.join(', ')}`);
        this.rests.get(server).push({ heap, clients: this.served });
      }),
    );
    await wholeQuotaIsThere(this.tools()).catch((error) => faults.push(`quota: ${error.message}`));
    world.clearLate();
    const strange = strangeFiles(world);
    if (strange.length > 0) faults.push(`files that should not be: ${strange.join(', ')}`);
    process.stdout.write('at rest: ');
    await this.tell();
    return faults;
  }

  async ending() {
    const { world } = this;
    const faults = [];
    await Promise.all(
      world.servers.map(async (server) => {
        const { name } = server;
        const loads = await idleLoads(server);
        process.stdout.write(`${name}: idle ${loads.map((load) => load.toFixed(2)).join(', ')} %\n`);
        const found = [heapGrew(this.rests.get(server)), isBusyIdle(loads)];
        const end = await server.kill('SIGTERM');
        if (end.code !== 0) found.push(`asked to stop, it ended ${end.code ?? end.signal}`);
        faults.push(...found.filter(Boolean).map((fault) => `${name}: ${fault}`));
      }),
    );
    process.stdout.write(`${partsIn(world.served).length} parts kept\n`);
    const kept = await expired(world);
    if (kept.length > 0) faults.push(`parts that do not expire: ${kept.join(', ')}`);
    return [...faults, ...spoiltLogs(world)];
  }
}

async function soak(options, { home, scratch }) {
  const { connect } = require(path.join(home, 'dist', 'lib', 'index.js'));
  process.stdout.write(`soak: ${options.minutes} min, seed ${options.seed}\n`);
  const world = new World(home, scratch, new Random(options.seed));
  try {
    await world.open();
    const run = new Soak(options, world, connect);
    const faults = await run.run();
    const told = Object.entries(run.counts).map(([kind, { done, failed }]) => `${kind} ${done}/${done + failed}`);
    process.stdout.write(`done of begun: ${told.sort().join(', ')}\n`);
    for (const fault of faults) process.stderr.write(`soak: ${fault}\n`);
    if (faults.length > 0) process.stderr.write(`soak: seed ${options.seed}\n`);
    else process.stdout.write('soak: everything is back where it was\n');
    return faults.length === 0;
  } finally {
    await world.close();
  }
}

trial(
  {
    name: 'soak',
    usual: { minutes: 2, seed: Date.now() % 1_000_000, jobs: 12 },
    patterns: { minutes: /^[0-9]*\.?[0-9]+$/, seed: WHOLE, jobs: WHOLE },
    said: '--minutes N, --seed S, --jobs N',
  },
  soak,
);
