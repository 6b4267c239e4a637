'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Program, startServer } = require('../torture/programs.js');
const { pause } = require('./clients.js');

/**
 * What every client has left behind is over within this long: nothing moves (60 s), then the wait for the peer's FIN
 * (10 s), and some patience for a loaded machine.
 */
const RELEASE_MS = 90_000;
const PART = /^\.twinport-([0-9a-f]{16,32})-([0-9a-f]{8})-(\d+)-\d+\.part$/;
const MIB = 1024 * 1024;

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

/** Waits until the server holds no more than before; answers what it still does. */
async function released(server, before) {
  const end = performance.now() + RELEASE_MS;
  for (;;) {
    const descriptors = surplus(before.descriptors, server.descriptors());
    const handles = surplus(before.resources, (await server.memory()).resources);
    const left = [...descriptors, ...handles];
    if (left.length === 0 || performance.now() > end) return left;
    await pause(500);
  }
}

/** The heap after a collection: the middle of the first third of what was measured against that of the last. */
function heapGrew(samples) {
  const third = Math.floor(samples.length / 3);
  if (third < 2) return undefined;
  const early = median(samples.slice(0, third));
  const late = median(samples.slice(-third));
  // Code that is compiled late, and caches with a bound, are growth of a kind; a leak does not stop there.
  const most = early * 1.2 + 4 * MIB;
  return late > most ? `the heap grew from ${shown(early)} to ${shown(late)} MiB` : undefined;
}

const shown = (bytes) => (bytes / MIB).toFixed(1);

/** Percent of one processor, while nobody asks for anything. */
async function idleLoad(server, ms) {
  const began = performance.now();
  const before = server.processorTime();
  await pause(ms);
  return (100 * 1000 * (server.processorTime() - before)) / (performance.now() - began);
}

/** Files that nobody can have asked for: names that were never finished, and parts that nothing will remove. */
function strangeFiles({ served, files, server }) {
  const known = new Set(files.map(({ name }) => name));
  return fs.readdirSync(served).filter((name) => {
    const [, what, , pid] = PART.exec(name) ?? [];
    // Kept to be resumed, and at rest: that is what an interrupted put leaves.
    if (what !== undefined) return what.length !== 32 || Number(pid) === server.child.pid;
    // `numbered` keeps whatever ended politely.
    return !known.has(name) && !/^\d+\.file$/.test(name);
  });
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
    for (let looks = 0; looks < 100; looks += 1) {
      const left = [...partsIn(served), ...partsIn(local)];
      if (left.length === 0) return [];
      await pause(100);
    }
    return [...partsIn(served), ...partsIn(local)];
  } finally {
    await server.kill('SIGTERM');
  }
}

module.exports = { expired, heapGrew, idleLoad, released, shown, strangeFiles, partsIn };
