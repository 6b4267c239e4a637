'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Readable } = require('node:stream');
const { Wrong, collector, get, look, securely, withClient } = require('./clients.js');

/** Those who log in, and visitors: on a server where each may do something else. */

function as(tools, name) {
  const { random, world } = tools;
  const login = name === undefined ? {} : { login: { name, password: world.password } };
  return { port: world.keeper.ports.default, passive: random.chance(0.5), ...login, ...securely(tools) };
}

const upload = (random, most) => random.bytes(random.whole(0, most));

/** Reads, and is refused whatever would change something. */
async function reads(tools) {
  const { random, world } = tools;
  const to = as(tools, random.one(['reader', undefined]));
  await (random.chance(0.5) ? get(tools, to, random.one(world.files)) : look(tools, to));
  const name = `forbidden-${tools.number()}`;
  await withClient(tools, to, async (client) => {
    const forbidden = random.one([
      () => client.put(Readable.from([Buffer.from('x')]), name),
      () => client.remove('file-0'),
      () => client.rename('file-1', name),
    ]);
    const error = await forbidden().then(
      () => undefined,
      (reason) => reason,
    );
    if (error?.code !== 'refused') throw new Wrong(`a reader is not refused: ${error}`);
  });
}

/** Makes, reads, moves and removes a file of its own. */
async function owns(tools) {
  const { random, world } = tools;
  const name = `own-${tools.number()}`;
  const bytes = upload(random, 500_000);
  const there = (called) => path.join(world.roots.writer, called);
  await withClient(tools, as(tools, 'writer'), async (client) => {
    await client.put(Readable.from([bytes]), name);
    const { sink, bytes: got } = collector();
    await client.get(name, sink);
    if (!got().equals(bytes)) throw new Wrong(`${name} came back wrong`);
    if (!fs.readFileSync(there(name)).equals(bytes)) throw new Wrong(`${name} is elsewhere`);
    await client.rename(name, `${name}-moved`);
    await client.remove(`${name}-moved`);
  }).catch((error) => {
    for (const called of [name, `${name}-moved`]) world.mayCome(there(called), bytes);
    throw error;
  });
}

/** More than the quota has room for, all of them together: it is there whole, or refused for want of room. */
async function fills(tools) {
  const { random, world } = tools;
  const name = `fill-${tools.number()}`;
  const there = path.join(world.roots.bounded, name);
  const bytes = upload(random, 3_000_000);
  await withClient(tools, as(tools, 'bounded'), async (client) => {
    const error = await client.put(Readable.from([bytes]), name).then(
      () => undefined,
      (reason) => reason,
    );
    if (error !== undefined) {
      if (error.reply !== 552) throw error;
      if (fs.existsSync(there)) throw new Wrong(`${name} is over the quota, and there`);
      return;
    }
    if (!fs.readFileSync(there).equals(bytes)) throw new Wrong(`${name} was confirmed and is not what was sent`);
    if (random.chance(0.8)) await client.remove(name);
  });
}

/** Nothing is lost from the books: when all is removed there is room for exactly as much as at first. */
async function wholeQuotaIsThere(tools) {
  const { world } = tools;
  const names = fs.readdirSync(world.roots.bounded);
  const size = names.reduce((sum, name) => sum + fs.statSync(path.join(world.roots.bounded, name)).size, 0);
  if (size > world.quota) throw new Wrong(`${size} bytes lie where ${world.quota} may`);
  await withClient(tools, as(tools, 'bounded'), async (client) => {
    for (const name of names.filter((each) => each.startsWith('fill-'))) await client.remove(name);
    await client.put(Readable.from([Buffer.alloc(world.quota)]), 'fill-all');
    const more = await client.put(Readable.from([Buffer.alloc(1)]), 'fill-more').then(
      () => undefined,
      (reason) => reason,
    );
    if (more?.reply !== 552) throw new Wrong(`one byte more than the quota is taken: ${more}`);
    await client.remove('fill-all');
  });
}

module.exports = { ACCOUNTS: { reads, owns, fills }, wholeQuotaIsThere };
