'use strict';
// Loaded before ftserver (`node --expose-gc --require`): asked over the channel it collects garbage and says what is left.
// The server is the program itself, and knows nothing of it.
const net = require('node:net');
const v8 = require('node:v8');

/** What nobody has let go of. A session of ours cannot be reached from here, but each has a socket and signals to abort by. */
function remembered() {
  const count = (kind) => v8.queryObjects(kind, { format: 'count' });
  return { sockets: count(net.Socket), signals: count(AbortSignal) };
}

process.on('message', ({ id }) => {
  globalThis.gc();
  process.send({ id, ...process.memoryUsage(), resources: process.getActiveResourcesInfo(), ...remembered() });
});
// Nothing that would keep the process alive.
process.channel.unref();
