'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Program, startServer } = require('../trial/programs.js');
const { pause } = require('./clients.js');

/**
 * What every client has left behind is over within this long: nothing moves (60 s), then the wait for the peer's FIN
 * (10 s), and some patience for a loaded machine.
 */
const RELEASE_MS = 120_000;
const PART = /^\.twinport-([0-9a-f]{16,32})-([0-9a-f]{8})-(\d+)-\d+\.part$/;
const MIB = 1024 * 1024;

/**
 * Bytes of the heap that each client may leave behind, and all of them together. A session that is not let go of holds
 * 4 KiB at least; tables that forget (addresses with failed logins) and code that is compiled late grow, to a bound.
 */
const LEFT_BY_EACH = 1024;
const LEFT_BY_ALL = 4 * MIB;
/** Clients before the first measure: fewer have not seen everything loaded. */
const ENOUGH_CLIENTS = 200;
/** What a closure or two may hold until the next takes its place; a leak has one for each of thousands. */
const REMEMBERED = 8;

/** Looks at the heap of a server at rest. */
const HEAPS = 4;

/** Percent of one processor that an idle server may take: what polls every 20 ms takes more. */
const IDLE_PERCENT = 1;
/**
 * Milliseconds, and how often. The middle one counts: who is polled is polled in each, while the collector's work behind
 * a load is over after one or two.
 */
const IDLE_WINDOW = 3000;
const IDLE_WINDOWS = 5;

