'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Readable, Writable } = require('node:stream');
const { Program } = require('../torture/programs.js');

/**
 * Clients that mean well, over a good line or through a relay that spoils it. Each is one function of the tools: it
 * throws `Wrong` for what must never be, and any other error where nothing was promised.
 */
class Wrong extends Error {}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

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
  const client = await connect({ host: '127.0.0.1', timeout: 15_000, connectTimeout: 10_000, ...to });
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
    for (let looks = 0; to.dialect !== undefined && !fs.existsSync(there) && looks < 100; looks += 1) await pause(20);
    if (!fs.existsSync(there)) throw new Wrong(`${name} was confirmed and is not there`);
    if (!same()) throw new Wrong(`${name} was confirmed and is not what was sent`);
  } catch (error) {
    if (to.dialect === undefined && fs.existsSync(there) && !same())
      throw new Wrong(`${name} failed, and is there, wrong`);
    throw error;
  } finally {
    fs.rmSync(here, { force: true });
    fs.rmSync(there, { force: true });
  }
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
    const words = ['127.0.0.1', String(world.ports.default), '--batch', script, '--no-progress'];
    const client = new Program(world.home, 'ftclient', words, { cwd: here });
    const end = await client.endsWithin(60_000);
    if (end?.code !== 0) {
      await client.kill();
      throw new Wrong(`a batch ended ${end?.code}: ${client.said.trim().split('\n').at(-1)}`);
    }
    if (!fs.readFileSync(path.join(here, file.name)).equals(file.bytes)) throw new Wrong(`${file.name} was got wrong`);
  } finally {
    for (const gone of [here, script, path.join(world.served, name)]) fs.rmSync(gone, { recursive: true, force: true });
  }
}

/** The real program, killed: with it goes everything it had open, and nobody is told. */
async function killed(tools) {
  const { random, world } = tools;
  const name = `killed-${tools.number()}`;
  const here = path.join(world.local, name);
  fs.mkdirSync(here);
  const file = world.files.at(-1);
  const getting = random.chance(0.5);
  if (!getting) fs.writeFileSync(path.join(here, name), file.bytes);
  const words = ['127.0.0.1', String(world.ports.default), '--limit-rate', '4M', '--no-progress'];
  if (random.chance(0.5)) words.push('--passive');
  words.push(getting ? '-g' : '-p', getting ? file.name : name);
  const client = new Program(world.home, 'ftclient', words, { cwd: here });
  try {
    await client.endsWithin(random.whole(50, 1200));
    await client.kill();
    for (const [directory, asked] of [
      [here, getting ? file.name : undefined],
      [world.served, getting ? undefined : name],
    ]) {
      const there = asked === undefined ? undefined : path.join(directory, asked);
      if (there === undefined || !fs.existsSync(there)) continue;
      if (!fs.readFileSync(there).equals(file.bytes))
        throw new Wrong(`a client that was killed left a partial ${asked}`);
    }
  } finally {
    for (const gone of [here, path.join(world.served, name)]) fs.rmSync(gone, { recursive: true, force: true });
  }
}

const GOOD = { default: [undefined], auto: [undefined, 'framed', 'privateshare'] };
const ALONE = ['framed', 'colon', 'privateshare', 'stepwise'];

/** A port, and what to speak there; nothing spoils what passes. */
function straight({ random, world }) {
  if (random.chance(0.6)) return { port: world.ports.default, passive: random.chance(0.5) };
  if (random.chance(0.5)) {
    const dialect = random.one(GOOD.auto);
    return { port: world.ports.auto, ...(dialect && { dialect }) };
  }
  const dialect = random.one(ALONE);
  return { port: world.ports[dialect], dialect };
}

const KINDS = {
  get: (tools) => get(tools, straight(tools), tools.random.one(tools.world.files)),
  put: (tools) => {
    const to = straight(tools);
    // stepwise has no put.
    return put(tools, to.dialect === 'stepwise' ? { port: tools.world.ports.default } : to);
  },
  look: (tools) => {
    const to = straight(tools);
    // framed and colon have no list.
    const lists = to.dialect === undefined || to.dialect === 'privateshare' || to.dialect === 'stepwise';
    return look(tools, lists ? to : { port: tools.world.ports.default });
  },
  batch,
  killed,
};

/** The same through a relay: it may fail, and may never be wrong. */
const SPOILT = Object.fromEntries(
  ['stammer', 'cut', 'reset', 'corrupt', 'corrupt-control'].map((fault) => [
    fault,
    async (tools) => {
      const { random, world } = tools;
      const to = { port: world.relays[fault], passive: random.chance(0.5), requireVerified: true, timeout: 5000 };
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

module.exports = { KINDS, SPOILT, Wrong, pause };
