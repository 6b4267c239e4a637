'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Readable, Writable } = require('node:stream');

/**
 * What one client does, wherever it is connected. `to` is where, and how (`connect` of the library); each throws `Wrong`
 * for what must never be, and any other error where nothing was promised.
 */
class Wrong extends Error {}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Milliseconds: nobody's haste is a finding, and what hangs is one all the same. */
const PATIENCE = 60_000;

function collector() {
  const chunks = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  // It is told of a failure as the get is, which is heard.
  sink.on('error', () => undefined);
  return { sink, bytes: () => Buffer.concat(chunks) };
}

/** Does what is asked of one client, and whatever becomes of it ends the client. */
async function withClient({ connect }, to, work) {
  const client = await connect({ host: '127.0.0.1', timeout: PATIENCE, connectTimeout: PATIENCE, ...to });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function get(tools, to, file) {
  const { random, world } = tools;
  const digest = random.one(['crc32', 'sha256']);
  const onDisk = path.join(world.local, `got-${tools.number()}`);
  const { sink, bytes } = collector();
  const toDisk = random.chance(0.4);
  try {
    await withClient(tools, to, (client) =>
      client.get(file.name, toDisk ? onDisk : sink, to.dialect === undefined ? { digest } : {}),
    );
    const got = toDisk ? fs.readFileSync(onDisk) : bytes();
    if (!got.equals(file.bytes)) throw new Wrong(`${file.name} was got wrong: ${got.length} of ${file.bytes.length}`);
  } catch (error) {
    if (fs.existsSync(onDisk) && !fs.readFileSync(onDisk).equals(file.bytes)) {
      throw new Wrong(`a get that failed left ${fs.statSync(onDisk).size} bytes under the name`);
    }
    throw error;
  } finally {
    fs.rmSync(onDisk, { force: true });
  }
}

async function put(tools, to) {
  const { random, world } = tools;
  const name = `put-${tools.number()}`;
  const bytes = random.bytes(random.chance(0.3) ? random.whole(0, 2000) : random.whole(0, 3_000_000));
  const here = path.join(world.local, name);
  const there = path.join(world.served, name);
  const same = () => fs.readFileSync(there).equals(bytes);
  try {
    const asFile = random.chance(0.6);
    if (asFile) fs.writeFileSync(here, bytes);
    await withClient(tools, to, (client) => client.put(asFile ? here : Readable.from([bytes]), name));
    // Where the language has no word for done, the end of the connection is all, and the name may come behind it.
    if (to.dialect !== undefined) await appears(there);
    if (!fs.existsSync(there)) throw new Wrong(`${name} was confirmed and is not there`);
    if (!same()) throw new Wrong(`${name} was confirmed and is not what was sent`);
  } catch (error) {
    if (to.dialect === undefined && fs.existsSync(there) && !same())
      throw new Wrong(`${name} failed, and is there, wrong`);
    // All was sent, perhaps, and the server is about to publish it: only the answer was lost.
    world.mayCome(there, bytes);
    throw error;
  } finally {
    fs.rmSync(here, { force: true });
    fs.rmSync(there, { force: true });
  }
}

async function appears(file) {
  const end = performance.now() + PATIENCE;
  while (!fs.existsSync(file) && performance.now() < end) await pause(20);
}

async function look(tools, to) {
  const { random, world } = tools;
  await withClient(tools, to, async (client) => {
    for (let asks = random.whole(1, 8); asks > 0; asks -= 1) {
      const file = random.one(world.files);
      if (to.dialect !== undefined || random.chance(0.4)) {
        const { entries } = await client.list('', to.dialect === undefined ? { facts: random.chance(0.5) } : {});
        if (!entries.some(({ name }) => name === file.name)) throw new Wrong(`${file.name} is missing in a list`);
        if (to.dialect !== undefined) return;
      } else if (random.chance(0.5)) {
        const { length } = await client.digest(file.name, { digest: 'sha256' });
        if (length !== file.bytes.length) throw new Wrong(`the digest is of ${length} bytes`);
      } else {
        const { size } = await client.stat(file.name);
        if (size !== file.bytes.length) throw new Wrong(`the size told is ${size}`);
      }
    }
  });
}

/** One try after another, while the server has not heard yet that somebody who was writing there is gone. */
async function onceFree(attempt, isBusy) {
  const end = performance.now() + PATIENCE + 30_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
      await pause(100);
    }
  }
}

const isBusy = (error) => /being written by another transfer/.test(error.message);

/** Broken off on its way, and then made good over a good line: the whole file, whatever was kept of the first try. */
async function resumed(tools) {
  const { random, world } = tools;
  const file = random.one(world.files.slice(-2));
  const name = `resumed-${tools.number()}`;
  const here = path.join(world.local, name);
  const there = path.join(world.served, name);
  const tls = securely(tools);
  const bad = { port: world.relays[random.one(['cut', 'reset', 'corrupt'])], passive: random.chance(0.5), ...tls };
  const good = { port: world.server.ports.default, passive: random.chance(0.5), ...tls };
  const getting = random.chance(0.5);
  const move = (client) =>
    getting
      ? client.get(file.name, here, { onExists: 'resume' })
      : client.put(here, name, { onExists: 'resume', resume: true });
  if (!getting) fs.writeFileSync(here, file.bytes);
  try {
    await withClient(tools, { ...bad, timeout: 5000 }, move).catch(() => undefined);
    await onceFree(() => withClient(tools, good, move), isBusy);
    const moved = getting ? here : there;
    if (!fs.existsSync(moved)) throw new Wrong(`${name} was resumed and is not there`);
    if (!fs.readFileSync(moved).equals(file.bytes)) throw new Wrong(`${name} was resumed wrong`);
  } finally {
    for (const gone of [here, there]) fs.rmSync(gone, { force: true });
  }
}

/** TLS, now and then. */
function securely({ random, world }) {
  return random.chance(0.3) ? { tls: { ca: world.ca, servername: 'localhost' } } : {};
}

module.exports = { Wrong, collector, get, look, onceFree, pause, put, resumed, securely, withClient };
