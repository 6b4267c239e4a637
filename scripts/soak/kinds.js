'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Program } = require('../trial/programs.js');
const { ACCOUNTS } = require('./accounts.js');
const { Wrong, get, look, onceFree, put, resumed, securely } = require('./clients.js');
const { ROGUES } = require('./rogues.js');

/** The kinds of clients there are. */

const PROGRAM_MS = 180_000;
const PATIENT = ['--no-progress', '--timeout', '60'];

/** The real program, with the shell's commands on its standard input. */
async function batch(tools) {
  const { random, world } = tools;
  const name = `batch-${tools.number()}`;
  const here = path.join(world.local, name);
  const file = random.one(world.files);
  const script = path.join(world.local, `${name}.commands`);
  fs.mkdirSync(here);
  fs.writeFileSync(script, `ls\nget ${file.name}\nput ${file.name} ${name}\nstat ${name}\nrm ${name}\n`);
  try {
    const words = ['127.0.0.1', String(world.server.ports.default), '--batch', script, ...PATIENT];
    await done(world, words, here);
    if (!fs.readFileSync(path.join(here, file.name)).equals(file.bytes)) throw new Wrong(`${file.name} was got wrong`);
  } finally {
    for (const gone of [here, script, path.join(world.served, name)]) fs.rmSync(gone, { recursive: true, force: true });
  }
}

/** Throws what it said last, unless it ends well. */
async function done(world, words, cwd) {
  const client = new Program(world.home, 'ftclient', words, { cwd });
  const end = await client.endsWithin(PROGRAM_MS);
  if (end?.code === 0) return;
  await client.kill();
  const said = `a program ended ${end?.code}: ${client.said.trim().split('\n').at(-1)}`;
  throw Object.assign(new Error(said), { exit: end?.code });
}

/** The real program, killed: with it goes everything it had open, and nobody is told. Half of them try again. */
async function killed(tools) {
  const { random, world } = tools;
  const name = `killed-${tools.number()}`;
  const here = path.join(world.local, name);
  fs.mkdirSync(here);
  const file = world.files.at(-1);
  const getting = random.chance(0.5);
  if (!getting) fs.writeFileSync(path.join(here, name), file.bytes);
  const to = ['127.0.0.1', String(world.server.ports.default), ...PATIENT];
  const what = [getting ? '-g' : '-p', getting ? file.name : name];
  if (random.chance(0.5)) to.push('--passive');
  const there = getting ? path.join(here, file.name) : path.join(world.served, name);
  const isWhole = () => fs.readFileSync(there).equals(file.bytes);
  try {
    const client = new Program(world.home, 'ftclient', [...to, '--limit-rate', '4M', ...what], { cwd: here });
    await client.endsWithin(random.whole(50, 1200));
    await client.kill();
    if (fs.existsSync(there) && !isWhole()) throw new Wrong(`a client that was killed left a partial ${what[1]}`);
    if (!getting) world.mayCome(there, file.bytes);
    if (random.chance(0.5)) return;
    await onceFree(
      () => done(world, [...to, '--resume', ...what], here),
      (error) => /being written by another transfer/.test(error.message),
    );
    if (!fs.existsSync(there) || !isWhole()) throw new Wrong(`${what[1]} was resumed, and is not whole`);
  } finally {
    for (const gone of [here, path.join(world.served, name)]) fs.rmSync(gone, { recursive: true, force: true });
  }
}

const SECURE = ['framed', 'privateshare', undefined];
const GOOD = { default: [undefined], auto: [undefined, 'framed', 'privateshare'] };
const ALONE = ['framed', 'colon', 'privateshare', 'stepwise'];

/** A port, and what to speak there; nothing spoils what passes. */
function straight(tools) {
  const { random, world } = tools;
  const { ports } = world.server;
  if (random.chance(0.6)) return { port: ports.default, passive: random.chance(0.5), ...securely(tools) };
  const [port, dialect] = random.chance(0.5) ? ['auto', random.one(GOOD.auto)] : own(random.one(ALONE));
  const tls = SECURE.includes(dialect) ? securely(tools) : {};
  return { port: ports[port], ...(dialect && { dialect }), ...tls };
}

const own = (dialect) => [dialect, dialect];

/** Nothing spoils what passes: who means well has no excuse. */
const KINDS = {
  get: (tools) => get(tools, straight(tools), tools.random.one(tools.world.files)),
  put: (tools) => {
    const to = straight(tools);
    // stepwise has no put.
    return put(tools, to.dialect === 'stepwise' ? { port: tools.world.server.ports.default } : to);
  },
  look: (tools) => {
    const to = straight(tools);
    // framed and colon have no list.
    const lists = to.dialect === undefined || to.dialect === 'privateshare' || to.dialect === 'stepwise';
    return look(tools, lists ? to : { port: tools.world.server.ports.default });
  },
  batch,
  killed,
  resumed,
  ...ACCOUNTS,
};

/** The same through a relay: it may fail, and may never be wrong. */
const SPOILT = Object.fromEntries(
  ['stammer', 'cut', 'reset', 'corrupt', 'corrupt-control'].map((fault) => [
    fault,
    async (tools) => {
      const { random, world } = tools;
      const how = { passive: random.chance(0.5), requireVerified: true, timeout: 5000, ...securely(tools) };
      const to = { port: world.relays[fault], ...how };
      const kind = random.one(['get', 'put', 'look']);
      if (kind === 'get') return get(tools, to, random.one(world.files));
      if (kind === 'put') return put(tools, to);
      // A size that was spoilt on its way is wrong, and nobody can know.
      return look(tools, to).catch((error) => {
        throw fault.startsWith('corrupt') ? new Error(error.message) : error;
      });
    },
  ]),
);

module.exports = { KINDS, ROGUES, SPOILT };