/** Milliseconds and share of its life that a client's side or the server may wait for a processor before limits in seconds say nothing. */
const STARVED_MS = 1000;
const STARVED_SHARE = 0.2;
/** Errors and exit codes of limits in seconds, of either side: who is late at a data port is reset. */
const LATE = ['timeout', 'data-timeout', 'no-data-connection', 'connection-lost'];
const LATE_REPLIES = [421, 425, 426];
const LATE_EXITS = [10, 12, 28, 56];
/** The share of clients that the machine may excuse. */
const EXCUSED = 0.02;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function surplus(before, after) {
  // A socket's number says nothing about which one it is.
  const kinds = (all) => all.map((target) => target.replace(/\[\d+\]$/, ''));
  const left = kinds(before);
  return kinds(after).filter((target) => {
    const at = left.indexOf(target);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

/** What a server holds now: its heap in bytes, descriptors, what keeps its loop alive, objects that it remembers. */
async function held(server) {
  const { heapUsed, external, rss, resources, sockets, signals } = await server.memory();
  return { heap: heapUsed + external, rss, descriptors: server.descriptors(), resources, sockets, signals };
}

/** Milliseconds that each of these processes has been ready, and had to wait for a processor, so far. */
function waited(pids) {
  return pids.map((pid) => {
    try {
      return Number(fs.readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
    } catch {
      return 0;
    }
  });
}

/** Milliseconds that somebody else had the processors, where that is why a limit in seconds was hit; otherwise undefined. */
function starvedFor(error, before, after, ms) {
  const late = LATE.includes(error.code) || LATE_REPLIES.includes(error.reply) || LATE_EXITS.includes(error.exit);
  const most = Math.max(0, ...after.map((now, at) => now - before[at]));
  return late && most >= STARVED_MS && most >= STARVED_SHARE * ms ? Math.round(most) : undefined;
}

/** Now and then is an excuse; often it is a server that is too slow. */
function excusedTooOften(starved, served) {
  return starved > Math.max(2, EXCUSED * served)
    ? `${starved} of ${served} clients ran into limits in seconds`
    : undefined;
}

/** Waits until nothing comes and goes any more: what a server holds that nobody has asked for anything for a while. */
async function settled(server) {
  let before;
  for (let same = 0; same < 3;) {
    await pause(500);
    const now = await held(server);
    const shape = `${now.descriptors.length} ${now.resources.length}`;
    same = shape === before?.shape ? same + 1 : 0;
    before = { ...now, shape };
  }
  return before;
}

/**
 * Waits until the server holds no more than at first; answers its heap then, and what is too much. What was let go of a
 * moment ago is counted by a collection or two yet: the least of several counts, and a leak is in all of them.
 */
async function released(server, first) {
  const end = performance.now() + RELEASE_MS;
  const heaps = [];
  for (;;) {
    const now = await held(server);
    const left = [...surplus(first.descriptors, now.descriptors), ...surplus(first.resources, now.resources)];
    for (const what of ['sockets', 'signals']) {
      if (now[what] > first[what] + REMEMBERED) left.push(`${now[what]} ${what} (${first[what]} at first)`);
    }
    if (left.length === 0) heaps.push(now.heap);
    if (heaps.length === HEAPS || performance.now() > end) return { heap: Math.min(...heaps), left };
    await pause(500);
  }
}

/** Measures at rest, after a collection: `{ heap, clients }`, bytes, and how many had been served by then. */
function heapGrew(rests) {
  const [first, ...more] = rests.filter(({ clients }) => clients >= ENOUGH_CLIENTS);
  const last = more.at(-1);
  if (last === undefined) return undefined;
  const most = LEFT_BY_ALL + LEFT_BY_EACH * (last.clients - first.clients);
  return last.heap - first.heap > most
    ? `the heap grew from ${shown(first.heap)} to ${shown(last.heap)} MiB with ${last.clients - first.clients} clients`
    : undefined;
}

const shown = (bytes) => (bytes / MIB).toFixed(1);

/** Percent of one processor, in each window in which nobody asks for anything. */
async function idleLoads(server) {
  const loads = [];
  for (let window = 0; window < IDLE_WINDOWS; window += 1) {
    const began = performance.now();
    const before = server.processorTime();
    await pause(IDLE_WINDOW);
    loads.push((100 * 1000 * (server.processorTime() - before)) / (performance.now() - began));
  }
  return loads;
}

function isBusyIdle(loads) {
  return median(loads) > IDLE_PERCENT ? `idle, it takes ${median(loads).toFixed(1)} % of a processor` : undefined;
}

/** Files that nobody can have asked for: names that were never finished, and parts that nothing will remove. */
function strangeFiles({ served, guarded, roots, files, servers }) {
  const known = new Set(files.map(({ name }) => name));
  const pids = servers.map(({ child }) => child.pid);
  // `numbered` keeps whatever ended politely; what is left in the account with a quota is counted by itself.
  const mine = { [served]: /^\d+\.file$/, [guarded]: /^(writer|bounded)$/, [roots.bounded]: /^fill-\d+$/ };
  return [served, guarded, ...Object.values(roots)].flatMap((directory) =>
    fs.readdirSync(directory).filter((name) => {
      const [, what, , pid] = PART.exec(name) ?? [];
      // Kept to be resumed, and at rest: that is what an interrupted put leaves.
      if (what !== undefined) return what.length !== 32 || pids.includes(Number(pid));
      return !known.has(name) && mine[directory]?.test(name) !== true;
    }),
  );
}

/** Each line of the audit is JSON, and no log has the password. */
function spoiltLogs({ logs, password }) {
  const [audit, xferlog] = logs.map((file) => fs.readFileSync(file, 'utf8'));
  const faults = [audit, xferlog].some((text) => text.includes(password)) ? ['a log has a password in it'] : [];
  for (const line of audit.split('\n').filter((each) => each !== '')) {
    try {
      JSON.parse(line);
    } catch {
      faults.push(`a line of the audit is none: ${line.slice(0, 100)}`);
    }
  }
  return faults;
}

const partsIn = (directory) => fs.readdirSync(directory).filter((name) => PART.test(name));

/** A day later a server that starts removes what was kept; and a get here what gets have kept. */
async function expired({ home, served, local, files }) {
  const past = Date.now() / 1000 - 25 * 60 * 60;
  for (const directory of [served, local]) {
    for (const name of partsIn(directory)) fs.utimesSync(path.join(directory, name), past, past);
  }
  const server = await startServer(home, ['--root', served, '--writable']);
  try {
    const words = ['127.0.0.1', String(server.port), '-g', files[1].name];
    await new Program(home, 'ftclient', words, { cwd: local }).ended;
    for (let looks = 0; looks < 300; looks += 1) {
      const left = [...partsIn(served), ...partsIn(local)];
      if (left.length === 0) return [];
      await pause(100);
    }
    return [...partsIn(served), ...partsIn(local)];
  } finally {
    await server.kill('SIGTERM');
  }
}

module.exports = {
  excusedTooOften,
  expired,
  heapGrew,
  held,
  idleLoads,
  isBusyIdle,
  partsIn,
  released,
  settled,
  shown,
  spoiltLogs,
  starvedFor,
  strangeFiles,
  waited,
};
