'use strict';
const { once } = require('node:events');
const net = require('node:net');
const tls = require('node:tls');
const { Wrong, pause } = require('./clients.js');

/** Clients that mean ill, or are broken. Nothing is promised to them, but that they cost the server nothing for long. */

async function dial(tools, port, localAddress) {
  const socket = net.connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true });
  socket.on('error', () => undefined);
  tools.sockets.add(socket);
  socket.once('close', () => tools.sockets.delete(socket));
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

const anyPort = ({ random, world }) => random.one(Object.values(world.server.ports));

/** Somebody waits here for the server's data connection. */
async function withDoor(tools, work) {
  const taken = [];
  const door = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    tools.sockets.add(socket);
    socket.once('close', () => tools.sockets.delete(socket));
    taken.push(socket);
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  try {
    await work(door.address().port, taken);
  } finally {
    for (const socket of taken) socket.resetAndDestroy();
    door.close();
  }
}

const ROGUES = {
  async garbage(tools) {
    const socket = await dial(tools, anyPort(tools));
    socket.resume();
    socket.write(tools.random.bytes(tools.random.whole(1, 20_000)));
    await pause(tools.random.whole(0, 500));
    socket.destroy();
  },
  async halfLine(tools) {
    const socket = await dial(tools, tools.world.server.ports.default);
    socket.resume();
    socket.write(tools.random.one(['-g file-', '-p --confirm --size=10', '-', '-l ../..', '-h file-1']));
    await pause(tools.random.whole(0, 800));
    // Its half stays open, as of somebody who has said all he wanted.
    socket.end();
    await Promise.race([once(socket, 'close'), pause(2000)]);
    socket.destroy();
  },
  async silent(tools) {
    const socket = await dial(tools, anyPort(tools));
    await pause(tools.random.whole(100, 3000));
    if (tools.random.chance(0.5)) socket.destroy();
    else socket.resetAndDestroy();
  },
  /** Asks and never reads an answer. */
  async deaf(tools) {
    const socket = await dial(tools, tools.world.server.ports.default);
    for (let lines = 0; lines < 50; lines += 1) socket.write('-s file-3\n-f\n');
    await pause(tools.random.whole(100, 1500));
    socket.resetAndDestroy();
  },
  /** Takes the data connection and never reads from it. */
  async neverReads(tools) {
    await withDoor(tools, async (port) => {
      const socket = await dial(tools, tools.world.server.ports.default);
      socket.resume();
      socket.write(`-g file-6 ${port}\n`);
      await pause(tools.random.whole(100, 2000));
      socket.destroy();
    });
  },
  /** A reset on either connection, in the middle of a get or a put. */
  async resets(tools) {
    const { random, world } = tools;
    await withDoor(tools, async (port, taken) => {
      const socket = await dial(tools, world.server.ports.default);
      socket.resume();
      const name = `reset-${tools.number()}`;
      socket.write(random.chance(0.5) ? `-g file-6 ${port}\n` : `-p --size=3000000 --confirm ${name} ${port}\n`);
      await pause(random.whole(0, 60));
      for (const data of taken) {
        data.resume();
        data.write(random.bytes(random.whole(1, 200_000)));
      }
      await pause(random.whole(0, 60));
      if (random.chance(0.5)) socket.resetAndDestroy();
      else for (const data of taken) data.resetAndDestroy();
      await pause(random.whole(0, 100));
      socket.resetAndDestroy();
    });
  },
  /** Asks for passive ports and dials none of them. */
  async passiveNobody(tools) {
    const socket = await dial(tools, tools.world.server.ports.default);
    socket.resume();
    socket.write('-g file-5 0\n-g file-5 0\n-l 0\n');
    await pause(tools.random.whole(50, 1500));
    if (tools.random.chance(0.5)) socket.write('-x\n');
    await pause(tools.random.whole(0, 200));
    socket.destroy();
  },
  /** An active port that nobody listens on. */
  async activeNobody(tools) {
    const socket = await dial(tools, tools.world.server.ports.default);
    socket.resume();
    socket.write(`-g file-5 ${tools.random.whole(2, 9)}\n-g file-5 1025\n`);
    await pause(tools.random.whole(50, 1500));
    socket.destroy();
  },
  /** An upload that is given up, in the languages where the bytes come at once. */
  async givenUp(tools) {
    const { random, world } = tools;
    const name = `up-${tools.number()}`;
    const [language, words] = random.one([
      ['framed', `${4 + name.length}:put ${name}`],
      ['privateshare', `put,${name}`],
      ['colon', `${name}:PUT`],
    ]);
    const socket = await dial(tools, world.server.ports[language]);
    socket.resume();
    socket.write(words);
    await pause(100);
    socket.write(random.bytes(random.whole(1, 300_000)));
    await pause(random.whole(0, 200));
    socket.resetAndDestroy();
  },
  /** Half a handshake, or a whole one's first record spoilt. */
  async halfHandshake(tools) {
    const { random, world } = tools;
    const socket = await dial(tools, random.one(world.servers).ports.default);
    socket.resume();
    socket.write(Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0]), random.bytes(random.whole(0, 600))]));
    await pause(random.whole(0, 1500));
    socket.destroy();
  },
  /** TLS in earnest, and then no more than a line, a reset, or nothing. */
  async tlsGone(tools) {
    const { random, world } = tools;
    const plain = await dial(tools, random.one(world.servers).ports.default);
    const socket = tls.connect({ socket: plain, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await Promise.race([once(socket, 'secureConnect'), once(plain, 'close')]);
    socket.resume();
    if (random.chance(0.7)) socket.write(random.one(['-l 0\n-g file-5 0\n', '-', '-u writer\tno\n', '-f\n']));
    await pause(random.whole(0, 1000));
    if (random.chance(0.5)) plain.resetAndDestroy();
    else socket.destroy();
  },
  /** Guesses passwords, from many addresses: those who log in come from another one, and do not wait for them. */
  async guesses(tools) {
    const { random, world } = tools;
    const from = `127.0.${random.whole(1, 250)}.${random.whole(1, 250)}`;
    const socket = await dial(tools, world.keeper.ports.default, from);
    let said = '';
    socket.setEncoding('latin1').on('data', (more) => (said += more));
    const name = random.one(['writer', 'nobody', 'bounded']);
    socket.write(`-u ${name}\tguess ${tools.number()}\n-p --size=1 forbidden-guess 0\n`);
    await Promise.race([once(socket, 'close'), pause(random.whole(500, 3000))]);
    if (/^2/m.test(said)) throw new Wrong(`a wrong password is taken: ${said}`);
    socket.destroy();
  },
};

module.exports = { ROGUES };
